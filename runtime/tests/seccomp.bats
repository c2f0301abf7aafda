# seccomp: filters act as the config says (config-linux.md#seccomp). Numbers of system calls are x86-64's.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

setup_test() {
  [[ $(uname -m) == x86_64 ]] || skip "the numbers in this file are x86-64's"
}
getcwd=79 mkdir=83 socket=41 getpriority=140 personality=135

filter() { # DEFAULT-ACTION RULES-AS-JSON
  config --arg default "$1" --argjson rules "$2" \
    '.linux.seccomp = {defaultAction: $default, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: $rules}'
}

@test "a filter is in force, in one layer" {
  filter SCMP_ACT_ALLOW '[{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]'
  probe_run
  check '.status.Seccomp == "2" and .cwd == ""'
  check '.status.Seccomp_filters == "1"'
}

@test "without seccomp in the config there is no filter" {
  probe_run
  check '.status.Seccomp == "0"'
}

@test "errno is EPERM or the rule's" {
  filter SCMP_ACT_ALLOW '[{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}, {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
  shell "probe call $getcwd; probe call $mkdir"
  must_run
  equal "$stdout" $'EPERM\nENOSPC'
}

@test "arguments are compared" {
  # socket(2) of family 16 only
  filter SCMP_ACT_ALLOW '[{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}]}]'
  shell "probe call $socket 16 3 0; probe call $socket 1 1 0"
  must_run
  equal "$stdout" $'EACCES\nok'
}

@test "masked comparison, and several arguments" {
  filter SCMP_ACT_ALLOW '[{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"},
    {"index": 1, "value": 15, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]}]'
  shell "probe call $socket 1 2 0; probe call $socket 1 1 0"
  must_run
  equal "$stdout" $'EPERM\nok'
}

@test "exec gets the filter that init has, from the saved program or from the profile" {
  filter SCMP_ACT_ALLOW '[{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}, {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
  must_sleep
  filtered() {
    equal "$(rt exec "$ID" /bin/sh -c "probe call $getcwd; probe call $mkdir; grep Seccomp: /proc/self/status" 2>&1)" $'EPERM\nENOSPC\nSeccomp:\t2'
  }
  filtered
  is_ours || return 0
  local file=$STATE/$ID/seccomp
  [[ -s $file ]] || fail "no program is saved"
  # Neither the profile nor the cache is asked ...
  mv "$STATE/@seccomp" "$STATE/@seccomp.away"
  filtered
  [[ ! -e $STATE/@seccomp ]] || fail "compiled again"
  mv "$STATE/@seccomp.away" "$STATE/@seccomp"
  # ... and without a program that can be trusted the profile is.
  cp "$file" "$BUNDLE/saved"
  printf '\1' | dd of="$file" bs=1 seek=60 conv=notrunc 2>/dev/null
  filtered
  head -c 100 "$BUNDLE/saved" >"$file"
  filtered
  rm "$file"
  filtered
  ln -s "$BUNDLE/saved" "$file"
  filtered
  rm "$file"
  mkfifo "$file"
  filtered
}

@test "kill ends the program with SIGSYS" {
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_KILL_PROCESS"}]'
  shell "probe call $mkdir; echo \$?"
  must_run
  equal "$stdout" 159
}

@test "log and trap" {
  filter SCMP_ACT_ALLOW '[{"names": ["getpriority"], "action": "SCMP_ACT_LOG"}, {"names": ["mkdir"], "action": "SCMP_ACT_TRAP"}]'
  shell "probe call $getpriority; probe call $mkdir; echo \$?"
  must_run
  equal "$stdout" $'ok\n159'
}

@test "an unknown system call's name in a rule is ignored" {
  filter SCMP_ACT_ALLOW '[{"names": ["no_such_call", "getcwd"], "action": "SCMP_ACT_ERRNO"}]'
  probe_run
  check '.cwd == ""'
}

@test "an unknown action is an error" {
  filter SCMP_ACT_ALLOW '[{"names": ["getcwd"], "action": "SCMP_ACT_NOSUCH"}]'
  run_container
  refused ""
}

