# config.md, "POSIX-platform Hooks", and the steps of runtime.md's lifecycle that run them.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

of() { printf '.[] | select(.hook == "%s")' "$1"; }

# bats test_tags=req:config:hooks:createContainer:after-createRuntime, req:config:hooks:createContainer:exec-ns, req:config:hooks:createContainer:optional, req:config:hooks:createContainer:path-ns, req:config:hooks:createContainer:timing, req:config:hooks:createRuntime:exec-ns, req:config:hooks:createRuntime:optional, req:config:hooks:createRuntime:path-ns, req:config:hooks:createRuntime:timing, req:config:hooks:entry:args:optional, req:config:hooks:members, req:config:hooks:order, req:config:hooks:poststart:exec-ns, req:config:hooks:poststart:optional, req:config:hooks:poststart:path-ns, req:config:hooks:poststart:timing, req:config:hooks:poststop:exec-ns, req:config:hooks:poststop:optional, req:config:hooks:poststop:path-ns, req:config:hooks:prestart:before-createRuntime, req:config:hooks:prestart:exec-ns, req:config:hooks:prestart:optional, req:config:hooks:prestart:path-ns, req:config:hooks:prestart:timing, req:config:hooks:startContainer:exec-ns, req:config:hooks:startContainer:optional, req:config:hooks:startContainer:path-ns, req:config:hooks:startContainer:timing, req:config:hooks:state-stdin, req:runtime:lifecycle:createContainer:invoked, req:runtime:lifecycle:createRuntime:invoked, req:runtime:lifecycle:poststart:invoked, req:runtime:lifecycle:poststop:invoked, req:runtime:lifecycle:prestart:invoked, req:runtime:lifecycle:startContainer:invoked, req:runtime:state:json-schema, req:runtime:state:pid:container-ns-view, req:runtime:state:pid:runtime-ns-view, req:runtime:state:status:creating, req:runtime:state:status:extra-distinct
@test "hooks of six kinds: order, namespaces, state, time" {
  local kind
  for kind in prestart createRuntime createContainer startContainer poststart poststop; do
    hook "$kind" list:/ "fs:$ROOTFS/proc"
    hook "$kind" second
    config ".hooks.$kind[1].args[3] = \"$kind-2\""
  done
  # The runtime's mount namespace holds the probe at a path that the container has not, and the other way round.
  args /bin/probe pause /tmp/program
  step create
  local pid
  pid=$(member pid)
  look_at "$pid" after-create
  check config.hooks.startContainer.timing "no startContainer hook runs in create" absent "$ROOTFS/tmp/hooks"
  step start
  await_text "$T/$ID.out" started
  look_at "$pid" after-start
  step kill "$ID" KILL
  "$PROBE" await "$pid" 10
  step delete
  hook_records
  judge <<END
    config.hooks.order                            map(.hook // empty) as \$all | ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] | map(. as \$kind | \$all - (\$all - [\$kind, "\(\$kind)-2"]) == [\$kind, "\(\$kind)-2"])  =>  length == 6 and all
    config.hooks.prestart.before-createRuntime    map(.hook) | [index("prestart-2"), index("createRuntime")]  =>  .[0] != null and .[0] < .[1]
    config.hooks.createContainer.after-createRuntime  map(.hook) | [index("createRuntime-2"), index("createContainer")]  =>  .[0] != null and .[0] < .[1]
    config.hooks.members                          map(.hook // empty) | unique  =>  contains(["createContainer", "createRuntime", "poststart", "poststop", "prestart", "startContainer"])
    runtime.lifecycle.prestart.invoked            map(.hook) | index("prestart")         =>  . != null
    runtime.lifecycle.createRuntime.invoked       map(.hook) | index("createRuntime")    =>  . != null
    runtime.lifecycle.createContainer.invoked     map(.hook) | index("createContainer")  =>  . != null
    runtime.lifecycle.startContainer.invoked      map(.hook) | index("startContainer")   =>  . != null
    runtime.lifecycle.poststart.invoked           map(.hook) | index("poststart")        =>  . != null
    runtime.lifecycle.poststop.invoked            map(.hook) | index("poststop")         =>  . != null
    config.hooks.prestart.optional                map(.hook) | index("prestart")         =>  . != null
    config.hooks.createRuntime.optional           map(.hook) | index("createRuntime")    =>  . != null
    config.hooks.createContainer.optional         map(.hook) | index("createContainer")  =>  . != null
    config.hooks.startContainer.optional          map(.hook) | index("startContainer")   =>  . != null
    config.hooks.poststart.optional               map(.hook) | index("poststart")        =>  . != null
    config.hooks.poststop.optional                map(.hook) | index("poststop")         =>  . != null
    config.hooks.entry.args.optional              $(of prestart) | .argv[0:4]            =>  . == ["probe", "hook", "$T/hooks", "prestart"]
    config.hooks.prestart.exec-ns                 $(of prestart) | .namespaces           =>  . == \$HOST.namespaces
    config.hooks.createRuntime.exec-ns            $(of createRuntime) | .namespaces      =>  . == \$HOST.namespaces
    config.hooks.poststart.exec-ns                $(of poststart) | .namespaces          =>  . == \$HOST.namespaces
    config.hooks.poststop.exec-ns                 $(of poststop) | .namespaces           =>  . == \$HOST.namespaces
    config.hooks.prestart.path-ns                 $(of prestart) | .argv[0]              =>  . == "probe"
    config.hooks.createRuntime.path-ns            $(of createRuntime) | .argv[0]         =>  . == "probe"
    config.hooks.createContainer.path-ns          $(of createContainer) | .argv[0]       =>  . == "probe"
    config.hooks.poststart.path-ns                $(of poststart) | .argv[0]             =>  . == "probe"
    config.hooks.poststop.path-ns                 $(of poststop) | .argv[0]              =>  . == "probe"
    config.hooks.startContainer.path-ns           $(of startContainer) | .try["list:/"]  =>  . == "bin data dev etc proc sys tmp"
    config.hooks.createContainer.exec-ns          ($(of after-create) | .container) as \$c | $(of createContainer) | [.namespaces, \$c]  =>  .[0].mnt == .[1].mnt and .[0].ipc == .[1].ipc and .[0].uts == .[1].uts and .[0].pid == .[1].pid
    config.hooks.startContainer.exec-ns           ($(of after-create) | .container) as \$c | $(of startContainer) | [.namespaces, \$c]  =>  .[0].mnt == .[1].mnt and .[0].ipc == .[1].ipc and .[0].uts == .[1].uts and .[0].pid == .[1].pid
    config.hooks.prestart.timing                  $(of prestart) | [.container, (to_entries[] | select(.key | startswith("list:")) | .value)]  =>  .[0].pid != \$HOST.namespaces.pid and .[0].mnt != \$HOST.namespaces.mnt and .[1] == \$HOST.try["list:/"]
    config.hooks.createRuntime.timing             $(of createRuntime) | [.container, (to_entries[] | select(.key | startswith("list:")) | .value)]  =>  .[0].pid != \$HOST.namespaces.pid and .[0].mnt != \$HOST.namespaces.mnt and .[1] == \$HOST.try["list:/"]
    config.hooks.createContainer.timing           $(of createContainer) | [.try["list:/"], .try["fs:$ROOTFS/proc"]]  =>  . == [\$HOST.try["list:/"], \$HOST.try["fs:/proc"]]
    config.hooks.startContainer.timing            [.[] | select(.program or .hook == "startContainer-2") | .time]  =>  length == 2 and .[0] < .[1]
    config.hooks.poststart.timing                 $(of poststart) | .exe  =>  endswith("/bin/probe")
    config.hooks.state-stdin                      map(select(.hook and (.hook | startswith("after") | not)) | .state | type)  =>  length == 12 and all(. == "object")
    config.hooks.state-stdin                      map(.state // empty | objects | select(has("id")) | .id) | unique  =>  . == ["$ID"]
    config.hooks.state-stdin                      map(.state // empty | objects | select(has("id")) | .bundle) | unique  =>  . == ["$BUNDLE"]
    runtime.state.json-schema                     map(.state // empty | objects | select(has("id")) | [.ociVersion, .id, .status, .bundle] | map(type)) | unique  =>  . == [["string", "string", "string", "string"]]
    runtime.state.status.creating                 [.[] | select(.hook | IN("prestart", "createRuntime", "createContainer")?) | .state.status]  =>  . == ["creating", "creating", "creating"]
    config.hooks.state-stdin                      [.[] | select(.hook | IN("startContainer", "poststop")?) | .state.status]  =>  . == ["created", "stopped"]
    config.hooks.poststart.timing                 $(of poststart) | .state.status        =>  . == "running"
    runtime.state.status.extra-distinct           [.[] | .state | objects | .status // empty] | unique  =>  all(IN("creating", "created", "running", "stopped"))
    runtime.state.pid.runtime-ns-view             [.[] | select(.hook | IN("prestart", "createRuntime", "poststart")?) | .state.pid]  =>  . == [$pid, $pid, $pid]
    runtime.state.pid.container-ns-view           [.[] | select(.hook | IN("createContainer", "startContainer")?) | .state.pid]  =>  . == [1, 1]
END
}

# bats test_tags=req:config:hooks:entry:args:optional, req:config:hooks:entry:env:optional
@test "a hook's environment, arguments and name are its own" {
  hook createRuntime "a b" ""
  config '.hooks.createRuntime[0].env = ["ONLY=this", "X=y=z"] | .hooks.createRuntime[0].args[0] = "other name"'
  step create
  hook_records
  judge <<'END'
    config.hooks.entry.env.optional   .[0].env      =>  . == ["ONLY=this", "X=y=z"]
    config.hooks.entry.args.optional  .[0].argv[0], .[0].argv[4:]  =>  .values == ["other name", ["a b", ""]]
END
}

# bats test_tags=req:config:hooks:entry:timeout:optional
@test "a hook is ended at its timeout" {
  hook createRuntime sleep=15
  config '.hooks.createRuntime[0].timeout = 1'
  local start=$SECONDS
  check config.hooks.entry.timeout.optional "create fails" fails create
  check config.hooks.entry.timeout.optional "within the hook's time" equal "$((SECONDS - start < 12))" 1
  hook_records
  judge <<'END'
    config.hooks.entry.timeout.optional  map(.hook)  =>  . == ["createRuntime"]
END
}

# A hook that fails in create: an error, no process, no cgroup, no container, poststop hooks run.
fails_in_create() { # KIND
  hook "$1" exit=7
  hook "$1" never
  hook poststop poststop
  args /bin/probe pause /tmp/program
  check "runtime.lifecycle.$1.fail.error" "create" fails create
  check "runtime.lifecycle.$1.fail.destroy" "the container is gone" unknown
  check "runtime.lifecycle.$1.fail.destroy" "nothing is left" equal "$(leftovers)" ""
  hook_records
  check "runtime.lifecycle.$1.fail.destroy" "the poststop hook has run" holds 'map(.hook) | index("poststop") != null'
  check "runtime.lifecycle.$1.fail.error" "the program has not run" absent "$ROOTFS/tmp/program"
}
# bats test_tags=req:runtime:lifecycle:prestart:fail:destroy, req:runtime:lifecycle:prestart:fail:error
@test "a prestart hook that fails" {
  fails_in_create prestart # also: runtime.lifecycle.prestart.fail.error runtime.lifecycle.prestart.fail.destroy
}
# bats test_tags=req:runtime:lifecycle:createRuntime:fail:destroy, req:runtime:lifecycle:createRuntime:fail:error
@test "a createRuntime hook that fails" {
  fails_in_create createRuntime # also: runtime.lifecycle.createRuntime.fail.error runtime.lifecycle.createRuntime.fail.destroy
}
# bats test_tags=req:runtime:lifecycle:createContainer:fail:destroy, req:runtime:lifecycle:createContainer:fail:error
@test "a createContainer hook that fails" {
  fails_in_create createContainer # also: runtime.lifecycle.createContainer.fail.error runtime.lifecycle.createContainer.fail.destroy
}

# bats test_tags=req:runtime:lifecycle:startContainer:fail:destroy, req:runtime:lifecycle:startContainer:fail:error
@test "a startContainer hook that fails" {
  hook startContainer exit=7
  hook poststop poststop
  args /bin/probe pause /tmp/program
  step create
  local pid
  pid=$(member pid)
  check runtime.lifecycle.startContainer.fail.error "start" fails start
  check runtime.lifecycle.startContainer.fail.error "the program has not run" absent "$ROOTFS/tmp/program"
  "$PROBE" await "$pid" 3 || true
  check runtime.lifecycle.startContainer.fail.destroy "the process has ended" gone "$pid"
  check runtime.lifecycle.startContainer.fail.destroy "the container is gone" unknown
  hook_records
  check runtime.lifecycle.startContainer.fail.destroy "the poststop hook has run" holds 'map(.hook) | index("poststop") != null'
}

# bats test_tags=req:runtime:lifecycle:poststart:fail:destroy, req:runtime:lifecycle:poststart:fail:error
@test "a poststart hook that fails" {
  hook poststart exit=7
  hook poststop poststop
  step create
  local pid
  pid=$(member pid)
  check runtime.lifecycle.poststart.fail.error "start" fails start
  "$PROBE" await "$pid" 2 || true
  check runtime.lifecycle.poststart.fail.destroy "the process has ended" gone "$pid"
  check runtime.lifecycle.poststart.fail.destroy "the container is gone" unknown
  hook_records
  check runtime.lifecycle.poststart.fail.destroy "the poststop hook has run" holds 'map(.hook) | index("poststop") != null'
}

# bats test_tags=req:runtime:lifecycle:poststop:fail:continue, req:runtime:lifecycle:poststop:fail:warn
@test "a poststop hook that fails" {
  hook poststop exit=7
  hook poststop second
  config '.hooks.poststop[1].args[3] = "second"'
  args /bin/probe end 0
  step create
  step start
  await_end
  operate delete-log
  check runtime.lifecycle.poststop.fail.continue "delete succeeds" equal "$status" 0
  check runtime.lifecycle.poststop.fail.warn "a warning is logged" contains "$stderr$(cat "$T/log" 2>/dev/null)" hook
  check runtime.lifecycle.poststop.fail.continue "the container is gone" unknown
  hook_records
  judge <<'END'
    runtime.lifecycle.poststop.fail.continue  map(.hook)  =>  . == ["poststop", "second"]
END
}

# behind_gate OPERATION KIND: the operation has not returned while its hook waits.
behind_gate() {
  local operation
  rm -f "$T/hooks"
  (operate "$1") 3>&- &
  operation=$!
  await_text "$T/hooks" "\"$2\""
  kill -0 "$operation" 2>/dev/null && echo waiting || echo returned
  timeout 10 cat "$T/gate" >/dev/null || true
  wait "$operation" || true
}
# bats test_tags=req:config:hooks:poststart:timing
@test "start returns after its poststart hooks" {
  hook poststart "gate=$T/gate"
  mkfifo "$T/gate"
  step create
  check config.hooks.poststart.timing "start waits for the hook" equal "$(behind_gate start poststart)" waiting
}
# bats test_tags=req:config:hooks:poststop:timing
@test "delete returns after its poststop hooks, which run when all is gone" {
  hook poststop "gate=$T/gate" "list:$CGROUP_ROOT/pids/$TAG/$ID" "list:$CGROUP_ROOT/$TAG/$ID"
  mkfifo "$T/gate"
  args /bin/probe end 0
  step create
  step start
  await_end
  check config.hooks.poststop.timing "delete waits for the hook" equal "$(behind_gate delete poststop)" waiting
  hook_records
  judge <<'END'
    config.hooks.poststop.timing  .[0].try | [.[]]  =>  all(. == "error ENOENT")
    config.hooks.poststop.timing  .[0].exe          =>  . == "error ENOENT"
END
}
