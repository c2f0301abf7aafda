# runtime.md, "Operations": create, start, kill and delete, and what each must refuse.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# What an operation that fails must not change: the state document, mounts and cgroups, the process.
snapshot() {
  {
    operate state "$@"
    echo "$stdout"
    sort /proc/self/mountinfo
    find "$CGROUP_ROOT" -maxdepth 4 -type d -name "*$ID*" 2>/dev/null | sort
    find "$STATE" 2>/dev/null | sort
  } >"$T/snapshot" || true
  cat "$T/snapshot"
}
unchanged() { # BEFORE [ID]
  local before=$1 now
  shift
  now=$(snapshot "$@")
  [[ $before == "$now" ]] || differs "state, mounts and cgroups as before" "$(diff <(echo "$before") <(echo "$now") | head -20)"
}

# bats test_tags=req:runtime:lifecycle:create:program-not-run, req:runtime:lifecycle:destroy-undoes-create, req:runtime:lifecycle:run-program, req:runtime:op:create:args-deferred, req:runtime:op:create:creates, req:runtime:op:delete:id-reuse, req:runtime:op:delete:resources, req:runtime:op:start:runs-program, req:runtime:ops:supported, req:runtime:scope:creator-can-operate
@test "the five operations serve one container, and its id can be used again" {
  args /bin/probe pause /tmp/program
  local mounts cgroups
  mounts=$(sort /proc/self/mountinfo)
  check runtime.ops.supported,runtime.scope.creator-can-operate,runtime.op.create.creates "create" succeeds create
  check runtime.lifecycle.create.program-not-run,runtime.op.create.args-deferred "the program has not run after create" absent "$ROOTFS/tmp/program"
  check runtime.ops.supported,runtime.scope.creator-can-operate "state" succeeds state
  check runtime.ops.supported,runtime.scope.creator-can-operate "start" succeeds start
  await_text "$T/$ID.out" started
  check runtime.op.start.runs-program,runtime.lifecycle.run-program "the program has run after start" exists "$ROOTFS/tmp/program"
  local pid
  pid=$(member pid)
  check runtime.ops.supported,runtime.scope.creator-can-operate "kill" succeeds kill "$ID" KILL
  "$PROBE" await "$pid" 10
  check runtime.ops.supported,runtime.scope.creator-can-operate "delete" succeeds delete
  check runtime.op.delete.resources "state does not know the container after delete" unknown
  check runtime.op.delete.resources,runtime.lifecycle.destroy-undoes-create "no state folder and no cgroup is left" equal "$(leftovers)" ""
  check runtime.lifecycle.destroy-undoes-create "the mounts are as before create" equal "$(sort /proc/self/mountinfo)" "$mounts"
  check runtime.op.delete.id-reuse "the id can be used again" succeeds create
}

# bats test_tags=req:runtime:op:create:missing-args:error
@test "create needs a bundle and an id" {
  check runtime.op.create.missing-args.error "create without an id" fails create-no-id
  RUNTIME_PREFIX=(env -C "$T/state")
  check runtime.op.create.missing-args.error "create without a bundle, where none is" fails create-no-bundle
}

# bats test_tags=req:runtime:errors:state-unchanged, req:runtime:op:create:bad-id:no-container, req:runtime:op:create:id-not-unique:error, req:runtime:state:id:unique
@test "an id is used once" {
  paused
  local before
  before=$(snapshot)
  check runtime.op.create.id-not-unique.error,runtime.state.id.unique "a second create with the id of a running container" fails create
  check runtime.op.create.bad-id.no-container,runtime.errors.state-unchanged "the first container is as before" unchanged "$before"
  check runtime.op.create.bad-id.no-container "its program still runs" alive "$(member pid)"
}

# bats test_tags=req:runtime:op:create:bad-id:no-container, req:runtime:op:create:id-invalid:error
@test "an id that could leave the state folder is refused, or works" {
  local id
  for id in . .. ../escape a/b /abs "a b/../c"; do
    operate create "$id"
    if [[ $status -eq 0 ]]; then
      check runtime.op.create.id-invalid.error "the container '$id' works: start" succeeds start "$id"
      discard "$id"
    else
      check runtime.op.create.id-invalid.error "the id '$id' is refused" equal "$((status == 124))" 0
      check runtime.op.create.bad-id.no-container "and nothing stands outside the state folder" absent "$T/state/escape"
    fi
  done
  operate create ""
  check runtime.op.create.id-invalid.error "an empty id is refused" equal "$((status != 0 && status != 124))" 1
}

