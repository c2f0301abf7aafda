# config.md, "Process": who the program is, with what it starts and what it may use.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:config:process:user:additionalGids:optional, req:config:process:user:gid:required, req:config:process:user:uid:required, req:config:process:user:umask:optional
@test "the program runs with the configured user, groups and umask" {
  config '.process.user = {uid: 1234, gid: 5678, umask: 23, additionalGids: [10, 20, 3000]}'
  run_probe
  judge <<'END'
    config.process.user.uid.required             [.uid, .euid, .suid]  =>  . == [1234, 1234, 1234]
    config.process.user.gid.required             [.gid, .egid, .sgid]  =>  . == [5678, 5678, 5678]
    config.process.user.umask.optional           .umask                =>  . == 23
    config.process.user.additionalGids.optional  .groups - [5678]      =>  . == [10, 20, 3000]
END
}

# bats test_tags=req:config:process:user:umask:default
@test "without a umask the caller's stays" {
  RUNTIME_PREFIX=(bash -c 'umask 027; exec "$@"' -)
  run_probe
  judge <<'END'
    config.process.user.umask.default  .umask  =>  . == 23
END
}

# bats test_tags=req:config:process:args:execvp-file, req:config:process:args:optional, req:config:process:cwd:required, req:config:process:env:optional
@test "arguments, environment and working directory arrive byte for byte" {
  mkdir "$ROOTFS/data/deep"
  config '.process.cwd = "/data/deep" | .process.env = ["PATH=/nowhere:/bin", "A=b=c", "EMPTY=", "LINES=one\ntwo", "SPACE= x ", "A-b.c=odd name"]'
  args probe report "nonce=$NONCE" "" "a b" $'tab\there' "--" "-x"
  run_program
  reported
  judge <<'END'
    config.process.args.execvp-file   .argv[0]      =>  . == "probe"
    config.process.args.optional      .argv[3:]     =>  . == ["", "a b", "tab\there", "--", "-x"]
    config.process.env.optional       .env | map(select(startswith("HOME=") | not))  =>  . == ["PATH=/nowhere:/bin", "A=b=c", "EMPTY=", "LINES=one\ntwo", "SPACE= x ", "A-b.c=odd name"]
    config.process.cwd.required       .cwd          =>  . == "/data/deep"
END
}

# bats test_tags=req:config:process:args:execvp-file
@test "an argument with a slash is taken as it is, whatever PATH says" {
  config '.process.env = ["PATH=/nowhere"] | .process.cwd = "/bin"'
  args ./probe report "nonce=$NONCE"
  run_program
  reported
  judge <<'END'
    config.process.args.execvp-file  .argv[0]  =>  . == "./probe"
END
}

# bats test_tags=req:config:process:rlimits:getrlimit, req:config:process:rlimits:hard:match, req:config:process:rlimits:optional, req:config:process:rlimits:soft:match
@test "resource limits are read back exactly" {
  config '.process.rlimits = [
    {type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_FSIZE", soft: 1000000, hard: 2000000},
    {type: "RLIMIT_CPU", soft: 61, hard: 62}, {type: "RLIMIT_DATA", soft: 268435456, hard: 536870912}, {type: "RLIMIT_STACK", soft: 8388608, hard: 16777216},
    {type: "RLIMIT_RSS", soft: 268435456, hard: 268435457}, {type: "RLIMIT_NPROC", soft: 1000, hard: 1001}, {type: "RLIMIT_MEMLOCK", soft: 65536, hard: 65537},
    {type: "RLIMIT_AS", soft: "@18446744073709551615@", hard: "@18446744073709551615@"}, {type: "RLIMIT_LOCKS", soft: 10, hard: 11}, {type: "RLIMIT_SIGPENDING", soft: 100, hard: 101},
    {type: "RLIMIT_MSGQUEUE", soft: 10000, hard: 10001}, {type: "RLIMIT_NICE", soft: 0, hard: 0}, {type: "RLIMIT_RTPRIO", soft: 0, hard: 0}, {type: "RLIMIT_RTTIME", soft: 100000, hard: 100001}]'
  run_probe
  judge <<'END'
    config.process.rlimits.optional    .rlimits.RLIMIT_NOFILE        =>  . == {soft: 100, hard: 200}
    config.process.rlimits.getrlimit   .rlimits | keys | length      =>  . == 16
    config.process.rlimits.soft.match  [.rlimits | .RLIMIT_NOFILE, .RLIMIT_CORE, .RLIMIT_FSIZE, .RLIMIT_CPU, .RLIMIT_DATA, .RLIMIT_STACK, .RLIMIT_RSS, .RLIMIT_NPROC, .RLIMIT_MEMLOCK, .RLIMIT_AS, .RLIMIT_LOCKS, .RLIMIT_SIGPENDING, .RLIMIT_MSGQUEUE, .RLIMIT_NICE, .RLIMIT_RTPRIO, .RLIMIT_RTTIME | .soft]  =>  . == [100, 0, 1000000, 61, 268435456, 8388608, 268435456, 1000, 65536, -1, 10, 100, 10000, 0, 0, 100000]
    config.process.rlimits.hard.match  [.rlimits | .RLIMIT_NOFILE, .RLIMIT_CORE, .RLIMIT_FSIZE, .RLIMIT_CPU, .RLIMIT_DATA, .RLIMIT_STACK, .RLIMIT_RSS, .RLIMIT_NPROC, .RLIMIT_MEMLOCK, .RLIMIT_AS, .RLIMIT_LOCKS, .RLIMIT_SIGPENDING, .RLIMIT_MSGQUEUE, .RLIMIT_NICE, .RLIMIT_RTPRIO, .RLIMIT_RTTIME | .hard]  =>  . == [200, 0, 2000000, 62, 536870912, 16777216, 268435457, 1001, 65537, -1, 11, 101, 10001, 0, 0, 100001]
END
}

