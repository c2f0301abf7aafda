# config-linux.md, "Namespaces", "User namespace mappings", "Offset for Time Namespace".
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# A process with namespaces of its own that a container can join: sets HOLDER. Only a child is in a new pid or time namespace.
holder() { # UNSHARE-OPTION...
  background unshare "$@" "$PROBE" pause
  await_text "$T/background" started
  HOLDER=$BACKGROUND
  if [[ " $* " == *" --fork "* ]]; then
    read -r HOLDER _ <"/proc/$BACKGROUND/task/$BACKGROUND/children" || true
  fi
}

# bats test_tags=req:linux:namespaces:absent:inherited, req:linux:namespaces:cgroup, req:linux:namespaces:ipc, req:linux:namespaces:mount, req:linux:namespaces:network, req:linux:namespaces:nopath:new, req:linux:namespaces:path:optional, req:linux:namespaces:pid, req:linux:namespaces:uts
@test "each namespace that is listed is new, and differs between containers" {
  config '.linux.namespaces += [{type: "network"}, {type: "cgroup"}]'
  run_probe
  judge <<'END'
    linux.namespaces.pid        [.namespaces.pid, .pid]  =>  .[0] != $HOST.namespaces.pid and .[1] == 1
    linux.namespaces.network    [.namespaces.net, (.interfaces | keys)]  =>  .[0] != $HOST.namespaces.net and .[1] == ["lo"]
    linux.namespaces.mount      .namespaces.mnt     =>  . != $HOST.namespaces.mnt
    linux.namespaces.ipc        .namespaces.ipc     =>  . != $HOST.namespaces.ipc
    linux.namespaces.uts        .namespaces.uts     =>  . != $HOST.namespaces.uts
    linux.namespaces.cgroup     .namespaces.cgroup  =>  . != $HOST.namespaces.cgroup
    linux.namespaces.cgroup     .cgroup | split("\n") | map(select(test("pids:|^0::")))  =>  all(endswith(":/"))
    linux.namespaces.path.optional  .namespaces.ipc =>  . != $HOST.namespaces.ipc
    linux.namespaces.absent.inherited  [.namespaces.user, .namespaces.time]  =>  . == [$HOST.namespaces.user, $HOST.namespaces.time]
END
  # The kernel may use the number of a namespace again: both containers must live at the same time.
  paused
  look_at "$(member pid)" first
  new_bundle second
  local first=$ID
  ID=$ID-second
  EDITS=".linux.cgroupsPath = \"/$TAG/$ID\" | .linux.namespaces += [{type: \"network\"}, {type: \"cgroup\"}]"
  paused
  look_at "$(member pid)" second
  discard "$ID"
  ID=$first
  hook_records
  judge <<'END'
    linux.namespaces.nopath.new  [.[0].container, .[1].container]  =>  .[0].pid != .[1].pid and .[0].mnt != .[1].mnt and .[0].ipc != .[1].ipc and .[0].uts != .[1].uts
END
}

# bats test_tags=req:linux:namespaces:absent:inherited
@test "a namespace type that is not listed is the caller's" {
  config '.linux.namespaces = [{type: "mount"}]'
  run_probe
  judge <<'END'
    linux.namespaces.absent.inherited  .namespaces | del(.mnt)  =>  . == ($HOST.namespaces | del(.mnt))
END
}

# bats test_tags=req:config:process:user:uid:required, req:linux:gidMappings:optional, req:linux:idMapping:no-chown, req:linux:namespaces:user, req:linux:uidMappings:optional
@test "a user namespace has the mappings as given, and no file changes its owner" {
  user_namespace
  touch "$ROOTFS/data/of-root"
  local before
  before=$(cd "$ROOTFS" && find . -printf '%p %U %G\n' | sort)
  run_probe /data/of-root
  judge <<'END'
    linux.namespaces.user        .namespaces.user  =>  . != $HOST.namespaces.user
    linux.uidMappings.optional   .uid_map | gsub("\\s+"; " ")  =>  . == " 0 100000 65536 "
    linux.gidMappings.optional   .gid_map | gsub("\\s+"; " ")  =>  . == " 0 200000 65536 "
    config.process.user.uid.required  .uid  =>  . == 0
END
  check linux.idMapping.no-chown "owners in the root file system" equal "$(cd "$ROOTFS" && find . -printf '%p %U %G\n' | sort)" "$before"
}

