# run: create and start in one, in the foreground and detached.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "run gives the program's output and removes the container" {
  shell 'echo out; echo err >&2'
  must_run
  equal "$stdout" out
  equal "$stderr" err
  capture rt state "$ID"
  refused "container does not exist"
}

@test "run gives the program's exit status" {
  for code in 0 1 7 255; do
    shell "exit $code"
    run_container
    equal "$status" $code
  done
}

@test "run gives 128 + n for a program that signal n ended" {
  shell 'kill -9 $$'
  without_namespace pid # init of a pid namespace does not die of its own signal
  run_container
  equal "$status" 137
}

@test "run passes standard input on" {
  args /bin/cat
  equal "$(echo through | rt run --bundle "$BUNDLE" "$ID")" through
}

@test "run --keep leaves a stopped container" {
  if ! rt run --help 2>/dev/null | grep -q -- --keep; then skip "$RUNTIME_NAME has no --keep"; fi
  must_run --keep
  equal "$(status_of)" stopped
  must rt delete "$ID"
}

@test "run --detach returns while the program runs" {
  args /bin/sleep 300
  must_run --detach --pid-file "$BUNDLE/pid"
  equal "$(status_of)" running
  equal "$(cat "$BUNDLE/pid")" "$(pid_of)"
}

@test "run --detach keeps the container when the program has ended" {
  must_run --detach
  wait_status stopped
}

@test "the pid file holds decimal digits and nothing else, beside nothing else" {
  mkdir "$BUNDLE/pids"
  args /bin/sleep 300
  must_create --pid-file "$BUNDLE/pids/box.pid"
  equal "$(od -An -c "$BUNDLE/pids/box.pid" | tr -d ' \n')" "$(pid_of)"
  equal "$(ls -A "$BUNDLE/pids")" box.pid
}

@test "a relative pid file is below the caller's folder" {
  mkdir "$BUNDLE/here"
  args /bin/sleep 300
  (cd "$BUNDLE/here" && rt create --bundle .. --pid-file box.pid "$ID" </dev/null >/dev/null)
  equal "$(cat "$BUNDLE/here/box.pid")" "$(pid_of)"
}

@test "the bundle is the current folder by default" {
  shell 'echo here'
  equal "$(cd "$BUNDLE" && rt run "$ID" </dev/null)" here
}

@test "run forwards signals" {
  shell 'trap "echo term; exit 3" TERM; echo >/data/ready; while :; do sleep 0.05; done'
  "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" </dev/null >"$BUNDLE/out" 3>&- &
  runtime=$!
  wait_for test -e "$ROOTFS/data/ready"
  kill -TERM $runtime
  code=0
  wait $runtime || code=$?
  equal "$code" 3
  equal "$(cat "$BUNDLE/out")" term
}

@test "init is pid 1, leads a session, and blocks no signal" {
  probe_run
  check '.pid == 1 and .sid == 1 and .pgid == 1 and .ppid == 0'
  check '.status.SigBlk == "0000000000000000"'
  if is_ours; then check '.status.SigIgn == "0000000000000000"'; fi
  check '.parent_death_signal == 0 and .dumpable == 1'
}

@test "what the caller ignores, the program does not" {
  ours_only "passes it on"
  trap '' USR1 # bash hands it to what it starts
  probe_run
  check '.status.SigIgn == "0000000000000000"'
  args /bin/sleep 300
  must_run -d
  trap - USR1
  matches "$(<"/proc/$(pid_of)/status")" $'\nSigIgn:\t0000000000000000\n'
}

@test "a caller that ignores the ends of its children gets the status all the same" {
  args /bin/sh -c 'exit 3'
  local got=0
  # Not behind timeout, which ignores nothing; bash hands it to what it starts.
  ignoring() { (trap '' CHLD; exec "$RUNTIME" --root "$STATE" "$@" </dev/null >"$BUNDLE/out" 2>&1 3>&-) || got=$?; }
  ignoring run --bundle "$BUNDLE" "$ID"
  equal "$got: $(<"$BUNDLE/out")" "3: "
  must_sleep
  ignoring exec "$ID" /bin/sh -c 'exit 4'
  equal "$got: $(<"$BUNDLE/out")" "4: "
}

