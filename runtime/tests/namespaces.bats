# Namespaces: new, joined by path, inherited; id maps (config-linux.md#namespaces, #user-namespace-mappings).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

# Every type: named in the config, seen in /proc/self/ns, and the file the kernel names it by.
types=(pid:pid network:net ipc:ipc uts:uts mount:mnt cgroup:cgroup)

own() { readlink "/proc/self/ns/$1"; }

@test "each namespace that is listed is new, each that is not is the caller's" {
  config '.linux.namespaces += [{type: "cgroup"}]'
  probe_run
  for pair in "${types[@]}"; do check --arg ns "${pair#*:}" --arg own "$(own "${pair#*:}")" '.namespaces[$ns] != $own'; done
  check --arg own "$(own user)" '.namespaces.user == $own'
}

@test "without a pid namespace the program is seen by its host pid" {
  without_namespace pid
  probe_run
  check --arg own "$(own pid)" '.namespaces.pid == $own and .pid > 1 and .sid == .pid'
}

@test "without a network namespace the host's interfaces are there" {
  without_namespace network
  probe_run
  check --arg own "$(own net)" '.namespaces.net == $own'
  check --argjson names "$(ls /sys/class/net | jq -R . | jq -s 'sort')" '(.interfaces | keys) == $names'
}

@test "without an ipc or uts namespace they are the host's" {
  without_namespace ipc
  without_namespace uts
  config 'del(.hostname)'
  probe_run
  check --arg ipc "$(own ipc)" --arg uts "$(own uts)" --arg name "$(hostname)" \
    '.namespaces.ipc == $ipc and .namespaces.uts == $uts and .hostname == $name'
}

@test "lo is up in a new network namespace" {
  probe_run
  check '.interfaces == {lo: "up"}'
}

@test "a namespace is joined by path" {
  must_sleep
  init=$(pid_of)
  sleeper=$ID
  for pair in pid:pid network:net ipc:ipc uts:uts cgroup:cgroup; do
    kind=${pair%%:*} file=${pair#*:}
    new_bundle "$kind"
    ID=$TAG-$BATS_TEST_NUMBER-$kind
    config --arg cgroup "/$TAG/$ID" '.linux.cgroupsPath = $cgroup'
    without_namespace "$kind"
    config --arg type "$kind" --arg path "/proc/$init/ns/$file" '.linux.namespaces += [{type: $type, path: $path}]'
    [[ $kind != uts ]] || config 'del(.hostname)'
    probe_run
    check --arg ns "$file" --arg link "$(readlink "/proc/$init/ns/$file")" '.namespaces[$ns] == $link'
    check --arg ns "$file" --arg own "$(own mnt)" '.namespaces.mnt != $own'
  done
  ID=$sleeper
}

@test "containers of one pod share pid, network, ipc and uts" {
  must_sleep
  init=$(pid_of)
  new_bundle second
  config --arg proc "/proc/$init/ns/" '.linux.namespaces = [{type: "mount"}, {type: "pid", path: ($proc + "pid")},
    {type: "network", path: ($proc + "net")}, {type: "ipc", path: ($proc + "ipc")}, {type: "uts", path: ($proc + "uts")}] | del(.hostname)'
  config --arg cgroup "/$TAG/$ID-second" '.linux.cgroupsPath = $cgroup'
  args /bin/sh -c 'ps; hostname'
  must rt run --bundle "$BUNDLE" "$ID-second"
  contains "$stdout" "sleep 300"
  contains "$stdout" box
}

@test "a path to a namespace of another type is an error" {
  config '.linux.namespaces |= map(if .type == "ipc" then . + {path: "/proc/self/ns/uts"} else . end)'
  run_container
  refused ""
}

@test "a path that is no namespace, or does not exist, is an error that names it" {
  config '.linux.namespaces |= map(if .type == "ipc" then . + {path: "/no/such/namespace"} else . end)'
  run_container
  refused "/no/such/namespace"
  config '.linux.namespaces |= map(if .type == "ipc" then . + {path: "/etc/hostname"} else . end)'
  run_container
  refused ""
}

@test "a namespace listed twice is an error" { # linux.namespaces.unique-type's sense
  config '.linux.namespaces += [{type: "ipc"}]'
  run_container
  refused "ipc"
}

@test "an unknown namespace type is an error" {
  config '.linux.namespaces += [{type: "moon"}]'
  run_container
  refused "moon"
}

@test "hostname without a uts namespace is an error and the host keeps its name" {
  before=$(hostname)
  without_namespace uts
  run_container
  refused "uts"
  equal "$(hostname)" "$before"
}

@test "domainname" {
  ours_only "1.1.5 does not know domainname"
  config '.domainname = "harbour.example"'
  probe_run
  check '.domainname == "harbour.example"'
}

@test "a user namespace maps the ids" {
  add_user_namespace 100000
  probe_run /data
  check --arg own "$(own user)" '.namespaces.user != $own and .uid == 0 and .gid == 0'
  check '.uid_map | test("^ *0 +100000 +65536\n$")'
  check '.gid_map | test("^ *0 +100000 +65536\n$")'
}

@test "several maps, and a user in the second" {
  add_user_namespace
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 1000, hostID: 200000, size: 10}]
    | .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 1005, gid: 1006}'
  probe_run
  check '.uid == 1005 and .gid == 1006 and (.uid_map | split("\n") | length == 3)'
}