# bats test_tags=req:runtime:errors:state-unchanged, req:runtime:op:start:no-id:error, req:runtime:op:start:not-created:error, req:runtime:op:start:not-created:no-effect
@test "start: without an id, of an unknown, a running and a stopped container" {
  check runtime.op.start.no-id.error "start without an id" fails start-no-id
  check runtime.op.start.not-created.error "start of an unknown id" fails start "$ID-never"
  paused
  local before pid
  before=$(snapshot)
  check runtime.op.start.not-created.error "start of a running container" fails start
  check runtime.op.start.not-created.no-effect,runtime.errors.state-unchanged "which is as before" unchanged "$before"
  check runtime.op.start.not-created.no-effect "its program ran once" equal "$(grep -c started "$T/$ID.out")" 1
  pid=$(member pid)
  step kill "$ID" KILL
  "$PROBE" await "$pid" 10
  before=$(snapshot)
  check runtime.op.start.not-created.error "start of a stopped container" fails start
  check runtime.op.start.not-created.no-effect,runtime.errors.state-unchanged "which is as before" unchanged "$before"
}

# bats test_tags=req:runtime:errors:state-unchanged, req:runtime:op:kill:no-id:error, req:runtime:op:kill:not-running:error, req:runtime:op:kill:not-running:no-effect
@test "kill: without an id, of a stopped container" {
  check runtime.op.kill.no-id.error "kill without an id" fails kill-no-id
  paused
  local pid before
  pid=$(member pid)
  step kill "$ID" KILL
  "$PROBE" await "$pid" 10
  before=$(snapshot)
  check runtime.op.kill.not-running.error "kill of a stopped container" fails kill "$ID" TERM
  check runtime.op.kill.not-running.no-effect,runtime.errors.state-unchanged "which is as before" unchanged "$before"
  check runtime.op.kill.not-running.error "kill of an unknown id" fails kill "$ID-never" TERM
}

# bats test_tags=req:runtime:op:kill:delivers
@test "kill sends each signal that the kernel has" {
  args /bin/probe signals
  step create
  step start
  await_text "$T/$ID.out" ready
  local signal sent=ready
  for signal in {1..8} {10..18} {20..31} 34 35 50 63 64; do
    operate kill "$ID" "$signal"
    if [[ $status -eq 0 ]]; then
      sent+=$'\n'$signal
      # A standard signal that waits is not queued a second time: one after the other.
      "$PROBE" await-line "$T/$ID.out" $'\n'"$signal"$'\n' 2 || true
    fi
  done
  check runtime.op.kill.delivers "the program has seen each signal once and in order" equal "$(text_of "$T/$ID.out")" "$(printf 'ready\n%s' "$(printf '%s\n' {1..8} {10..18} {20..31} 34 35 50 63 64)")"
  local pid
  pid=$(member pid)
  check runtime.op.kill.delivers "SIGKILL ends it" succeeds kill "$ID" KILL
  "$PROBE" await "$pid" 10
}

# bats test_tags=req:runtime:op:kill:delivers
@test "kill reaches a container that is created, not started" {
  step create
  local pid
  pid=$(member pid)
  check runtime.op.kill.delivers "kill of a created container" succeeds kill "$ID" KILL
  "$PROBE" await "$pid" 5 || true
  check runtime.op.kill.delivers "ends its process" gone "$pid"
}

# bats test_tags=req:runtime:errors:state-unchanged, req:runtime:op:delete:no-id:error, req:runtime:op:delete:not-stopped:error, req:runtime:op:delete:not-stopped:no-effect
@test "delete: without an id, of an unknown and of a running container" {
  check runtime.op.delete.no-id.error "delete without an id" fails delete-no-id
  check runtime.op.delete.not-stopped.error "delete of an unknown id" fails delete "$ID-never"
  paused
  local before
  before=$(snapshot)
  check runtime.op.delete.not-stopped.error "delete of a running container" fails delete
  check runtime.op.delete.not-stopped.no-effect,runtime.errors.state-unchanged "which is as before" unchanged "$before"
  check runtime.op.delete.not-stopped.no-effect "and whose program runs" alive "$(member pid)"
}

