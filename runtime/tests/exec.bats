# exec: another program in a running container.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

setup_test() {
  must_sleep
}

@test "exec gives output and status" {
  capture rt exec "$ID" /bin/sh -c 'echo out; echo err >&2; exit 5'
  equal "$status" 5
  equal "$stdout" out
  equal "$stderr" err
}

@test "exec gives 128 + n for a program that signal n ended" {
  capture rt exec "$ID" /bin/sh -c 'kill -KILL $$'
  equal "$status" 137
}

@test "exec passes standard input on" {
  equal "$(echo through | rt exec "$ID" /bin/cat)" through
}

@test "options after the id belong to the command" {
  must rt exec "$ID" /bin/echo -t --cwd /x
  equal "$stdout" "-t --cwd /x"
}

@test "exec is in the container's namespaces, cgroup and root" {
  probe_exec
  init=$(pid_of)
  for namespace in ipc mnt net pid uts; do
    check --arg ns $namespace --arg link "$(readlink "/proc/$init/ns/$namespace")" '.namespaces[$ns] == $link'
  done
  check '.hostname == "box"'
  check '.pid > 1'
}

@test "exec has the config's limits, capabilities and no new privileges" {
  probe_exec
  check '.no_new_privs == 1'
  check '.rlimits.RLIMIT_NOFILE == {soft: 1024, hard: 1024}'
  check '.status.CapBnd == "0000000020000420" and .status.CapInh == "0000000000000000"'
  check '.status.CapEff == "0000000020000420" and .status.CapAmb == "0000000000000000"'
  check '[.fds[] | .fd] == [0, 1, 2]'
  check '.sid == .pid'
}

@test "exec --cwd --env --user --additional-gids" {
  options=(--cwd /tmp --env ONE=1 --env TWO=2 --user 1000:1001)
  if rt exec --help | grep -q additional-gids; then options+=(--additional-gids 2001 --additional-gids 2002); fi
  probe_exec "${options[@]}"
  check '.cwd == "/tmp" and (.env | index("ONE=1")) and (.env | index("TWO=2"))'
  check '.uid == 1000 and .euid == 1000 and .suid == 1000 and .gid == 1001 and .egid == 1001'
  check '(.groups - [1001]) == [2001, 2002]'
  check '.env | index("PATH=/bin:/usr/bin")'
}

@test "exec --user is the number or is refused" { # T-USER
  # runc 1.1.5 takes 4294967296 for root.
  for user in -1 4294967295 4294967296 4294967297 18446744073709551616 99999999999999999999 0x10 "1:" ":1" "1:2:3" abc " 1" "1 "; do
    capture rt exec --user "$user" "$ID" /bin/probe report
    if [[ $status -eq 0 ]]; then
      if [[ $(jq .uid <"$BUNDLE/command.out") != "$user" ]]; then
        ours_only "exec --user '$user' runs as $(jq .uid <"$BUNDLE/command.out")"
        fail "exec --user '$user' ran as $(jq .uid <"$BUNDLE/command.out")"
      fi
    fi
  done
  probe_exec --user 2147483648
  check '.uid == 2147483648'
  probe_exec --user 4294967294:4294967294
  check '.uid == 4294967294 and .gid == 4294967294'
}

@test "a user number is never looked up as a name" { # CVE-2016-3697
  rm "$ROOTFS/etc/passwd"
  printf '1000:x:0:0::/root:/bin/sh\n' >"$ROOTFS/etc/passwd"
  probe_exec --user 1000
  check '.uid == 1000'
}

@test "exec --cap adds nothing inheritable" { # CVE-2022-29162
  probe_exec --cap CAP_NET_RAW
  check '.status.CapInh == "0000000000000000" and .status.CapAmb == "0000000000000000"'
  check '.status.CapEff == "0000000020002420" and .status.CapBnd == "0000000020002420"'
}

@test "exec --no-new-privs" {
  rt delete --force "$ID"
  config '.process.noNewPrivileges = false'
  must_sleep
  probe_exec
  check '.no_new_privs == 0'
  probe_exec --no-new-privs
  check '.no_new_privs == 1'
}

@test "exec --process takes all of its process from the file" {
  jq '.process | .args = ["/bin/probe"] | .cwd = "/var" | .env = ["PATH=/bin", "X=y"] | .user = {uid: 7, gid: 8, additionalGids: [9]}
    | .rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .capabilities = {bounding: ["CAP_KILL"]} | .noNewPrivileges = false' \
    "$BUNDLE/config.json" >"$BUNDLE/process.json"
  must rt exec --process "$BUNDLE/process.json" "$ID"
  cp "$BUNDLE/command.out" "$BUNDLE/report.json"
  check '.cwd == "/var" and (.env | index("X=y")) and .uid == 7 and .gid == 8 and (.groups - [8]) == [9]'
  check '.no_new_privs == 0'
  # runc 1.1.5 keeps the limits of create here.
  if is_ours; then check '.rlimits.RLIMIT_NOFILE == {soft: 100, hard: 200}'; fi
  check '.status.CapBnd == "0000000000000020" and .status.CapEff == "0000000000000000"'
}

