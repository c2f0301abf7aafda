# Ordinary users with a systemd session: both drivers, ranges of subordinate ids, and a sentence of help for each thing
# that is missing. "sailor" has ranges, "stowaway" has none.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

setup_suite_file() {
  for user in sailor stowaway; do
    loginctl enable-linger "$user"
  done
  for user in sailor stowaway; do
    for try in $(seq 100); do
      ! systemctl --quiet is-active "user@$(id -u $user)" || break
      sleep 0.2
    done
  done
  chmod 755 "$WORK" "$WORK/bundles"
}

setup_test() { be sailor; }
be() { # USER: whose bundle it is
  WHO=$1 WHO_ID=$(id -u "$1")
  chown -R "$WHO:" "$BUNDLE" 2>/dev/null || true
  rm -rf "$ROOTFS"
  cp -r "$WORK/template" "$ROOTFS"
  (cd "$BUNDLE" && rm -f config.json && runc spec --rootless)
  config --argjson id "$WHO_ID" '.process.terminal = false | .root.readonly = false | del(.linux.resources) | del(.linux.cgroupsPath)
    | .linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}] | .linux.gidMappings = .linux.uidMappings'
  chown -R "$WHO:" "$BUNDLE"
}
as_user() {
  setpriv --reuid "$WHO_ID" --regid "$WHO_ID" --init-groups env -i PATH="$PATH" HOME="/home/$WHO" \
    XDG_RUNTIME_DIR="/run/user/$WHO_ID" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$WHO_ID/bus" "${EXTRA[@]}" \
    timeout --foreground "$RT_TIMEOUT" "$RUNTIME" "$@" 3>&-
}
EXTRA=()
run_as_user() { CAPTURE=container capture as_user "$@" run --bundle "$BUNDLE" "$ID"; }
with_ranges() {
  config --argjson id "$WHO_ID" --argjson first "$(sed -n "s/^$WHO:\([0-9]*\):.*/\1/p" /etc/subuid)" '
    .linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}, {containerID: 1, hostID: $first, size: 65536}]
    | .linux.gidMappings = .linux.uidMappings'
}
teardown_test() { as_user delete --force "$ID" >/dev/null 2>&1 || true; }

@test "cgroupfs: runs without limits in the caller's cgroup" {
  shell 'id -u; cat /proc/self/uid_map'
  run_as_user
  [[ $status -eq 0 ]] || fail "$stderr"
  contains "$stdout" 1000
}

@test "newuidmap gives the whole range" {
  with_ranges
  config '.process.user = {uid: 1000, gid: 1000}'
  shell 'id -u; cat /proc/self/uid_map'
  run_as_user
  [[ $status -eq 0 ]] || fail "$stderr"
  contains "$stdout" 65536
  equal "$(head -1 <<<"$stdout")" 1000
}

@test "systemd: limits in a scope of the user's own manager" {
  config --arg path "user.slice:$TAG:x" '.linux.cgroupsPath = $path
    | .linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {quota: 50000, period: 100000}}'
  [[ $RUNTIME_NAME != crun ]] || config '.annotations["run.oci.systemd.subgroup"] = ""' # as in use_unit
  args /bin/sleep 300
  CAPTURE=container capture as_user --systemd-cgroup run --detach --bundle "$BUNDLE" "$ID"
  [[ $status -eq 0 ]] || fail "$stderr"
  pid=$(as_user state "$ID" | jq .pid)
  place=$(sed 's/^0:://' "/proc/$pid/cgroup")
  matches "$place" "^/user.slice/user-1000.slice/user@1000.service/.*$TAG-x.scope\$"
  equal "$(cat "$CGROUP_ROOT$place/memory.max")" 67108864
  equal "$(cat "$CGROUP_ROOT$place/pids.max")" 50
  equal "$(cat "$CGROUP_ROOT$place/cpu.max")" "50000 100000"
  capture as_user exec "$ID" cat /proc/self/cgroup
  joined=$stdout entered=$status
  must as_user update --pids-limit 20 "$ID"
  equal "$(cat "$CGROUP_ROOT$place/pids.max")" 20
  must as_user pause "$ID"
  must as_user resume "$ID"
  must as_user delete --force "$ID"
  wait_for test ! -e "$CGROUP_ROOT$place"
  # The kernel lets the user move no process out of this service; systemd does it for who asks.
  not_on runc "it leaves exec's process in the caller's cgroup"
  not_on crun "its exec fails: it moves the process itself"
  equal "$entered" 0
  equal "$joined" 0::/ # the container's, which is the root of its cgroup namespace
}

@test "systemd, with ranges" {
  with_ranges
  config --arg path "user.slice:$TAG:ranges" '.linux.cgroupsPath = $path | .linux.resources = {pids: {limit: 50}}'
  shell 'cat /proc/self/uid_map /proc/self/cgroup'
  CAPTURE=container capture as_user --systemd-cgroup run --bundle "$BUNDLE" "$ID"
  [[ $status -eq 0 ]] || fail "$stderr"
  contains "$stdout" 65536
}

@test "no range for the user: says which file" {
  be stowaway
  config '.linux.uidMappings = [{containerID: 0, hostID: 1001, size: 1}, {containerID: 1, hostID: 300000, size: 65536}]
    | .linux.gidMappings = .linux.uidMappings'
  run_as_user
  refused "$([[ $RUNTIME_NAME == crun ]] && echo newgidmap || echo newuidmap)" # the first that it starts
  ours_only "it repeats newuidmap's words"
  refused "/etc/subuid has no range for user stowaway"
}

@test "no session: says how to get one" {
  config --arg path "user.slice:$TAG:none" '.linux.cgroupsPath = $path'
  CAPTURE=container capture setpriv --reuid "$WHO_ID" --regid "$WHO_ID" --init-groups env -i PATH="$PATH" HOME="/home/$WHO" \
    timeout "$RT_TIMEOUT" "$RUNTIME" --root "$BUNDLE/state" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
  refused ""
  ours_only "its own words"
  refused "XDG_RUNTIME_DIR" "enable-linger"
}

@test "a session that has ended: the socket is named" {
  config --arg path "user.slice:$TAG:gone" '.linux.cgroupsPath = $path'
  mkdir -p "$BUNDLE/run"
  chown "$WHO:" "$BUNDLE/run"
  EXTRA=(XDG_RUNTIME_DIR="$BUNDLE/run" DBUS_SESSION_BUS_ADDRESS="unix:path=$BUNDLE/run/bus")
  CAPTURE=container capture as_user --root "$BUNDLE/run/state" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
  refused "bus"
}

@test "no delegation: a limit cannot be set, and the help says what would grant it" {
  not_on crun "when rootless it leaves out what it cannot set"
  config --arg path "/$TAG/limits" '.linux.cgroupsPath = $path | .linux.resources = {pids: {limit: 50}}'
  run_as_user
  refused "cgroup"
  config 'del(.linux.cgroupsPath)'
  run_as_user
  refused "cgroup"
}

@test "no user namespaces: says which limit" {
  echo 0 >/proc/sys/user/max_user_namespaces
  run_as_user
  echo 7000 >/proc/sys/user/max_user_namespaces
  refused ""
  ours_only "its own words"
  refused "max_user_namespaces"
}

@test "without a user namespace in the config" {
  without_namespace user
  config 'del(.linux.uidMappings, .linux.gidMappings)'
  shell 'cat /proc/self/uid_map'
  run_as_user
  if [[ $RUNTIME_NAME == crun ]]; then matches "$stdout" "^ +0 +$WHO_ID +1"; fi
  not_on crun "it makes one of its own accord"
  refused "rootless container requires user namespaces"
}
