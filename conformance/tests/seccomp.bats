# config-linux.md, "Seccomp" and "The Seccomp Container Process State".
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

setup_test() { need feature '.linux.seccomp.enabled != false'; }
# Numbers of calls. The probe itself makes all of them but the last, sched_get_priority_max.
if [[ $(uname -m) == x86_64 ]]; then
  UNAME=63 GETPRIORITY=140 SETHOSTNAME=170 UNUSED=146
else
  UNAME=160 GETPRIORITY=141 SETHOSTNAME=161 UNUSED=125
fi
filter() { config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\"} * $1"; }
rule() { # CALL ACTION [MORE]
  printf '{syscalls: [{names: ["%s"], action: "%s"%s}]}' "$1" "$2" "${3:+, $3}"
}

# bats test_tags=req:linux:seccomp:defaultAction:required, req:linux:seccomp:errno-default-eperm, req:linux:seccomp:optional, req:linux:seccomp:syscalls:action:required, req:linux:seccomp:syscalls:errnoRet:optional, req:linux:seccomp:syscalls:names:required, req:linux:seccomp:syscalls:optional
@test "a filter is in force, and errors are EPERM unless they are named" {
  filter '{syscalls: [{names: ["sethostname", "no_such_call"], action: "SCMP_ACT_ERRNO"}, {names: ["getpriority"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
  run_probe "call:$SETHOSTNAME,0,0" "call:$GETPRIORITY,0,0" "call:$UNAME,0"
  judge <<END
    linux.seccomp.optional                   .status.Seccomp                       =>  . == "2"
    linux.seccomp.syscalls.optional          .try["call:$SETHOSTNAME,0,0"]         =>  . == "EPERM"
    linux.seccomp.syscalls.names.required    .try["call:$SETHOSTNAME,0,0"]         =>  . == "EPERM"
    linux.seccomp.syscalls.action.required   .try["call:$SETHOSTNAME,0,0"]         =>  . == "EPERM"
    linux.seccomp.errno-default-eperm        .try["call:$SETHOSTNAME,0,0"]         =>  . == "EPERM"
    linux.seccomp.syscalls.errnoRet.optional .try["call:$GETPRIORITY,0,0"]         =>  . == "ENOSYS"
    linux.seccomp.defaultAction.required     .try["call:$UNAME,0"]                 =>  . == "EFAULT"
END
}

# bats test_tags=req:linux:seccomp:defaultAction:required, req:linux:seccomp:defaultErrnoRet:optional
@test "the default action and its errno hold for calls that no rule names" {
  # Calls that runtimes and a static program make are allowed; getpriority is not among them.
  local allowed
  allowed=$("$PROBE" allowed-calls)
  filter "{defaultAction: \"SCMP_ACT_ERRNO\", defaultErrnoRet: 95, syscalls: [{names: ($allowed), action: \"SCMP_ACT_ALLOW\"}]}"
  run_probe "call:$GETPRIORITY,0,0"
  judge <<END
    linux.seccomp.defaultErrnoRet.optional  .try["call:$GETPRIORITY,0,0"]  =>  . == "EOPNOTSUPP" or . == "ENOTSUP"
    linux.seccomp.defaultAction.required    .try["call:$GETPRIORITY,0,0"]  =>  . != "ok"
END
}

