# checkpoint and restore with CRIU: what runs goes on where it stopped.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine
load criu

setup_test() { use_criu; }
teardown_test() { [[ -z ${NETWORK:-} ]] || ip netns delete "$NETWORK"; }
# A network namespace that is there before the container, with lo up.
network_by_path() {
  NETWORK=ns-$BATS_TEST_NUMBER-$$
  ip netns add "$NETWORK"
  ip -n "$NETWORK" link set lo up
  config --arg path "/run/netns/$NETWORK" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
}

@test "a counter stops with the checkpoint and goes on after the restore" {
  start_counter
  dump
  stopped=$(count)
  [[ ! -e $STATE/$ID ]] || fail "the container is still there"
  sleep 0.5
  equal "$(count)" "$stopped"
  back --pid-file "$BUNDLE/pid"
  equal "$(status_of)" running
  equal "$(cat "$BUNDLE/pid")" "$(pid_of)"
  goes_on
  [[ $(count) -gt $stopped ]] || fail "it counts $(count) after $stopped: it began again"
  must rt exec "$ID" true
  contains "$(cat "/proc/$(pid_of)/cgroup")" "/$TAG/$ID"
  must rt kill "$ID" KILL
  wait_status stopped
  must rt delete "$ID"
  nothing_left
}

@test "with the systemd driver the restored container is in its scope again" {
  use_unit
  config '.linux.resources.pids = {limit: 40}'
  start_counter
  dump
  back
  goes_on
  equal "$(cgroup_of)" "/system.slice/$UNIT"
  equal "$(property TasksMax)" 40
  equal "$(cgroup_file pids.max)" 40
  must rt delete --force "$ID"
}

# A restored process has the number, the parent and the open files that it had.
@test "a process tree, with files that are open" {
  shell 'exec 5>/log; (i=0; while true; do i=$((i+1)); echo child $i >&5; sleep 0.2; done) & (sleep 1000 & sleep 2000) & '"$COUNTER"
  start_silent
  wait_for test -s "$ROOTFS/count"
  wait_for test -s "$ROOTFS/log"
  # Without what comes and goes: the counter's sleep, and a part of runc's own exec that is dead and not reaped yet.
  tree() { rt exec "$ID" ps -o pid,ppid,args | grep -v 'sleep 0\|ps -o\|\[exe\]' | tr -s ' '; }
  before=$(tree)
  contains "$before" "sleep 1000"
  dump
  lines=$(wc -l <"$ROOTFS/log")
  back
  equal "$(tree)" "$before"
  log_grows() { [[ $(wc -l <"$ROOTFS/log") -gt $lines ]]; }
  wait_for log_grows
  # Its line numbers go on too.
  log=$(cat "$ROOTFS/log")
  equal "$(tail -n 1 <<<"$log")" "child $(wc -l <<<"$log")"
  goes_on
}

@test "an established TCP connection" {
  # runc restores a namespace of the container's own with lo down: it gets one by path, as from an engine.
  is_ours || network_by_path
  shell 'busybox nc -l -p 9000 -e cat & sleep 1; (i=0; while true; do i=$((i+1)); echo $i; sleep 0.2; done) | busybox nc 127.0.0.1 9000 >/echo'
  start_silent
  wait_for test -s "$ROOTFS/echo"
  not_dumped "Connected TCP socket"
  dump --tcp-established
  lines=$(wc -l <"$ROOTFS/echo")
  # The dump leaves its namespace locked, by rules of iptables that a restore into the same one could not undo.
  is_ours || { ip netns delete "$NETWORK" && network_by_path; }
  back --tcp-established
  echo_grows() { [[ $(wc -l <"$ROOTFS/echo") -gt $lines ]]; }
  wait_for echo_grows
  # Not a byte is lost or comes twice.
  lines=$(wc -l <"$ROOTFS/echo")
  equal "$(head -n "$lines" "$ROOTFS/echo")" "$(seq "$lines")"
}

# terminal NAME: a receiver of the terminal; what is written to descriptor 7 is typed into it.
terminal() {
  mkfifo "$BUNDLE/$1.keys"
  "$PROBE" console "$BUNDLE/$1.socket" "$BUNDLE/$1" <"$BUNDLE/$1.keys" 3>&- >/dev/null 2>&1 &
  exec 7>"$BUNDLE/$1.keys"
  wait_for test -S "$BUNDLE/$1.socket"
}

@test "a shell with a terminal: it reads and writes the new one, which comes over the console socket" {
  config '.process.terminal = true'
  args /bin/sh -i
  terminal first
  start_silent --console-socket "$BUNDLE/first.socket" 7>&-
  echo 'value=kept; echo began' >&7
  wait_for grep -q '^began' "$BUNDLE/first"
  dump 7>&-
  terminal second
  back --console-socket "$BUNDLE/second.socket" 7>&-
  equal "$(status_of)" running
  echo 'echo "the value is $value"; tty' >&7
  wait_for grep -q '^the value is kept' "$BUNDLE/second"
  wait_for grep -q '^/dev/' "$BUNDLE/second"
  exec 7>&-
}

