# spec, list and features: what they write.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

setup_test() {
  mkdir "$BUNDLE/fresh"
}
spec_in_fresh() {
  (cd "$BUNDLE/fresh" && "$RUNTIME" spec "$@")
  cp "$BUNDLE/fresh/config.json" "$BUNDLE/report.json"
}

@test "spec writes a config that runs" {
  spec_in_fresh
  mv "$ROOTFS" "$BUNDLE/fresh/rootfs"
  BUNDLE=$BUNDLE/fresh
  config '.process.terminal = false | .process.args = ["/bin/sh", "-c", "hostname; id -u"]'
  must_run
  contains "$stdout" $'\n0'
}

@test "spec has runc's defaults" {
  spec_in_fresh
  check '.process.terminal == true and .process.args == ["sh"] and .process.cwd == "/" and .process.user == {uid: 0, gid: 0}'
  check '.process.noNewPrivileges == true and .root == {path: "rootfs", readonly: true}'
  check '.process.capabilities | .bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"] and .effective == .bounding and .permitted == .bounding'
  check '(.process.capabilities.inheritable // []) == []' || ours_only "1.1.5 sets inheritable"
  check '.process.rlimits == [{type: "RLIMIT_NOFILE", soft: 1024, hard: 1024}]'
  check '[.mounts[].destination] | sort == ["/dev", "/dev/mqueue", "/dev/pts", "/dev/shm", "/proc", "/sys", "/sys/fs/cgroup"]'
  check '[.linux.namespaces[].type] - ["cgroup"] | sort == ["ipc", "mount", "network", "pid", "uts"]'
  check '.linux.resources.devices == [{allow: false, access: "rwm"}]'
  check '.ociVersion | test("^1\\.")'
}

@test "spec masks what must be masked" { # CVE-2015-3630, CVE-2018-10892
  spec_in_fresh
  for path in /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/sched_debug /proc/scsi /sys/firmware /proc/asound; do
    check --arg path "$path" '.linux.maskedPaths | index($path)'
  done
  if is_ours; then check '.linux.maskedPaths | index("/sys/devices/virtual/powercap")'; fi
  for path in /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger; do
    check --arg path "$path" '.linux.readonlyPaths | index($path)'
  done
}

@test "spec --bundle writes there" {
  must "$RUNTIME" spec --bundle "$BUNDLE/fresh"
  [[ -s $BUNDLE/fresh/config.json ]]
  equal "$stdout$stderr" ""
}

@test "spec does not overwrite" {
  echo mine >"$BUNDLE/fresh/config.json"
  capture "$RUNTIME" spec --bundle "$BUNDLE/fresh"
  refused "config.json exists"
  equal "$(cat "$BUNDLE/fresh/config.json")" mine
}

@test "list as a table" {
  must rt list
  equal "$(head -1 <<<"$stdout" | tr -s ' ' | sed 's/ $//')" "ID PID STATUS BUNDLE CREATED OWNER"
  must_sleep
  must rt list
  line=$(grep -F "$ID " <<<"$stdout")
  contains "$line" "$(pid_of)"
  contains "$line" running
  contains "$line" "$BUNDLE"
  contains "$line" root
}

@test "list as JSON: null when empty, one array otherwise" {
  must rt list --format json
  equal "$stdout" null
  must_sleep
  must rt list --format json
  jq -e --arg id "$ID" --arg bundle "$BUNDLE" 'length == 1 and (.[0] | .id == $id and .status == "running" and .bundle == $bundle
    and .pid > 1 and .owner == "root" and (.ociVersion | length > 0) and (.rootfs | length > 0))' <<<"$stdout" >/dev/null || fail "$stdout"
  equal "$(wc -l <<<"$stdout")" 1
}

@test "list --quiet" {
  must_sleep
  for flag in --quiet -q; do
    must rt list $flag
    equal "$stdout" "$ID"
  done
}

@test "an unknown list format is an error" {
  capture rt list --format yaml
  [[ $status -ne 0 ]]
}

@test "list goes on past a damaged container" { # R10
  ours_only "list fails for all"
  must_sleep
  for damage in null '' '[]' '{' ; do
    mkdir "$STATE/damaged"
    printf '%s' "$damage" >"$STATE/damaged/state.json"
    RT_TIMEOUT=5 must rt list
    contains "$stdout" "$ID"
    rm -r "$STATE/damaged"
  done
}

@test "features --host adds what this kernel gives" {
  must "$RUNTIME" features
  jq . <<<"$stdout" >"$BUNDLE/plain.json"
  ours_only "has no such option"
  must "$RUNTIME" features --host
  jq -e 'del(.host) == $plain[0]' --slurpfile plain "$BUNDLE/plain.json" <<<"$stdout" >/dev/null || fail "the rest differs"
  jq -e --arg kernel "$(uname -r)" --arg machine "$(uname -m)" '.host | .kernel == $kernel and .machine == $machine' <<<"$stdout" >/dev/null ||
    fail "kernel: $stdout"
  equal "$(jq '.host.namespaces | length' <<<"$stdout")" "$(find /proc/self/ns/ -not -name '*_for_children' -type l | wc -l)"
  equal "$(jq '.host.capabilities | length' <<<"$stdout")" "$(($(cat /proc/sys/kernel/cap_last_cap) + 1))"
  equal "$(jq -r '.host.seccompActions | join(" ")' <<<"$stdout")" "$(cat /proc/sys/kernel/seccomp/actions_avail)"
  equal "$(jq -r '.host.systemCalls.openat2' <<<"$stdout")" true
  equal "$(jq -r '.host.programs.newuidmap' <<<"$stdout")" "$(command -v newuidmap)"
  if ! cgroup_v2; then
    jq -e '.host.cgroup.mode != "v2" and (.host.cgroup.v1Controllers | index("memory") and index("cpuacct"))' <<<"$stdout" >/dev/null || fail "cgroup: $stdout"
  fi
}

@test "features is one JSON document with what this binary can do" {
  must "$RUNTIME" features
  equal "$stderr" ""
  cp "$BUNDLE/command.out" "$BUNDLE/report.json"
  check '.ociVersionMin == "1.0.0" and (.ociVersionMax | test("^1\\."))'
  check '.hooks | sort == ["createContainer", "createRuntime", "poststart", "poststop", "prestart", "startContainer"]'
  check '.linux.namespaces | contains(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"])'
  check '.mountOptions | contains(["bind", "nosuid", "ro", "rshared"])'
  check '.linux.capabilities | contains(["CAP_CHOWN", "CAP_SYS_ADMIN"])'
  check '.linux.seccomp.enabled == true and (.linux.seccomp.actions | contains(["SCMP_ACT_ERRNO"]))'
  check '.linux.cgroup.v1 == true and .linux.cgroup.v2 == true'
  if is_ours; then check '.mountOptions | contains(["rro", "idmap", "tmpcopyup"])'; fi
}

@test "nothing is left behind" {
  nothing_left
}
