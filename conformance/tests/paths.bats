# config-linux.md, "Masked Paths", "Readonly Paths", "Rootfs Mount Propagation", "Sysctl", "Personality", "Memory policy";
# config.md, "Scheduler" and "I/O priority".
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:linux:maskedPaths:optional
@test "masked paths cannot be read" {
  mkdir "$ROOTFS/data/folder"
  echo secret >"$ROOTFS/data/folder/inside"
  echo secret >"$ROOTFS/data/file"
  echo secret >"$ROOTFS/data/target"
  ln -s target "$ROOTFS/data/link"
  config '.linux.maskedPaths = ["/data/folder", "/data/file", "/data/link", "/data/missing", "/proc/version"]'
  run_probe list:/data/folder read:/data/file read:/data/link read:/data/target bytes:/proc/version
  judge <<'END'
    linux.maskedPaths.optional  .try["list:/data/folder"]   =>  . == ""
    linux.maskedPaths.optional  .try["read:/data/file"]     =>  . == ""
    linux.maskedPaths.optional  .try["read:/data/link"]     =>  . == ""
    linux.maskedPaths.optional  .try["bytes:/proc/version"]   =>  startswith("0 ") or . == "EACCES"
END
}

# bats test_tags=req:linux:readonlyPaths:optional
@test "read-only paths cannot be written" {
  mkdir "$ROOTFS/data/folder"
  echo text >"$ROOTFS/data/file"
  config '.linux.readonlyPaths = ["/data/folder", "/data/file", "/data/missing", "/proc/sys"]'
  run_probe create:/data/folder/new write:/data/file read:/data/file open-write:/proc/sys/kernel/shmmni create:/data/other
  judge <<'END'
    linux.readonlyPaths.optional  .try["create:/data/folder/new"]                  =>  . == "EROFS"
    linux.readonlyPaths.optional  .try["write:/data/file"]                         =>  . == "EROFS"
    linux.readonlyPaths.optional  .try["read:/data/file"]                          =>  . == "text\n"
    linux.readonlyPaths.optional  .try["open-write:/proc/sys/kernel/shmmni"]       =>  . == "EROFS"
    linux.readonlyPaths.optional  .try["create:/data/other"]                       =>  . == "ok"
END
}

# bats test_tags=req:linux:sysctl:optional
@test "kernel parameters are set inside, not outside" {
  config '.linux.sysctl = {"kernel.shmmni": "333", "kernel.msgmax": "9999"}'
  run_probe read:/proc/sys/kernel/shmmni read:/proc/sys/kernel/msgmax
  judge <<'END'
    linux.sysctl.optional  .try  =>  . == {"read:/proc/sys/kernel/shmmni": "333\n", "read:/proc/sys/kernel/msgmax": "9999\n"}
END
  check linux.sysctl.optional "the host keeps its value" equal "$([[ $(</proc/sys/kernel/shmmni) != 333 ]] && echo kept)" kept
}

# bats test_tags=req:linux:personality:domain:required, req:linux:personality:optional
@test "personality" {
  need feature '.ociVersionMax'
  config '.linux.personality = {domain: "LINUX32"}'
  run_probe read:/proc/self/personality
  judge <<'END'
    linux.personality.optional         .machine                                =>  . == "i686" or . == "armv8l"
    linux.personality.domain.required  .try["read:/proc/self/personality"]     =>  . == "00000008\n"
END
}

# bats test_tags=req:config:process:scheduler:flags:optional, req:config:process:scheduler:nice:optional, req:config:process:scheduler:optional, req:config:process:scheduler:policy:required, req:config:process:scheduler:priority:optional
@test "scheduler: an ordinary policy with a nice value" {
  config '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
  run_probe
  judge <<'END'
    config.process.scheduler.optional           .scheduler.policy    =>  . == 3
    config.process.scheduler.policy.required    .scheduler.policy    =>  . == 3
    config.process.scheduler.nice.optional      .scheduler.nice      =>  . == 7
    config.process.scheduler.priority.optional  .scheduler.priority  =>  . == 0
END
  config '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
  run_probe
  judge <<'END'
    config.process.scheduler.policy.required  .scheduler.policy  =>  . == 0
    config.process.scheduler.nice.optional    .scheduler.nice    =>  . == 0
    config.process.scheduler.flags.optional   .scheduler.flags   =>  . == 1
END
}