@test "standard output that is a pipe leads to the new caller" {
  shell 'while true; do echo line; sleep 0.2; done'
  rt run --detach --bundle "$BUNDLE" "$ID" </dev/null 2>/dev/null > >(cat >"$BUNDLE/first" 3>&-)
  wait_for test -s "$BUNDLE/first"
  dump
  rt restore --detach --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID" </dev/null 2>/dev/null > >(cat >"$BUNDLE/second" 3>&-)
  wait_for grep -q line "$BUNDLE/second"
  must rt delete --force "$ID"
}

@test "an external bind mount and a masked file come back" {
  mkdir "$BUNDLE/outside"
  add_mount /data/outside bind "$BUNDLE/outside" bind,rw
  start_counter
  dump
  back
  goes_on
  echo here >"$BUNDLE/outside/file"
  must rt exec "$ID" cat /data/outside/file
  equal "$stdout" here
  must rt exec "$ID" sh -c 'grep -c " /proc/keys " /proc/self/mountinfo; cat /proc/keys'
  equal "$stdout" 1
}

@test "a network namespace by path is joined again" {
  network_by_path
  start_counter
  dump
  back
  goes_on
  equal "$(stat -Lc %i "/proc/$(pid_of)/ns/net")" "$(stat -c %i "/run/netns/$NETWORK")"
}

@test "an image restores under another state root, id and bundle" {
  start_counter
  dump
  stopped=$(count)
  cp -a "$BUNDLE" "$BUNDLE-moved"
  BUNDLE=$BUNDLE-moved ID=$ID-moved
  ROOTFS=$BUNDLE/rootfs IMAGE=$BUNDLE/image CRIU_LOGS=$BUNDLE/logs
  HERE=$STATE STATE=$WORK/elsewhere
  back
  wait_for counts_beyond "$stopped"
  equal "$(status_of)" running
  must rt delete --force "$ID"
  STATE=$HERE
}

@test "restore in the foreground waits, and returns the status" {
  shell 'while [ ! -e /end ]; do sleep 0.1; done; exit 7'
  start_silent
  sleep 0.5
  dump
  (sleep 4; touch "$ROOTFS/end") 3>&- &
  status=0
  rt restore --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BUNDLE/restore.err" || status=$?
  equal "$status" 7
  [[ ! -e $STATE/$ID ]] || fail "the container is still there"
}

@test "hooks: createRuntime runs when the namespaces are there" {
  config --arg log "$BUNDLE/hooks" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "cat >>" + $log + "; echo >>" + $log]}]'
  start_counter
  dump
  : >"$BUNDLE/hooks"
  back
  equal "$(jq -r .id "$BUNDLE/hooks")" "$ID"
}

@test "what CRIU cannot dump is an error with its own first line and the log's path" {
  shell 'busybox nc -l -p 9000 -e cat & sleep 1; sleep 1000 | busybox nc 127.0.0.1 9000'
  start_silent
  sleep 2
  capture rt checkpoint --image-path "$IMAGE" --work-path "$CRIU_LOGS" "$ID"
  if is_ours; then refused "criu failed: type" "Error (" "$CRIU_LOGS/dump.log"; else refused "criu failed"; fi
  equal "$(status_of)" running
}

@test "a created and a stopped container cannot be checkpointed" {
  args /bin/sleep 300
  must_create
  capture rt checkpoint --image-path "$IMAGE" "$ID"
  refused "cannot be checkpointed in created state"
}

@test "no criu in PATH is said" {
  ours_only "its own words"
  start_counter
  capture env PATH=/nowhere "$RUNTIME" --root "$STATE" checkpoint --image-path "$IMAGE" "$ID"
  refused "criu" "PATH"
  equal "$(status_of)" running
}

@test "a restore that fails leaves nothing" {
  start_counter
  dump
  rm "$IMAGE"/core-1.img
  capture rt restore --detach --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID"
  refused "criu failed"
  nothing_left
}

@test "the probes of callers: --help, -no-subreaper, --lsm-mount-context without a value" {
  must rt checkpoint --help
  capture rt restore --lsm-mount-context
  contains "$stdout$stderr" "flag needs an argument"
  start_counter
  dump
  status=0
  rt restore --detach -no-subreaper --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 || status=$?
  equal "$status" 0
}

@test "org.criu.config names a file whose settings win" {
  echo "log-file named.log" >"$BUNDLE/criu.conf"
  config --arg file "$BUNDLE/criu.conf" '.annotations["org.criu.config"] = $file'
  start_counter
  dump
  [[ -e $CRIU_LOGS/named.log ]]
}
