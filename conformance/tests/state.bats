# runtime.md, "State" and "Query State": the document that describes a container, and the operation that returns it.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:config:annotations:optional, req:config:annotations:value:empty, req:runtime:op:create:creates, req:runtime:op:state:returns-state, req:runtime:state:annotations:optional, req:runtime:state:bundle:required, req:runtime:state:id:required, req:runtime:state:json-schema, req:runtime:state:ociVersion:required, req:runtime:state:pid:required, req:runtime:state:status:created, req:runtime:state:status:required, req:runtime:state:status:values
@test "the state of a container that is created" {
  config '.annotations = {"com.example.a": "1", "com.example.text": "two words", "com.example.empty": ""}'
  step create
  check runtime.op.state.returns-state "state succeeds" state
  judge "$T/state.json" <<END
    runtime.state.ociVersion.required    .ociVersion   =>  type == "string" and test("^[0-9]+\\\\.[0-9]+\\\\.[0-9]+")
    runtime.state.id.required            .id           =>  . == "$ID"
    runtime.state.status.required        .status       =>  type == "string"
    runtime.state.status.values          .status       =>  . == "created"
    runtime.state.status.created         .status       =>  . == "created"
    runtime.state.pid.required           .pid          =>  type == "number" and . > 1
    runtime.state.bundle.required        .bundle       =>  . == "$BUNDLE"
    runtime.state.annotations.optional   .annotations  =>  . == {"com.example.a": "1", "com.example.text": "two words", "com.example.empty": ""}
    config.annotations.optional          .annotations["com.example.a"]      =>  . == "1"
    config.annotations.value.empty       .annotations["com.example.empty"]  =>  . == ""
    runtime.op.state.returns-state       [.ociVersion, .id, .status, .bundle] | map(type)  =>  . == ["string", "string", "string", "string"]
    runtime.state.json-schema            [(.ociVersion, .id, .status, .bundle | type == "string"), (.pid | type == "number" and . >= 0 and floor == .), (.annotations | to_entries | all(.key != "" and (.value | type == "string")))]  =>  all
END
  check runtime.state.pid.required "the process of that number is there" exists "/proc/$(member pid)"
  check runtime.op.create.creates "state knows the container after create" status_is created
}

# bats test_tags=req:runtime:state:annotations:empty, req:runtime:state:bundle:required, req:runtime:state:json-schema
@test "without annotations the state has none, and a relative bundle is reported as an absolute one" {
  RUNTIME_PREFIX=(env -C "$T")
  BUNDLE_KEPT=$BUNDLE
  write_config
  BUNDLE=main
  operate create
  BUNDLE=$BUNDLE_KEPT
  if [[ $status -ne 0 ]]; then step_failed "create with a relative bundle: $stderr"; fi
  RUNTIME_PREFIX=()
  state
  judge "$T/state.json" <<END
    runtime.state.annotations.empty  [has("annotations"), .annotations]  =>  . == [false, null] or . == [true, {}]
    runtime.state.bundle.required    .bundle  =>  . == "$BUNDLE"
    runtime.state.json-schema        [(.annotations // {} | type), (.pid | type)]  =>  . == ["object", "number"]
END
}

# bats test_tags=req:runtime:state:json-schema, req:runtime:state:pid:required, req:runtime:state:status:created, req:runtime:state:status:extra-distinct, req:runtime:state:status:running, req:runtime:state:status:stopped, req:runtime:state:status:values
@test "the status follows the container through its life" {
  step create
  check runtime.state.status.created "created after create" status_is created
  step start
  await_text "$T/$ID.out" started
  check runtime.state.status.running "running while the program runs" status_is running
  state
  judge "$T/state.json" <<END
    runtime.state.status.values         .status  =>  IN("creating", "created", "running", "stopped")
    runtime.state.status.extra-distinct .status  =>  . == "running"
    runtime.state.pid.required          .pid     =>  . > 1
END
  local pid
  pid=$(member pid)
  check runtime.state.pid.required "the pid is the program's" contains "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "/bin/probe pause"
  step kill "$ID" KILL
  "$PROBE" await "$pid" 10
  check runtime.state.status.stopped "stopped after the program has ended" status_is stopped
  state
  judge "$T/state.json" <<END
    runtime.state.status.values  .status  =>  IN("creating", "created", "running", "stopped")
    runtime.state.json-schema    [.ociVersion, .id, .status, .bundle] | map(type)  =>  . == ["string", "string", "string", "string"]
END
}

# bats test_tags=req:runtime:op:state:no-id:error, req:runtime:op:state:unknown-id:error
@test "state without an id, and of a container that never was" {
  check runtime.op.state.no-id.error "state without an id" fails state-no-id
  check runtime.op.state.unknown-id.error "state of an unknown id" fails state "$ID-never"
}

# bats test_tags=req:runtime:state:status:extra, req:runtime:state:status:extra-distinct
@test "a status of the runtime's own describes something that the specification does not name" {
  need can pause
  paused
  operate pause
  if [[ $status -ne 0 ]]; then skip_test "host: the container cannot be paused: $stderr"; fi
  state
  judge "$T/state.json" <<END
    runtime.state.status.extra           .status  =>  type == "string" and . != ""
    runtime.state.status.extra-distinct  .status  =>  IN("creating", "created", "stopped") | not
END
  operate resume
}