@test "a user that is not mapped is an error" {
  add_user_namespace
  config '.process.user = {uid: 70000, gid: 70000}'
  run_container
  refused ""
}

@test "a user namespace without maps is an error" {
  config '.linux.namespaces += [{type: "user"}]'
  run_container
  refused ""
}

@test "maps without a user namespace are an error or have no effect" {
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
  run_container
  [[ $status -eq 0 ]] || refused ""
}

@test "a container with a user namespace can be exec'd into, paused and deleted" {
  add_user_namespace
  must_sleep
  probe_exec
  check '.uid == 0 and (.uid_map | test("100000"))'
  must rt pause "$ID"
  must rt resume "$ID"
  must rt delete --force "$ID"
}

@test "devices in a user namespace are there and are devices" {
  add_user_namespace
  probe_run
  check '.dev["/dev/null"] | .type == "char" and .major == 1 and .minor == 3'
  check '.dev["/dev/urandom"] | .type == "char" and .major == 1 and .minor == 9'
}

@test "time namespace with offsets" {
  ours_only "1.1.5 does not know time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "this kernel has no time namespace"
  config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 1000, nanosecs: 0}, boottime: {secs: 2000, nanosecs: 5}}'
  probe_run
  check --arg own "$(own time)" '.namespaces.time != $own'
  check '.timens_offsets | test("monotonic +1000 +0\nboottime +2000 +5\n")'
}

@test "a container in another's time namespace is found by its start time all the same" {
  ours_only "1.1.5 does not know time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "this kernel has no time namespace"
  config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 2000, nanosecs: 5}}'
  must_sleep
  local pid
  pid=$(pid_of)
  config --arg path "/proc/$pid/ns/time" --arg cgroup "/$TAG/$ID-second" \
    'del(.linux.timeOffsets) | (.linux.namespaces[] | select(.type == "time")).path = $path | .linux.cgroupsPath = $cgroup'
  must rt run --detach --bundle "$BUNDLE" "$ID-second"
  equal "$(rt state "$ID-second" | jq -r .status)" running
  equal "$(rt exec "$ID-second" cat /proc/self/timens_offsets | grep -c 2000)" 1
  must rt kill "$ID-second" KILL
}

@test "a cgroup namespace hides the host's paths" {
  config '.linux.namespaces += [{type: "cgroup"}]'
  probe_run
  check '[.cgroup | split("\n")[] | select(. != "") | select(endswith(":/") | not)] == []'
}

@test "nothing is left behind" {
  nothing_left
}