# bats test_tags=req:config:process:capabilities:ambient, req:config:process:capabilities:bounding, req:config:process:capabilities:effective, req:config:process:capabilities:inheritable, req:config:process:capabilities:optional, req:config:process:capabilities:permitted
@test "the five capability sets are as listed" {
  config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
    effective: ["CAP_CHOWN", "CAP_KILL"], inheritable: ["CAP_KILL", "CAP_CHOWN"], ambient: ["CAP_CHOWN"]} | .process.user.uid = 1000'
  run_probe
  # The ambient set is what an ordinary user's program keeps of the permitted and the effective set over execve.
  judge <<'END'
    config.process.capabilities.optional     .status.CapBnd  =>  . == "00000000000020a1"
    config.process.capabilities.bounding     .status.CapBnd  =>  . == "00000000000020a1"
    config.process.capabilities.inheritable  .status.CapInh  =>  . == "0000000000000021"
    config.process.capabilities.ambient      .status.CapAmb  =>  . == "0000000000000001"
    config.process.capabilities.permitted    .status.CapPrm  =>  . == "0000000000000001"
    config.process.capabilities.effective    .status.CapEff  =>  . == "0000000000000001"
END
}

# bats test_tags=req:config:process:capabilities:bounding, req:config:process:capabilities:effective, req:config:process:capabilities:permitted
@test "root's program gets the permitted and effective sets of the bounding set" {
  config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN", "CAP_KILL"]}'
  run_probe
  judge <<'END'
    config.process.capabilities.permitted  .status.CapPrm  =>  . == "0000000000000021"
    config.process.capabilities.effective  .status.CapEff  =>  . == "0000000000000021"
    config.process.capabilities.bounding   .status.CapBnd  =>  . == "0000000000000021"
END
}

# bats test_tags=req:config:process:capabilities:no-fail, req:config:process:capabilities:unknown-warn, req:runtime:warnings:flow-unchanged
@test "an unknown capability is warned of and does no harm" {
  need can log
  config '.process.capabilities |= map_values(. + ["CAP_BOGUS"])'
  args /bin/probe report "nonce=$NONCE"
  operate create-log
  check config.process.capabilities.no-fail "create succeeds" equal "$status" 0
  local said="$stderr"$'\n'"$(cat "$T/log" 2>/dev/null)"
  check config.process.capabilities.unknown-warn "the message names it" contains "$said" CAP_BOGUS
  check runtime.warnings.flow-unchanged "the container starts all the same" succeeds start
  await_end
}

# bats test_tags=req:config:process:noNewPrivileges:optional, req:config:process:oomScoreAdj:optional, req:config:process:oomScoreAdj:set, req:config:process:terminal:optional
@test "noNewPrivileges, oomScoreAdj and the standard streams" {
  config '.process.noNewPrivileges = true | .process.oomScoreAdj = 321'
  run_probe
  judge <<'END'
    config.process.noNewPrivileges.optional  .no_new_privs         =>  . == 1
    config.process.oomScoreAdj.optional      .oom_score_adj        =>  . == 321
    config.process.oomScoreAdj.set           .oom_score_adj        =>  . == 321
    config.process.terminal.optional         [.fds[] | select(.tty)]  =>  . == []
END
}

# bats test_tags=req:config:process:noNewPrivileges:optional, req:config:process:oomScoreAdj:unset
@test "without oomScoreAdj and noNewPrivileges the program inherits" {
  RUNTIME_PREFIX=(bash -c 'echo 137 >/proc/self/oom_score_adj; exec "$@"' -)
  run_probe
  judge <<'END'
    config.process.oomScoreAdj.unset         .oom_score_adj  =>  . == 137
    config.process.noNewPrivileges.optional  .no_new_privs   =>  . == 0
END
}