@test "a call newer than the profile gives ENOSYS when the default is an errno" {
  # The allow list ends long before clone3; call 999 exists nowhere.
  names=$(ausyscall --dump 2>/dev/null | awk 'NR > 1 && $1 < 430 {print $2}' | jq -R . | jq -s -c . || true)
  [[ -n $names && $names != "[]" ]] || names='["read","write","open","close","stat","fstat","lstat","poll","lseek","mmap","mprotect","munmap","brk","rt_sigaction","rt_sigprocmask","rt_sigreturn","ioctl","access","pipe","dup","dup2","getpid","clone","fork","vfork","execve","exit","wait4","kill","uname","fcntl","getcwd","chdir","readlink","getuid","getgid","geteuid","getegid","getppid","getpgrp","setsid","setuid","setgid","setgroups","capset","capget","prctl","arch_prctl","exit_group","set_tid_address","set_robust_list","openat","newfstatat","getdents64","futex","getrandom","prlimit64","pipe2","dup3","rseq","faccessat","readlinkat","statx","fchdir","umask","futex","sigaltstack","gettid","tgkill","nanosleep","clock_nanosleep","epoll_pwait","epoll_ctl","epoll_create1","eventfd2","execveat","sched_getaffinity","sched_yield","madvise","mincore","getsid","getpgid","setpgid","getsockname","getresuid","getresgid","sysinfo","rename","unlink","fstatfs","statfs","close_range","faccessat2"]'
  filter SCMP_ACT_ERRNO "[{\"names\": $names, \"action\": \"SCMP_ACT_ALLOW\"}]"
  shell "probe call 999; probe call $personality 0xffffffff"
  must_run
  equal "$stdout" $'ENOSYS\nEPERM'
}

@test "the filter of create is that of exec" {
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
  must_sleep
  must rt exec "$ID" probe call $mkdir
  equal "$stdout" ENOSPC
}

@test "with and without no new privileges, as an ordinary user" {
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
  config '.process.user = {uid: 1000, gid: 1000}'
  args /bin/probe call $mkdir
  for value in true false; do
    config --argjson value $value '.process.noNewPrivileges = $value'
    must_run
    equal "$stdout" ENOSPC
  done
}

@test "a second run with the same filter acts alike" { # a cache may serve it
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
  args /bin/probe call $mkdir
  must_run
  must_run
  equal "$stdout" ENOSPC
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 29}]'
  must_run
  equal "$stdout" ESPIPE
}

@test "a profile that is written as before is not read again" {
  ours_only "its cache"
  rm -rf "$STATE/@seccomp"
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
  args /bin/probe call $mkdir
  must_run
  local written compiled
  written=$(grep -l defaultAction "$STATE"/@seccomp/*)
  compiled=$(grep -L defaultAction "$STATE"/@seccomp/*)
  rm "$compiled"
  must_run
  equal "$stdout" ENOSPC
  [[ ! -e $compiled ]] || fail "the profile was read"
  must_sleep
  [[ ! -e $compiled ]] || fail "the profile was read"
  equal "$(rt exec "$ID" /bin/probe call $mkdir)" ENOSPC
  must rt delete --force "$ID"
  # What cannot be trusted, and a profile in which one letter differs, is.
  printf '\1' | dd of="$written" bs=1 seek=60 conv=notrunc 2>/dev/null
  args /bin/probe call $mkdir
  must_run
  equal "$stdout" ENOSPC
  [[ -e $compiled ]] || fail "a damaged file was trusted"
  filter SCMP_ACT_ALLOW '[{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 29}]'
  must_run
  equal "$stdout" ESPIPE
  config '.linux.seccomp.defaultAction = "SCMP_ACT_NONSENSE"'
  create_container
  equal "$status" 1
  contains "$stderr" "seccomp action 'SCMP_ACT_NONSENSE' is unknown"
}

# Merging rules of several actions libseccomp 2.5.4 makes no end of this; runc and crun stay at work over it for ever.
@test "a profile that libseccomp cannot finish is refused in bounded time" {
  ours_only "does not end"
  filter SCMP_ACT_ALLOW '[
    {"names": ["prctl"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_NE"}, {"index": 1, "value": 2, "op": "SCMP_CMP_GT"}]},
    {"names": ["prctl"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_NE"}, {"index": 2, "value": 4294967295, "op": "SCMP_CMP_NE"}]},
    {"names": ["prctl"], "action": "SCMP_ACT_KILL", "args": [{"index": 2, "value": 1, "op": "SCMP_CMP_GT"}]}]'
  RT_TIMEOUT=60 create_container
  equal "$status" 1
  contains "$stderr" "libseccomp"
  contains "$stderr" "for the seccomp profile"
  capture rt state "$ID"
  equal "$status" 1
}

@test "nothing is left behind" {
  nothing_left
}
