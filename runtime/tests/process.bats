# The process of the container: ids, capabilities, limits, no new privileges, oom score, sysctl, keyring (config.md#process).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "user, group and exactly the additional groups" {
  config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6, 70000]}'
  probe_run
  check '.uid == 1000 and .euid == 1000 and .suid == 1000 and .gid == 1001 and .egid == 1001 and .sgid == 1001'
  check '(.groups - [1001]) == [5, 6, 70000]'
}

@test "the caller's groups do not reach the container" { # CVE-2022-2989 and its kind
  args /bin/probe
  setpriv --groups 4000,4001,4002 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" </dev/null >"$BUNDLE/report.json"
  check '(.groups - [0]) == []'
}

@test "a user number of 32 bits holds, more is an error" {
  if is_ours; then high=4294967294; else high=2147483647; fi # runc ends at 31 bits
  config '.process.user = {uid: $high, gid: $high}' --argjson high $high
  probe_run
  check --argjson high $high '.uid == $high and .gid == $high'
  for number in 4294967296 -1 0.5 '"0"'; do
    config ".process.user = {uid: $number, gid: 0}"
    run_container
    refused ""
  done
}

@test "the user id -1, which means no change to the kernel, is an error" {
  ours_only "runs as root"
  config '.process.user = {uid: 4294967295, gid: 0}'
  run_container
  refused ""
}

# Capability bits: 5 CAP_KILL, 10 CAP_NET_BIND_SERVICE, 13 CAP_NET_RAW, 29 CAP_AUDIT_WRITE.
@test "the five capability sets are the config's" {
  config '.process.capabilities = {bounding: ["CAP_KILL", "CAP_NET_RAW", "CAP_AUDIT_WRITE"], permitted: ["CAP_KILL", "CAP_NET_RAW"],
    effective: ["CAP_KILL"], inheritable: ["CAP_KILL", "CAP_NET_RAW"], ambient: ["CAP_NET_RAW"]}'
  probe_run
  check '.status.CapBnd == "0000000020002020"'
  check '.status.CapInh == "0000000000002020"'
  check '.status.CapAmb == "0000000000002000"'
}

@test "capabilities of root come from the bounding set" {
  probe_run
  check '.status.CapBnd == "0000000020000420" and .status.CapPrm == "0000000020000420" and .status.CapEff == "0000000020000420"'
  check '.status.CapInh == "0000000000000000" and .status.CapAmb == "0000000000000000"'
}

@test "no capabilities at all" {
  for value in '{}' '{"bounding": [], "effective": [], "permitted": [], "inheritable": [], "ambient": []}'; do
    config ".process.capabilities = $value"
    probe_run
    check '[.status | .CapBnd, .CapPrm, .CapEff, .CapInh, .CapAmb] | unique == ["0000000000000000"]'
  done
}

@test "a user other than root has none but the ambient ones" {
  config '.process.user = {uid: 1000, gid: 1000}'
  probe_run
  check '[.status | .CapPrm, .CapEff, .CapInh, .CapAmb] | unique == ["0000000000000000"]'
  config '.process.capabilities |= with_entries(.value = ["CAP_NET_RAW"]) | .process.capabilities += {inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"]}'
  probe_run
  check '.status.CapEff == "0000000000002000" and .status.CapAmb == "0000000000002000"'
}

@test "an unknown capability is warned of, not fatal" { # config.md#process: capabilities that cannot be mapped
  config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
  run_container
  [[ $status -eq 0 ]] || refused "CAP_NO_SUCH"
}

@test "no new privileges, on and off" {
  probe_run
  check '.no_new_privs == 1'
  config '.process.noNewPrivileges = false'
  probe_run
  check '.no_new_privs == 0'
}

@test "rlimits" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 768}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
    {type: "RLIMIT_FSIZE", soft: 1048576, hard: 2097152}, {type: "RLIMIT_STACK", soft: 1048576, hard: 2097152}]'
  probe_run
  check '.rlimits.RLIMIT_NOFILE == {soft: 512, hard: 768} and .rlimits.RLIMIT_CORE == {soft: 0, hard: 0}'
  check '.rlimits.RLIMIT_FSIZE == {soft: 1048576, hard: 2097152} and .rlimits.RLIMIT_STACK == {soft: 1048576, hard: 2097152}'
}

