# runtime.md, "Lifecycle": what stands when, how a program may end, and what is undone.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:runtime:lifecycle:create:env-from-config, req:runtime:lifecycle:create:resources, req:runtime:op:create:apply-all
@test "everything but the program stands after create" {
  config '.hostname = "early" | .linux.resources = {pids: {limit: 77}}'
  add_mount /data tmpfs tmpfs mode=711
  step create
  local pid
  pid=$(member pid)
  look_at "$pid" created
  hook_records
  judge <<'END'
    runtime.lifecycle.create.resources        .[0].container | [.pid, .mnt, .ipc, .uts]  =>  all(startswith("error") | not)
    runtime.lifecycle.create.env-from-config  .[0].container  =>  .pid != $HOST.namespaces.pid and .mnt != $HOST.namespaces.mnt and .ipc != $HOST.namespaces.ipc and .uts != $HOST.namespaces.uts and .net == $HOST.namespaces.net
    runtime.op.create.apply-all               .[0] | to_entries[] | select(.key | startswith("list:")) | .value  =>  . == "bin data dev etc proc sys tmp"
END
  check runtime.op.create.apply-all,runtime.lifecycle.create.resources "the mounts are made" contains "$(text_of "/proc/$pid/mountinfo")" " /data "
  check runtime.op.create.apply-all,runtime.lifecycle.create.env-from-config "the hostname is set" equal "$(nsenter -t "$pid" -u cat /proc/sys/kernel/hostname)" early
  local group
  group=$(grep -E ':pids:|^0::' "/proc/$pid/cgroup" | head -1)
  check runtime.op.create.apply-all,runtime.lifecycle.create.resources "the process is in its cgroup" contains "$group" "$ID"
}

# bats test_tags=req:runtime:lifecycle:exit-causes, req:runtime:state:status:stopped
@test "a program may end by itself, crash or be killed" {
  local how pid
  for how in 0 3 crash; do
    args /bin/probe end "$how"
    step create
    step start
    await_end
    check runtime.lifecycle.exit-causes,runtime.state.status.stopped "stopped after the end '$how'" status_is stopped
    step delete
  done
  paused
  pid=$(member pid)
  step kill "$ID" TERM
  kill -KILL "$pid" 2>/dev/null || true
  "$PROBE" await "$pid" 10
  check runtime.lifecycle.exit-causes "stopped after a kill from outside" status_is stopped
}

# bats test_tags=req:runtime:errors:state-unchanged, req:runtime:lifecycle:create:env-unable-error, req:runtime:op:create:unappliable:error, req:runtime:op:create:unappliable:no-container
@test "an environment that cannot be made is an error and leaves nothing" {
  add_mount /data "" /nonexistent/source bind
  check runtime.lifecycle.create.env-unable-error,runtime.op.create.unappliable.error "create" fails create
  check runtime.op.create.unappliable.no-container "state does not know it" unknown
  check runtime.errors.state-unchanged "nothing is left" equal "$(leftovers)" ""
}

# bats test_tags=req:runtime-linux:fds:only-stdio
@test "the program starts with nothing but its standard streams" {
  RUNTIME_PREFIX=("$PROBE" leak "$T/leaked")
  run_probe
  judge <<'END'
    runtime-linux.fds.only-stdio  [.fds[].fd]  =>  . == [0, 1, 2]
END
}

# bats test_tags=req:runtime-linux:fds:extra
@test "more descriptors may be handed over" {
  need can preserve-fds
  args /bin/probe report "nonce=$NONCE"
  RUNTIME_PREFIX=(bash -c 'exec 3</dev/zero; exec "$@"' -)
  step create-fds
  RUNTIME_PREFIX=()
  step start
  await_end
  reported
  judge <<'END'
    runtime-linux.fds.extra  [.fds[] | select(.fd > 2) | .target]  =>  . == ["/dev/zero"]
END
}

# bats test_tags=req:runtime-linux:devlink:after-mounts, req:runtime-linux:devlink:fd, req:runtime-linux:devlink:stderr, req:runtime-linux:devlink:stdin, req:runtime-linux:devlink:stdout
@test "the links of /dev to the program's descriptors" {
  run_probe /dev/fd /dev/stdin /dev/stdout /dev/stderr
  judge <<'END'
    runtime-linux.devlink.fd      .paths["/dev/fd"].target      =>  . == "/proc/self/fd"
    runtime-linux.devlink.stdin   .paths["/dev/stdin"].target   =>  . == "/proc/self/fd/0" or . == "fd/0" or . == "/dev/fd/0"
    runtime-linux.devlink.stdout  .paths["/dev/stdout"].target  =>  . == "/proc/self/fd/1" or . == "fd/1" or . == "/dev/fd/1"
    runtime-linux.devlink.stderr  .paths["/dev/stderr"].target  =>  . == "/proc/self/fd/2" or . == "fd/2" or . == "/dev/fd/2"
    runtime-linux.devlink.after-mounts  [.mounts[] | select(.point == "/dev") | .type], .paths["/dev/fd"].type  =>  .values == [["tmpfs"], "link"]
END
}

# bats test_tags=req:runtime-linux:devlink:after-mounts
@test "no link of /dev leads to what is not there" {
  # Some runtimes need /proc inside for purposes of their own.
  config '.mounts |= map(select(.destination != "/proc"))'
  args /bin/probe report "nonce=$NONCE" /dev/fd /dev/stdin
  or_inconclusive create
  step start
  await_end
  reported
  judge <<'END'
    runtime-linux.devlink.after-mounts  .paths["/dev/fd"]  =>  .error == "ENOENT"
END
}
