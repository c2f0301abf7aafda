# What goes in and out by descriptor: preserved fds, LISTEN_FDS, the notify socket, the pidfd socket; and that nothing else does.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "only standard streams reach the program" { # T-CWD's first half
  exec 7</ 8</dev/null 9</etc/passwd
  probe_run
  exec 7<&- 8<&- 9<&-
  check '[.fds[].fd] == [0, 1, 2]'
}

@test "with a start in between too" {
  args /bin/probe
  exec 9</
  must_create
  must rt start "$ID"
  exec 9<&-
  wait_status stopped
  cp "$BUNDLE/container.out" "$BUNDLE/report.json"
  check '[.fds[].fd] == [0, 1, 2]'
}

@test "a standard stream on the host's /dev/null is on the container's own" { # CRIU can dump no file of the host's
  shell 'stat -Lc %d /proc/self/fd/0; stat -c %d /dev/null; sleep 300'
  CAPTURE=container capture rt run --detach --bundle "$BUNDLE" "$ID"
  written() { [[ $(output | wc -l) -eq 2 ]]; }
  wait_for written
  equal "$(output | head -n 1)" "$(output | tail -n 1)"
  if is_ours; then # 1.1.5 does it for the first process only
    must rt exec "$ID" sh -c 'stat -Lc %d /proc/self/fd/0; stat -c %d /dev/null'
    equal "$(head -n 1 <<<"$stdout")" "$(tail -n 1 <<<"$stdout")"
  fi
}

@test "--preserve-fds passes exactly so many" {
  echo three >"$BUNDLE/three"
  echo four >"$BUNDLE/four"
  args /bin/sh -c 'cat <&3; cat <&4; probe'
  status=0
  timeout 20 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" --preserve-fds 2 "$ID" \
    </dev/null 3<"$BUNDLE/three" 4<"$BUNDLE/four" 5</ 6</ >"$BUNDLE/out" || status=$?
  equal "$status" 0
  equal "$(head -2 "$BUNDLE/out")" $'three\nfour'
  tail -1 "$BUNDLE/out" >"$BUNDLE/report.json"
  check '[.fds[].fd] == [0, 1, 2, 3, 4]'
}

@test "--preserve-fds with a descriptor that is not open is an error" {
  status=0
  timeout 20 "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" --preserve-fds 100 "$ID" </dev/null >/dev/null 2>"$BUNDLE/err" 3>&- || status=$?
  [[ $status -ne 0 && $status -ne 124 ]]
  [[ -s $BUNDLE/err ]]
}

@test "LISTEN_FDS are handed over, before preserved ones, and LISTEN_PID is 1" {
  echo socket >"$BUNDLE/three"
  echo kept >"$BUNDLE/four"
  args /bin/sh -c 'cat <&3; cat <&4; echo $LISTEN_FDS $LISTEN_PID'
  status=0
  # shellcheck disable=SC2016
  bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=web; exec "$@"' - "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" \
    --preserve-fds 1 "$ID" </dev/null 3<"$BUNDLE/three" 4<"$BUNDLE/four" >"$BUNDLE/out" 2>&1 || status=$?
  equal "$status: $(cat "$BUNDLE/out")" $'0: socket\nkept\n1 1'
}

@test "the notify socket's READY reaches the caller, with the main pid" {
  args /bin/sh -c 'sleep 0.2; probe send-notify READY=1; sleep 300'
  "$PROBE" notify "$BUNDLE/notify.sock" MAINPID >"$BUNDLE/notified" 2>&1 3>&- &
  receiver=$!
  wait_for test -S "$BUNDLE/notify.sock"
  NOTIFY_SOCKET=$BUNDLE/notify.sock must_create
  NOTIFY_SOCKET=$BUNDLE/notify.sock must rt start "$ID"
  wait_for grep -q MAINPID "$BUNDLE/notified"
  kill $receiver 2>/dev/null || true
  contains "$(cat "$BUNDLE/notified")" READY=1
  contains "$(cat "$BUNDLE/notified")" "MAINPID=$(pid_of)"
}

@test "inside, NOTIFY_SOCKET is a path of the container's" {
  args /bin/sh -c 'echo $NOTIFY_SOCKET; probe send-notify READY=1'
  "$PROBE" notify "$BUNDLE/notify.sock" READY >"$BUNDLE/notified" 2>&1 3>&- &
  wait_for test -S "$BUNDLE/notify.sock"
  NOTIFY_SOCKET=$BUNDLE/notify.sock must_create
  NOTIFY_SOCKET=$BUNDLE/notify.sock must rt start "$ID"
  wait_for grep -q notify.sock "$BUNDLE/container.out"
  [[ $(output) == /run/notify/notify.sock ]] || fail "$(output)"
}

@test "--pidfd-socket hands over the pidfd of init and of exec" {
  ours_only "1.1.5 has no --pidfd-socket"
  args /bin/sleep 300
  "$PROBE" pidfd "$BUNDLE/pidfd.sock" >"$BUNDLE/pidfd" 2>&1 3>&- &
  receiver=$!
  wait_for test -S "$BUNDLE/pidfd.sock"
  must_create --pidfd-socket "$BUNDLE/pidfd.sock"
  wait $receiver
  equal "$(cat "$BUNDLE/pidfd")" "standard $(pid_of)"
  must rt start "$ID"
  "$PROBE" pidfd "$BUNDLE/pidfd2.sock" >"$BUNDLE/pidfd2" 2>&1 3>&- &
  receiver=$!
  wait_for test -S "$BUNDLE/pidfd2.sock"
  must rt exec --detach --pid-file "$BUNDLE/exec.pid" --pidfd-socket "$BUNDLE/pidfd2.sock" "$ID" sleep 200
  wait $receiver
  equal "$(cat "$BUNDLE/pidfd2")" "setns $(cat "$BUNDLE/exec.pid")"
}

@test "no abstract socket is made" { # CVE-2020-15257
  without_namespace network # /proc/net/unix is the network namespace's: in a new one everything in it is ours
  args /bin/sleep 300
  capture unshare -n bash -c "
    '$RUNTIME' --root '$STATE' create --bundle '$BUNDLE' '$ID' >/dev/null 2>&1
    '$RUNTIME' --root '$STATE' start '$ID'
    '$RUNTIME' --root '$STATE' exec '$ID' /bin/true
    awk '\$8 ~ /^@/' /proc/net/unix"
  equal "$status: $stdout$stderr" "0: "
}

@test "the runtime does not wait for the container after create" {
  args /bin/sleep 300
  must_create
  init=$(pid_of)
  [[ $(ps -o ppid= -p "$init" | tr -d ' ') != 0 ]]
  [[ $(tr '\0' ' ' <"/proc/$(ps -o ppid= -p "$init" | tr -d ' ')/cmdline") != *"$RUNTIME create"* ]]
}

@test "a closed standard output does not hang or crash create" {
  args /bin/true
  status=0
  timeout 20 "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID" </dev/null >&- 2>&- 3>&- || status=$?
  [[ $status -ne 124 && $status -lt 128 ]]
}

@test "nothing is left behind" {
  nothing_left
}
