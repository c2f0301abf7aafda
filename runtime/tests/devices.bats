# Devices: default ones, the config's, and the device cgroup (config-linux.md#devices).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "the default devices and links are there" {
  probe_run
  for row in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$row"
    check --arg path "/dev/$name" --argjson major "$major" --argjson minor "$minor" \
      '.dev[$path] | .type == "char" and .major == $major and .minor == $minor and .mode == "0666"'
  done
  check '.dev["/dev/fd"].target == "/proc/self/fd" and .dev["/dev/stdin"].target == "/proc/self/fd/0"'
  check '.dev["/dev/stdout"].target == "/proc/self/fd/1" and .dev["/dev/stderr"].target == "/proc/self/fd/2"'
  check '.dev["/dev/ptmx"].target == "pts/ptmx" or .dev["/dev/ptmx"].target == "/dev/pts/ptmx"'
}

@test "no other device of the host is there" {
  probe_run
  check '[.dev | to_entries[] | select(.value.type == "block" or .value.type == "char") | .key] - ["/dev/null", "/dev/zero", "/dev/full",
    "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console"] == []'
}

@test "devices of the config: char, block, fifo, with mode and owner" {
  config '.linux.devices = [{path: "/dev/ours", type: "c", major: 1, minor: 3, fileMode: 432, uid: 5, gid: 6},
      {path: "/dev/sub/block", type: "b", major: 7, minor: 200, fileMode: 384}, {path: "/dev/pipe", type: "p", fileMode: 384}]
    | .linux.resources.devices += [{allow: true, access: "rwm"}]'
  probe_run /dev/sub/block
  check '.dev["/dev/ours"] | .type == "char" and .major == 1 and .minor == 3 and .mode == "0660" and .uid == 5 and .gid == 6'
  check '.paths["/dev/sub/block"] | .type == "block" and .major == 7 and .minor == 200 and .mode == "0600"'
  check '.dev["/dev/pipe"].type == "fifo"'
}

@test "the umask of the caller has no effect on a device's mode" {
  config '.linux.devices = [{path: "/dev/ours", type: "c", major: 1, minor: 3, fileMode: 438}]'
  (umask 0077 && probe_run)
  check '.dev["/dev/ours"].mode == "0666"'
}

@test "an unknown device type is an error" {
  config '.linux.devices = [{path: "/dev/ours", type: "z", major: 1, minor: 3}]'
  run_container
  refused ""
}

@test "a file that is there and does not match is an error" { # config-linux.md#devices: MUST
  ours_only "keeps whatever file is there"
  without_mount /dev/mqueue
  without_mount /dev/shm
  without_mount /dev/pts
  without_mount /dev
  mkdir -p "$ROOTFS/dev"
  echo file >"$ROOTFS/dev/ours"
  config '.linux.devices = [{path: "/dev/ours", type: "c", major: 1, minor: 3}]'
  run_container
  refused "/dev/ours"
}

@test "default devices can be used, others cannot" {
  config '.linux.devices = [{path: "/dev/memory", type: "c", major: 1, minor: 1, fileMode: 438}]
    | .process.capabilities |= map_values(. + ["CAP_SYS_RAWIO", "CAP_MKNOD"])'
  shell 'echo x >/dev/null && head -c 1 /dev/zero | wc -c && head -c 1 /dev/urandom | wc -c; head -c 1 /dev/memory'
  run_container
  contains "$stdout" $'1\n1'
  need_v1 devices
  contains "${stderr,,}" "/dev/memory: operation not permitted"
}

@test "an allow rule opens a device" {
  need_v1 devices
  config '.linux.devices = [{path: "/dev/ourzero", type: "c", major: 1, minor: 5, fileMode: 438}]
    | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 5, access: "r"}]'
  shell 'head -c 3 /dev/ourzero | wc -c'
  must_run
  equal "$stdout" 3
}

@test "mknod is refused by the default set of rules" {
  need_v1 devices
  config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
  config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
  shell 'mknod /data/disk b 254 0 && head -c 1 /data/disk; true'
  must_run
  contains "${stderr,,}" "operation not permitted"
}

@test "the rules of the cgroup are the config's" {
  need_v1 devices
  config '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "b", major: 7, minor: 9, access: "rm"}]'
  must_sleep
  list=$(cgroup_value devices devices.list)
  contains "$list" "b 7:9 rm"
  [[ $list != *"a *:* rwm"* ]] || fail "everything is allowed"
}

@test "update replaces the rules by another list, and leaves them when it is the container's own" {
  ours_only "ignores the devices of an update"
  need_v1 devices
  rules='[{allow: false, access: "rwm"}, {allow: true, type: "b", major: 7, minor: 9, access: "rm"}]'
  config ".linux.resources.devices = $rules"
  must_sleep
  folder=$CGROUP_ROOT/devices/$TAG/$ID
  echo 'c 195:0 rw' >"$folder/devices.allow" # as the hooks of GPU vendors do
  jq -n "{devices: $rules}" >"$BUNDLE/update.json"
  must rt update --resources "$BUNDLE/update.json" "$ID"
  contains "$(cat "$folder/devices.list")" "c 195:0 rw"
  jq -n '{devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "rwm"}]}' >"$BUNDLE/update.json"
  must rt update --resources "$BUNDLE/update.json" "$ID"
  list=$(cat "$folder/devices.list")
  contains "$list" "c 10:200 rwm"
  contains "$list" "c 1:3 rwm" # the default devices stay
  [[ $list != *"b 7:9"* && $list != *"c 195:0"* ]] || fail "the old rules are in force still: $list"
  jq -n "{devices: $rules}" >"$BUNDLE/update.json"
  must rt update --resources "$BUNDLE/update.json" "$ID" # the way back
  contains "$(cat "$folder/devices.list")" "b 7:9 rm"
}

@test "nothing is left behind" {
  nothing_left
}