# bats test_tags=req:linux:idMapping:kernel-limit
@test "more mappings than the kernel takes are an error, none is dropped" {
  # Short numbers: the kernel takes less than a page of text, too.
  config '.linux.namespaces += [{type: "user"}, {type: "network"}] | .linux.uidMappings = [range(0; 341) | {containerID: ., hostID: (1000 + 2 * .), size: 1}]
    | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
  check linux.idMapping.kernel-limit "341 mappings" refused
}

# bats test_tags=req:linux:namespaces:time, req:linux:timeOffsets:nanosecs:optional, req:linux:timeOffsets:optional, req:linux:timeOffsets:secs:optional
@test "time namespaces and their offsets" {
  need file /proc/self/timens_offsets
  config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 86400, nanosecs: 500}, boottime: {secs: 172800, nanosecs: 7}}'
  run_probe
  judge <<'END'
    linux.namespaces.time               .namespaces.time  =>  . != $HOST.namespaces.time
    linux.timeOffsets.optional          [.monotonic - $HOST.monotonic, .boottime - $HOST.boottime]  =>  .[0] >= 86400 and .[0] < 86600 and .[1] >= 172800 and .[1] < 173000
    linux.timeOffsets.secs.optional     .timens_offsets | gsub(" +"; " ")  =>  test("monotonic 86400 ") and test("boottime 172800 ")
    linux.timeOffsets.nanosecs.optional  .timens_offsets | gsub(" +"; " ")  =>  test(" 500\n") and test(" 7\n")
END
}

# bats test_tags=req:linux:namespaces:path:joined, req:linux:namespaces:path:optional
@test "a namespace file is joined" {
  holder --ipc --uts --net --cgroup
  config ".linux.namespaces = [{type: \"mount\"}, {type: \"pid\"}] + ([[\"ipc\", \"ipc\"], [\"uts\", \"uts\"], [\"network\", \"net\"], [\"cgroup\", \"cgroup\"]]
    | map({type: .[0], path: \"/proc/$HOLDER/ns/\\(.[1])\"}))"
  look_at "$HOLDER" holder
  args /bin/probe pause
  paused
  look_at "$(member pid)" container
  finish
  hook_records
  judge <<'END'
    linux.namespaces.path.joined    [.[0, 1].container | {ipc, uts, net, cgroup}]  =>  .[0] == .[1]
    linux.namespaces.path.optional  [.[0, 1].container.uts]  =>  .[0] == .[1]
END
}

# bats test_tags=req:linux:namespaces:path:joined
@test "a pid namespace and a user namespace are joined" {
  holder --pid --fork --user --map-root-user --kill-child
  look_at "$HOLDER" holder
  config ".linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$HOLDER/ns/pid\" else . end)"
  paused
  look_at "$(member pid)" container
  finish
  hook_records
  judge <<'END'
    linux.namespaces.path.joined  [.[0, 1].container.pid]  =>  .[0] == .[1]
END
}

# bats test_tags=req:linux:namespaces:path:joined
@test "a time namespace is joined" {
  need file /proc/self/ns/time
  holder --time --fork --kill-child
  look_at "$HOLDER" holder
  config ".linux.namespaces += [{type: \"time\", path: \"/proc/$HOLDER/ns/time\"}]"
  # Not every runtime knows this type, which linux.namespaces.time judges.
  or_inconclusive create
  step start
  await_text "$T/$ID.out" started
  look_at "$(member pid)" container
  finish
  hook_records
  judge <<'END'
    linux.namespaces.path.joined  [.[0, 1].container.time]  =>  .[0] == .[1]
END
}

# bats test_tags=req:linux:namespaces:path:type-mismatch
@test "a namespace file of another kind is an error" {
  local pair
  holder --ipc --uts --net
  for pair in ipc:uts uts:net network:ipc cgroup:uts pid:ipc; do
    new_bundle "pair-${pair%:*}"
    config ".linux.namespaces |= (map(select(.type != \"${pair%:*}\")) + [{type: \"${pair%:*}\", path: \"/proc/$HOLDER/ns/${pair#*:}\"}])"
    check linux.namespaces.path.type-mismatch "type ${pair%:*}, a file of kind ${pair#*:}" refused
  done
}