@test "exec --detach --pid-file returns while the program runs" {
  must rt exec --detach --pid-file "$BUNDLE/exec.pid" "$ID" /bin/sleep 200
  pid=$(cat "$BUNDLE/exec.pid")
  contains "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 200"
  equal "$(od -An -c "$BUNDLE/exec.pid" | tr -d ' \n')" "$pid"
}

@test "a failed exec leaves no pid file and ends with 255" {
  capture rt exec --detach --pid-file "$BUNDLE/exec.pid" "$ID" /no/such
  refused "/no/such" "no such file or directory"
  equal "$status" 255
  [[ ! -e $BUNDLE/exec.pid ]]
}

@test "a program that is not in PATH is told by name" {
  capture rt exec "$ID" no-such-program
  refused no-such-program 'executable file not found in $PATH'
  equal "$status" 255
}

@test "exec without a command is an error" {
  capture rt exec "$ID"
  refused ""
}

@test "exec in a created container is allowed" {
  rt delete --force "$ID"
  args /bin/sleep 300
  must_create
  must rt exec "$ID" /bin/true
}

@test "exec in a stopped container is refused" {
  rt kill "$ID" KILL
  wait_status stopped
  capture rt exec "$ID" true
  refused "cannot exec in a stopped container"
}

@test "exec in a paused container is refused unless it is ignored" {
  must rt pause "$ID"
  capture rt exec "$ID" true
  refused "paused"
  rt exec --ignore-paused --detach "$ID" true </dev/null >/dev/null 2>&1 &
  background=$!
  sleep 0.2
  must rt resume "$ID"
  wait $background
}

@test "exec gets standard streams and no other descriptor" {
  exec 9</
  must rt exec "$ID" /bin/probe
  exec 9<&-
  cp "$BUNDLE/command.out" "$BUNDLE/report.json"
  check '[.fds[].fd] == [0, 1, 2]'
}

@test "exec --preserve-fds passes exactly so many" {
  echo kept >"$BUNDLE/kept"
  status=0
  text=$(timeout 10 "$RUNTIME" --root "$STATE" exec --preserve-fds 1 "$ID" /bin/sh -c 'cat <&3; ls /proc/self/fd' 3<"$BUNDLE/kept" 4</dev/null </dev/null) || status=$?
  equal "$status" 0
  contains "$text" kept
}

@test "ps names the program of exec" {
  must rt exec --detach "$ID" /bin/sleep 222
  must rt ps "$ID"
  contains "$stdout" "sleep 222"
}

@test "100 short execs lose nothing" { # R15
  for i in $(seq 100); do
    [[ $(rt exec "$ID" /bin/echo "line $i" </dev/null) == "line $i" ]] || fail "exec $i lost its output"
  done
}

@test "exec and its process wait for each other, whoever is late" {
  ours_only "delays its own system calls"
  type -P strace >/dev/null || skip "strace is not installed"
  trap '' USR1 # bash hands it to what it starts
  local call
  # The driver waits for the process in between; the new process makes a session.
  for call in waitid setsid; do
    capture strace -D -f -qq -o /dev/null -e trace=$call -e inject=$call:delay_enter=300000:when=1 \
      "$RUNTIME" --root "$STATE" exec "$ID" /bin/grep SigIgn /proc/self/status
    equal "$status" 0
    equal "$stdout" $'SigIgn:\t0000000000000000'
  done
  trap - USR1
  # A driver that ended before it knew the process has reported a failure.
  capture strace -D -f -qq -o /dev/null -e trace=waitid -e inject=waitid:signal=KILL:when=1 \
    "$RUNTIME" --root "$STATE" exec "$ID" /bin/sh -c 'echo >/data/ran'
  equal "$status" 137
  sleep 0.3
  [[ ! -e $ROOTFS/data/ran ]] || fail "executed without its driver"
}

@test "exec forwards signals" {
  "$RUNTIME" --root "$STATE" exec "$ID" /bin/sh -c 'trap "exit 9" TERM; echo >/data/exec-ready; while :; do sleep 0.05; done' </dev/null 3>&- &
  runtime=$!
  wait_for test -e "$ROOTFS/data/exec-ready"
  kill -TERM $runtime
  code=0
  wait $runtime || code=$?
  equal "$code" 9
}

@test "nothing is left behind" {
  rt delete --force "$ID"
  nothing_left
}