# bats test_tags=req:linux:seccomp:syscalls:action:required
@test "each action" {
  local action want
  for action in KILL:SYS KILL_PROCESS:SYS KILL_THREAD:SYS TRAP:SYS TRACE:ENOSYS LOG:ok ALLOW:ok; do
    want=${action#*:}
    action=SCMP_ACT_${action%:*}
    new_bundle "$action"
    filter "$(rule sched_get_priority_max "$action")"
    run_probe "call:$UNUSED,1"
    [[ $want != SYS ]] || want="killed by SYS"
    judge <<END
      linux.seccomp.syscalls.action.required  .try["call:$UNUSED,1"]  =>  . == "$want"
END
  done
}

# bats test_tags=req:linux:seccomp:syscalls:args:index:required, req:linux:seccomp:syscalls:args:op:required, req:linux:seccomp:syscalls:args:optional, req:linux:seccomp:syscalls:args:valueTwo:optional
@test "conditions on arguments: seven operators" {
  local case op value two hit miss
  # OPERATOR VALUE VALUE-TWO HIT MISS, on the second argument of getpriority.
  for case in NE:5:0:6:5 LT:5:0:4:5 LE:5:0:5:6 EQ:5:0:5:6 GE:5:0:5:4 GT:5:0:6:5 MASKED_EQ:240:16:31:47; do
    IFS=: read -r op value two hit miss <<<"$case"
    new_bundle "$op"
    filter "$(rule getpriority SCMP_ACT_ERRNO "errnoRet: 38, args: [{index: 1, value: $value, valueTwo: $two, op: \"SCMP_CMP_$op\"}]")"
    run_probe "call:$GETPRIORITY,9,$hit" "call:$GETPRIORITY,9,$miss"
    judge <<END
      linux.seccomp.syscalls.args.op.required      .try  =>  .["call:$GETPRIORITY,9,$hit"] == "ENOSYS" and .["call:$GETPRIORITY,9,$miss"] == "EINVAL"
END
    if [[ $op == MASKED_EQ ]]; then judge <<END
      linux.seccomp.syscalls.args.valueTwo.optional  .try  =>  .["call:$GETPRIORITY,9,$hit"] == "ENOSYS" and .["call:$GETPRIORITY,9,$miss"] == "EINVAL"
END
    fi
    if [[ $op == EQ ]]; then judge <<END
      linux.seccomp.syscalls.args.optional        .try  =>  .["call:$GETPRIORITY,9,$hit"] == "ENOSYS" and .["call:$GETPRIORITY,9,$miss"] == "EINVAL"
      linux.seccomp.syscalls.args.index.required  .try  =>  .["call:$GETPRIORITY,9,$hit"] == "ENOSYS" and .["call:$GETPRIORITY,9,$miss"] == "EINVAL"
END
    fi
  done
}

# bats test_tags=req:linux:seccomp:architectures:optional, req:linux:seccomp:flags:optional
@test "architectures and flags" {
  if [[ $(uname -m) != x86_64 ]]; then skip_test "kernel: not x86-64"; fi
  # Which flags a runtime takes is in its features; the list of 1.0.2 had none of them with an effect that a program sees.
  filter '{architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], syscalls: [{names: ["getpid"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
  run_probe i386:
  judge <<'END'
    linux.seccomp.architectures.optional  .try["i386:"]  =>  . == "ENOSYS" or . == "killed by SEGV"
END
  new_bundle second
  filter '{architectures: ["SCMP_ARCH_X86_64"]}'
  run_probe i386:
  judge <<'END'
    linux.seccomp.architectures.optional  .try["i386:"]  =>  startswith("killed")
END
  new_bundle third
  filter '{flags: ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]}'
  operate create
  check linux.seccomp.flags.optional "a known flag is taken" equal "$status $stderr" "0 "
}

# agent [KIND]: a listener at $T/agent; what it got is in $T/agent.json.
agent() {
  background "$PROBE" agent "$T/agent" "$T/agent.json" 1 "${1:-stream}"
  await_text "$T/background" listening
}

# bats test_tags=req:linux:seccomp:listener:closed, req:linux:seccomp:listener:no-reuse, req:linux:seccomp:listener:one-state, req:linux:seccomp:listener:seccompFd, req:linux:seccomp:listener:socket-type, req:linux:seccomp:listenerMetadata:optional, req:linux:seccomp:listenerPath:optional, req:linux:seccomp:state:fds-first, req:linux:seccomp:state:fds:optional, req:linux:seccomp:state:json-and-fds, req:linux:seccomp:state:metadata:optional, req:linux:seccomp:state:ociVersion:required, req:linux:seccomp:state:pid:required, req:linux:seccomp:state:state:required
@test "a notify action sends the process state to the agent" {
  agent
  filter "{listenerPath: \"$T/agent\", listenerMetadata: \"words for the agent\", syscalls: [{names: [\"getpriority\"], action: \"SCMP_ACT_NOTIFY\"}]}"
  args /bin/probe pause
  step create
  step start
  await_text "$T/$ID.out" started
  await_text "$T/agent.json" end_seen
  local pid
  pid=$(member pid)
  jq '. + {state: (.text | try fromjson catch null)}' "$T/agent.json" >"$T/report.json"
  judge <<END
    linux.seccomp.listenerPath.optional        .messages                    =>  . >= 1
    linux.seccomp.listener.socket-type         .messages                    =>  . >= 1
    linux.seccomp.listener.one-state           .state | type                =>  . == "object"
    linux.seccomp.listener.no-reuse            [(.state | type), .end_seen]  =>  . == ["object", true]
    linux.seccomp.listener.closed              .end_seen                    =>  .
    linux.seccomp.listener.seccompFd           [(.state.fds | index("seccompFd")), .listeners]  =>  .[0] != null and .[1][.[0]]
    linux.seccomp.state.json-and-fds           [(.state | type), .fds, (.state.fds | length)]  =>  .[0] == "object" and .[1] > 0 and .[1] == .[2]
    linux.seccomp.state.fds-first              [.fds, .later_fds]           =>  .[0] > 0 and .[1] == 0
    linux.seccomp.state.fds.optional           .state.fds                   =>  type == "array" and index("seccompFd") != null
    linux.seccomp.state.ociVersion.required    .state.ociVersion            =>  test("^[0-9]+\\\\.[0-9]+\\\\.[0-9]+")
    linux.seccomp.state.pid.required           .state.pid                   =>  . == $pid
    linux.seccomp.state.metadata.optional      .state.metadata              =>  . == "words for the agent"
    linux.seccomp.listenerMetadata.optional    .state.metadata              =>  . == "words for the agent"
    linux.seccomp.state.state.required         .state.state | [.id, .bundle, (.status | IN("creating", "created", "running"))]  =>  . == ["$ID", "$BUNDLE", true]
END
}

# bats test_tags=req:linux:seccomp:listener:fail:error, req:linux:seccomp:listener:socket-type
@test "an agent that cannot be reached, or is no stream socket, is an error" {
  filter "{listenerPath: \"$T/nobody\", syscalls: [{names: [\"getpriority\"], action: \"SCMP_ACT_NOTIFY\"}]}"
  check linux.seccomp.listener.fail.error "nobody listens" refused_by_start
  new_bundle second
  agent datagram
  filter "{listenerPath: \"$T/agent\", syscalls: [{names: [\"getpriority\"], action: \"SCMP_ACT_NOTIFY\"}]}"
  check linux.seccomp.listener.fail.error,linux.seccomp.listener.socket-type "a datagram socket" refused_by_start
}
