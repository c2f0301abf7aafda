# AppArmor profiles, set and enforced.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

setup_suite_file() {
  cat >"$WORK/profile" <<'PROFILE'
profile plimsoll-test flags=(attach_disconnected,mediate_deleted) {
  network,
  capability,
  file,
  umount,
  deny /data/** w,
  deny mount,
  signal,
  ptrace,
}
profile plimsoll-other flags=(attach_disconnected) { file, capability, signal, }
PROFILE
  apparmor_parser --replace --skip-cache "$WORK/profile"
}
LABEL='cat /proc/self/attr/apparmor/current 2>/dev/null || cat /proc/self/attr/current'

@test "init runs under the profile, which is enforced" {
  config '.process.apparmorProfile = "plimsoll-test"'
  shell "$LABEL; echo x >/data/f || echo denied; echo y >/tmp/f && echo elsewhere"
  must_run
  contains "$stdout" "plimsoll-test (enforce)"
  contains "$stdout" denied
  contains "$stdout" elsewhere
}

@test "exec runs under the container's profile, and under another one when asked" {
  config '.process.apparmorProfile = "plimsoll-test"'
  must_sleep
  must rt exec "$ID" sh -c "$LABEL; echo x >/data/f || echo denied"
  contains "$stdout" "plimsoll-test (enforce)"
  contains "$stdout" denied
  must rt exec --apparmor plimsoll-other "$ID" sh -c "$LABEL"
  contains "$stdout" "plimsoll-other (enforce)"
}

@test "a profile that is not loaded is an error, for init and for exec" {
  named=apparmor
  [[ $RUNTIME_NAME != crun ]] || named=attr/exec # the file that it writes
  config '.process.apparmorProfile = "plimsoll-no-such"'
  run_container
  refused "$named"
  config 'del(.process.apparmorProfile)'
  must_sleep
  capture rt exec --apparmor plimsoll-no-such "$ID" true
  refused "$named"
}

@test "unconfined, and no profile at all" {
  config '.process.apparmorProfile = "unconfined"'
  shell "$LABEL"
  must_run
  contains "$stdout" unconfined
  ID=$ID-none
  config 'del(.process.apparmorProfile)'
  must_run
  contains "$stdout" unconfined
}

@test "a profile in a user namespace" {
  add_user_namespace
  config '.process.apparmorProfile = "plimsoll-test"'
  shell "$LABEL; echo x >/data/f || echo denied"
  must_run
  contains "$stdout" "plimsoll-test (enforce)"
  contains "$stdout" denied
}

@test "a profile with noNewPrivileges off and on" {
  for value in true false; do
    config --argjson value "$value" '.process.apparmorProfile = "plimsoll-test" | .process.noNewPrivileges = $value'
    ID=$ID-x
    shell "$LABEL"
    must_run
    contains "$stdout" "plimsoll-test (enforce)"
  done
}

@test "under an outer profile" {
  # The runtime itself confined: the container's profile is taken all the same.
  cat >"$BUNDLE/outer" <<'PROFILE'
profile plimsoll-outer flags=(attach_disconnected) {
  file, capability, network, mount, umount, pivot_root, signal, ptrace, unix, dbus, change_profile,
}
PROFILE
  apparmor_parser --replace --skip-cache "$BUNDLE/outer"
  # The kernel lets no_new_privs change from one profile to another only when the new one allows less.
  config '.process.apparmorProfile = "plimsoll-test" | .process.noNewPrivileges = false'
  shell "$LABEL"
  CAPTURE=container capture aa-exec -p plimsoll-outer -- timeout "$RT_TIMEOUT" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
  [[ $status -eq 0 ]] || fail "$stderr"
  contains "$stdout" "plimsoll-test"
}