@test "a config without linux section makes a container in the caller's namespaces" {
  ours_only "wants the section"
  shell 'ls -d /data; readlink /proc/self/ns/pid || true'
  config 'del(.linux, .mounts, .hostname)'
  must_run
  contains "$stdout" /data
}

@test "the environment is the config's and nothing more" {
  config '.process.env = ["PATH=/bin", "A=one", "EMPTY=", "WITH=a=b c"]'
  LEAKED=secret probe_run
  check '[.env[] | select(startswith("HOME=") | not)] == ["PATH=/bin", "A=one", "EMPTY=", "WITH=a=b c"]'
  check '.env | index("HOME=/root")'
}

@test "HOME comes from the container's passwd" {
  config '.process.user = {uid: 1000, gid: 1000}'
  probe_run
  check '.env | index("HOME=/home")'
}

@test "a HOME of the config is kept" {
  config '.process.env += ["HOME=/elsewhere"]'
  probe_run
  check '[.env[] | select(startswith("HOME="))] == ["HOME=/elsewhere"]'
}

@test "an environment entry without = is an error" {
  config '.process.env += ["NOVALUE"]'
  run_container
  refused "env"
}

@test "of two environment entries the last one holds" {
  ours_only "1.1.5 passes both on"
  config '.process.env = ["PATH=/bin", "A=one", "A=two"]'
  probe_run
  check '[.env[] | select(startswith("A="))] == ["A=two"]'
}

@test "arguments reach the program as they are" {
  args /bin/sh -c 'for a; do echo "<$a>"; done' sh '' 'a b' $'tab\there' '*' '$HOME' 'ü'
  must_run
  equal "$stdout" $'<>\n<a b>\n<tab\there>\n<*>\n<$HOME>\n<ü>'
}

@test "a program is looked up in the container's PATH" {
  mkdir "$ROOTFS/opt"
  cp -P "$ROOTFS/bin/busybox" "$ROOTFS/opt/echo"
  config '.process.env = ["PATH=/nowhere:/opt"] | .process.args = ["echo", "found"]'
  must_run
  equal "$stdout" found
}

@test "a program that is not in PATH is told by name" {
  args no-such-program
  create_container
  refused no-such-program 'executable file not found in $PATH'
}

@test "a program path that does not exist is told by name" {
  args /no/such/program
  create_container
  refused "/no/such/program" "no such file or directory"
}

@test "a file that is not executable is told by name" {
  echo data >"$ROOTFS/data/plain"
  args /data/plain
  create_container
  refused "/data/plain" "permission denied"
}

@test "a folder is no program" {
  args /etc
  create_container
  refused "/etc"
}

@test "a script with an interpreter runs" {
  printf '#!/bin/sh\necho script $1\n' >"$ROOTFS/data/script"
  chmod 755 "$ROOTFS/data/script"
  args /data/script one
  must_run
  equal "$stdout" "script one"
}

@test "args must not be empty" {
  config '.process.args = []'
  run_container
  refused "args must not be empty"
}

@test "cwd is made when it is missing, and entered" {
  config '.process.cwd = "/work/deep"'
  probe_run
  check '.cwd == "/work/deep"'
}

@test "a cwd that is not absolute is an error" {
  config '.process.cwd = "data"'
  run_container
  refused "cwd"
}

@test "a cwd that only the user may enter is entered" {
  mkdir "$ROOTFS/private"
  chown 1000:1000 "$ROOTFS/private"
  chmod 700 "$ROOTFS/private"
  config '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/private"'
  probe_run
  check '.cwd == "/private"'
}

@test "umask is 0022 unless the config says otherwise" {
  (umask 0077 && probe_run)
  check '.umask == 18'
  config '.process.user.umask = 63'
  probe_run
  check '.umask == 63'
}

@test "the state root may be a symbolic link's target and is made when missing" {
  mkdir "$BUNDLE/real"
  ln -s real "$BUNDLE/link"
  STATE=$BUNDLE/link/new must_run
}

@test "nothing is left behind" {
  nothing_left
}