# A real-time policy needs a cgroup with real-time time where the kernel shares it out.
# bats test_tags=req:config:process:scheduler:deadline:optional, req:config:process:scheduler:period:optional, req:config:process:scheduler:policy:required, req:config:process:scheduler:priority:optional, req:config:process:scheduler:runtime:optional
@test "scheduler: real-time and deadline policies" {
  config '.process.scheduler = {policy: "SCHED_FIFO", priority: 11}'
  if ! chrt -f 11 true 2>/dev/null; then skip_test "kernel: no real-time scheduling for this caller"; fi
  if [[ -e $CGROUP_ROOT/cpu/cpu.rt_runtime_us ]]; then
    mkdir -p "$CGROUP_ROOT/cpu/$TAG"
    echo 100000 >"$CGROUP_ROOT/cpu/$TAG/cpu.rt_runtime_us"
    config '.linux.resources = {cpu: {realtimeRuntime: 50000, realtimePeriod: 1000000}}'
  fi
  run_probe
  judge <<'END'
    config.process.scheduler.policy.required    .scheduler.policy    =>  . == 1
    config.process.scheduler.priority.optional  .scheduler.priority  =>  . == 11
END
  config 'del(.linux.resources) | .process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, period: 30000000}'
  if ! chrt -d -T 10000000 -D 20000000 -P 30000000 0 true 2>/dev/null; then
    skip_ids "kernel: no deadline scheduling for this caller" config.process.scheduler.runtime.optional config.process.scheduler.deadline.optional config.process.scheduler.period.optional
    return 0
  fi
  run_probe
  judge <<'END'
    config.process.scheduler.runtime.optional   .scheduler.runtime   =>  . == 10000000
    config.process.scheduler.deadline.optional  .scheduler.deadline  =>  . == 20000000
    config.process.scheduler.period.optional    .scheduler.period    =>  . == 30000000
END
}

# bats test_tags=req:config:process:ioPriority:class:required, req:config:process:ioPriority:optional, req:config:process:ioPriority:priority:required
@test "I/O priority" {
  config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
  run_probe
  judge <<'END'
    config.process.ioPriority.optional           .ioprio  =>  . == 16390
    config.process.ioPriority.class.required     .ioprio / 8192 | floor  =>  . == 2
    config.process.ioPriority.priority.required  .ioprio % 8192  =>  . == 6
END
  config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
  run_probe
  judge <<'END'
    config.process.ioPriority.class.required     .ioprio / 8192 | floor  =>  . == 3
END
}

# bats test_tags=req:linux:memoryPolicy:flags:optional, req:linux:memoryPolicy:mode:required, req:linux:memoryPolicy:nodes:optional, req:linux:memoryPolicy:optional
@test "memory policy" {
  need feature '.linux.memoryPolicy'
  config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
  run_probe
  judge <<'END'
    linux.memoryPolicy.optional        .memory_policy.mode % 16384  =>  . == 2
    linux.memoryPolicy.mode.required   .memory_policy.mode % 16384  =>  . == 2
    linux.memoryPolicy.nodes.optional  .memory_policy.nodes         =>  . == 1
    linux.memoryPolicy.flags.optional  .memory_policy.mode          =>  . == 32770
END
  config '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"}'
  run_probe
  judge <<'END'
    linux.memoryPolicy.mode.required   .memory_policy.mode  =>  . == 3
END
}