@test "limits that are not in the config are the caller's" {
  config '.process.rlimits = []'
  args /bin/probe
  prlimit --core=100:200 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" </dev/null >"$BUNDLE/report.json"
  check '.rlimits.RLIMIT_CORE == {soft: 100, hard: 200}'
}

@test "an unknown rlimit is an error" {
  config '.process.rlimits = [{type: "RLIMIT_MOON", soft: 1, hard: 1}]'
  run_container
  refused "RLIMIT_MOON"
}

@test "a soft limit above the hard one is an error" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 100}]'
  run_container
  refused ""
}

@test "an rlimit given twice is an error" { # config.process.rlimits.type.unique's sense
  ours_only "takes the last one"
  config '.process.rlimits += [{type: "RLIMIT_NOFILE", soft: 1, hard: 2}]'
  run_container
  refused "RLIMIT_NOFILE"
}

@test "oomScoreAdj" {
  config '.process.oomScoreAdj = 321'
  probe_run
  check '.oom_score_adj == 321'
}

@test "without oomScoreAdj the caller's is kept" {
  args /bin/probe
  bash -c 'echo 123 >/proc/self/oom_score_adj; exec "$@"' - "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" \
    </dev/null >"$BUNDLE/report.json"
  check '.oom_score_adj == 123'
}

@test "oomScoreAdj out of range is an error" {
  config '.process.oomScoreAdj = 1001'
  run_container
  refused ""
}

@test "sysctl of the container's namespaces" {
  before=$(cat /proc/sys/net/ipv4/ip_default_ttl)
  config '.linux.sysctl = {"net.ipv4.ip_default_ttl": "99", "kernel.shmmni": "77", "fs.mqueue.msg_max": "33"}'
  shell 'cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max'
  must_run
  equal "$stdout" $'99\n77\n33'
  equal "$(cat /proc/sys/net/ipv4/ip_default_ttl)" "$before"
}

@test "sysctl of the host is refused" { # T-SYSCTL
  swappiness=$(cat /proc/sys/vm/swappiness)
  pattern=$(cat /proc/sys/kernel/core_pattern)
  for name in kernel.core_pattern vm.swappiness net/../kernel/core_pattern 1+kernel.core_pattern ../kernel.core_pattern kernel.sysrq; do
    config --arg name "$name" '.linux.sysctl = {($name): "7"}'
    run_container
    refused ""
  done
  equal "$(cat /proc/sys/vm/swappiness)" "$swappiness"
  equal "$(cat /proc/sys/kernel/core_pattern)" "$pattern"
}

@test "sysctl of a namespace that is not the container's own is refused" {
  ttl=$(cat /proc/sys/net/ipv4/ip_default_ttl)
  without_namespace network
  config '.linux.sysctl = {"net.ipv4.ip_default_ttl": "99"}'
  run_container
  refused "net.ipv4.ip_default_ttl"
  equal "$(cat /proc/sys/net/ipv4/ip_default_ttl)" "$ttl"
}

@test "the session keyring is the container's own" {
  own=$("$PROBE" | jq .session_keyring)
  probe_run
  check --argjson own "$own" '.session_keyring != $own'
}

@test "consoleSize without a terminal has no effect" {
  config '.process.consoleSize = {height: 10, width: 20}'
  probe_run
  check '.rows == 0 and .controlling_terminal == false'
}

@test "scheduler, ioPriority, personality, affinity of exec" {
  ours_only "1.1.5 does not know them"
  config '.process.scheduler = {policy: "SCHED_BATCH", nice: 5} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}
    | .linux.personality = {domain: "LINUX32"}'
  probe_run
  check '.policy == 3 and .nice == 5 and .ioprio == 16390 and .personality == 8'
}

@test "annotations are kept in the state" {
  config '.annotations = {"org.example.key": "value with \"quotes\" and ü"}'
  must_create
  equal "$(rt state "$ID" | jq -r '.annotations["org.example.key"]')" 'value with "quotes" and ü'
}

@test "an environment name of the caller is never filled in" { # CVE-2026-57231
  config '.process.env = ["PATH=/bin", "*"]'
  LEAKED=secret run_container
  refused ""
}

@test "nothing is left behind" {
  nothing_left
}