# bats test_tags=req:runtime:op:delete:not-stopped:error, req:runtime:op:delete:not-stopped:no-effect
@test "delete of a container that is created, not started" {
  step create
  local before
  before=$(snapshot)
  check runtime.op.delete.not-stopped.error "delete of a created container" fails delete
  check runtime.op.delete.not-stopped.no-effect "which is as before" unchanged "$before"
  check runtime.op.delete.not-stopped.no-effect "and can be started" succeeds start
}

# bats test_tags=req:runtime:op:delete:foreign-kept
@test "delete keeps what the container did not make" {
  mkdir "$T/source"
  echo kept >"$T/source/file"
  mount -t tmpfs tmpfs "$T/state"
  add_mount /data "" "$T/source" bind
  background unshare --ipc "$PROBE" pause
  await_text "$T/background" started
  local holder=$BACKGROUND
  config ".linux.namespaces |= map(if .type == \"ipc\" then .path = \"/proc/$holder/ns/ipc\" else . end)"
  run_probe
  check runtime.op.delete.foreign-kept "the source of a bind mount" equal "$(text_of "$T/source/file")" kept
  check runtime.op.delete.foreign-kept "the root file system" exists "$ROOTFS/bin/probe"
  check runtime.op.delete.foreign-kept "the bundle" exists "$BUNDLE/config.json"
  check runtime.op.delete.foreign-kept "the holder of a joined namespace" alive "$holder"
  umount "$T/state"
}

# bats test_tags=req:runtime:lifecycle:config-updates-ignored, req:runtime:op:create:config-snapshot
@test "an edited configuration changes nothing after create" {
  config '.hostname = "before" | .process.env = ["WHEN=before"]'
  hook poststop
  args /bin/probe report "nonce=$NONCE"
  step create
  # The file itself is written anew: a new file at its place is the other half of the question.
  jq '.process.args = ["/bin/probe", "end", "9"] | .hostname = "after" | .process.env = ["WHEN=after"] | .hooks.poststop[0].args[3] = "second"' \
    "$BUNDLE/config.json" >"$T/edited"
  cat "$T/edited" >"$BUNDLE/config.json"
  step start
  await_end
  reported
  judge <<'END'
    runtime.lifecycle.config-updates-ignored  [.hostname] + .env - ["HOME=/", "HOME=/root"]  =>  . == ["before", "WHEN=before"]
    runtime.op.create.config-snapshot         .argv[1]  =>  . == "report"
END
  check runtime.lifecycle.config-updates-ignored "delete" succeeds delete
  hook_records
  judge <<'END'
    runtime.lifecycle.config-updates-ignored  map(.hook)  =>  . == ["poststop"]
    runtime.op.create.config-snapshot         map(.hook)  =>  . == ["poststop"]
END
}

# bats test_tags=req:runtime:lifecycle:config-updates-ignored, req:runtime:op:create:config-snapshot
@test "a removed configuration changes nothing after create" {
  args /bin/probe report "nonce=$NONCE"
  hook poststop
  step create
  mv "$BUNDLE/config.json" "$T/moved"
  check runtime.lifecycle.config-updates-ignored,runtime.op.create.config-snapshot "start" succeeds start
  await_end
  check runtime.lifecycle.config-updates-ignored,runtime.op.create.config-snapshot "delete" succeeds delete
  check runtime.lifecycle.config-updates-ignored "the poststop hook has run" exists "$T/hooks"
}

# bats test_tags=req:bundle:config:in-root, req:bundle:config:name, req:bundle:config:required
@test "a bundle without config.json at its top is refused" {
  write_config
  mkdir "$BUNDLE/sub"
  mv "$BUNDLE/config.json" "$BUNDLE/sub/config.json"
  check bundle.config.required,bundle.config.in-root "config.json in a folder of the bundle" refused
  mv "$BUNDLE/sub/config.json" "$BUNDLE/Config.json"
  check bundle.config.name,bundle.config.required "a configuration of another name" refused
  mkdir "$BUNDLE/config.json"
  check bundle.config.required "a folder of that name" refused
}