# bats test_tags=req:config:process:execCPUAffinity:not-init
@test "CPU affinity for later programs leaves the first one alone" {
  config '.process.execCPUAffinity = {initial: "0", final: "0"}'
  run_probe
  judge <<'END'
    config.process.execCPUAffinity.not-init  .status.Cpus_allowed_list  =>  . == $HOST.status.Cpus_allowed_list
END
}

# bats test_tags=req:linux:rootfsPropagation:shared
@test "root propagation: shared" {
  config '.linux.rootfsPropagation = "shared"'
  run_probe
  judge <<'END'
    linux.rootfsPropagation.shared  mount_at("/") | .propagation  =>  test("shared:[0-9]+")
END
}
# bats test_tags=req:linux:rootfsPropagation:optional, req:linux:rootfsPropagation:private, req:linux:rootfsPropagation:slave, req:linux:rootfsPropagation:unbindable
@test "root propagation: slave, private, unbindable" {
  local kind program=''
  for kind in slave private unbindable; do
    config ".linux.rootfsPropagation = \"$kind\""
    run_probe bind:/=/data
    case $kind in
      slave) judge <<'END'
        linux.rootfsPropagation.slave       mount_at("/") | .propagation  =>  test("master:|^$") and (test("shared:") | not)
END
      ;;
      private) judge <<'END'
        linux.rootfsPropagation.private     mount_at("/") | .propagation  =>  . == ""
        linux.rootfsPropagation.optional    .try["bind:/=/data"]          =>  . == "ok"
END
      ;;
      unbindable) judge <<'END'
        linux.rootfsPropagation.unbindable  mount_at("/") | .propagation  =>  test("unbindable")
        linux.rootfsPropagation.unbindable  .try["bind:/=/data"]          =>  . == "EINVAL"
END
      ;;
    esac
  done
}
# bats test_tags=req:linux:rootfsPropagation:slave
@test "root propagation: a mount of the host under a slave root comes in, one of the container does not go out" {
  mkdir "$T/tree"
  mount -t tmpfs tmpfs "$T/tree"
  mount --make-shared "$T/tree"
  cp -a "$ROOTFS" "$T/tree/root"
  config ".root.path = \"$T/tree/root\" | .linux.rootfsPropagation = \"slave\" | .process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\"] | unique)"
  args /bin/probe report "nonce=$NONCE" tmpfs:/etc list:/data
  step create
  mount -t tmpfs tmpfs "$T/tree/root/data"
  touch "$T/tree/root/data/from-the-host"
  step start
  await_end
  reported
  judge <<'END'
    linux.rootfsPropagation.slave  .try["tmpfs:/etc"]   =>  . == "ok"
    linux.rootfsPropagation.slave  .try["list:/data"]   =>  . == "from-the-host"
END
  check linux.rootfsPropagation.slave "nothing has come out" equal "$(findmnt -rno TARGET | grep -cF "$T/tree/root/etc")" 0
  step delete
  umount -R "$T/tree"
}

# bats test_tags=req:config:process:apparmorProfile:optional
@test "AppArmor profile and SELinux labels" {
  need file /sys/kernel/security/apparmor/profiles # also: config.process.apparmorProfile.optional
  config '.process.apparmorProfile = "unconfined"'
  run_probe
  judge <<'END'
    config.process.apparmorProfile.optional  .attr  =>  startswith("unconfined")
END
}
# bats test_tags=req:config:process:selinuxLabel:optional, req:linux:mountLabel:optional
@test "SELinux labels" {
  need file /sys/fs/selinux/enforce
  config '.process.selinuxLabel = "system_u:system_r:svirt_lxc_net_t:s0" | .linux.mountLabel = "system_u:object_r:svirt_sandbox_file_t:s0"'
  run_probe
  judge <<'END'
    config.process.selinuxLabel.optional  .attr  =>  startswith("system_u:system_r:svirt_lxc_net_t:s0")
    linux.mountLabel.optional  mount_at("/dev") | .super  =>  test("svirt_sandbox_file_t")
END
}
