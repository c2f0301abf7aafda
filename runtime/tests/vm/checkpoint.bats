# checkpoint and restore with CRIU: what runs goes on where it stopped.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

setup_test() {
  command -v criu >/dev/null || skip "no criu"
  [[ $RUNTIME_NAME != crun ]] || skip "Debian's crun is built without CRIU"
  IMAGE=$BUNDLE/image CRIU_LOGS=$BUNDLE/logs
  COUNTER='i=0; while true; do i=$((i+1)); echo $i >/count; sleep 0.1; done'
  config '.process.capabilities[] += ["CAP_NET_RAW"]'
}
count() { cat "$ROOTFS/count"; }
goes_on() { # what the counter says grows
  local before
  before=$(count)
  wait_for test "$(count)" != "$before" || true
  sleep 0.5
  [[ $(count) -gt $before ]]
}
start_counter() {
  shell "$COUNTER"
  start_silent "$@"
  wait_for test -s "$ROOTFS/count"
}
dump() { must rt "${DRIVER[@]}" checkpoint --image-path "$IMAGE" --work-path "$CRIU_LOGS" "$@" "$ID"; }
back() { # OPTIONS...: restore --detach; the first line of CRIU's errors is in ours
  status=0
  rt "${DRIVER[@]}" restore --detach --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$@" "$ID" \
    </dev/null >/dev/null 2>"$BUNDLE/restore.err" || status=$?
  stderr=$(cat "$BUNDLE/restore.err")
  [[ $status -eq 0 ]] || fail "restore ended with $status: $stderr" "$(grep -n Error "$CRIU_LOGS/restore.log" | head -5)"
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
  wait_for test "$(count)" -gt "$stopped"
  goes_on
  [[ $(count) -ge $stopped ]]
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

@test "--leave-running takes an image and leaves the container" {
  start_counter
  dump --leave-running
  equal "$(status_of)" running
  goes_on
}

@test "--pre-dump, then a dump with its parent" {
  start_counter
  must rt checkpoint --pre-dump --image-path "$BUNDLE/before" --work-path "$CRIU_LOGS" "$ID"
  equal "$(status_of)" running
  dump --parent-path ../before
  back
  goes_on
}

@test "--parent-path must be relative and there" {
  start_counter
  capture rt checkpoint --parent-path "$BUNDLE" --image-path "$IMAGE" "$ID"
  refused "--parent-path must be relative"
  capture rt checkpoint --parent-path ../nowhere --image-path "$IMAGE" "$ID"
  refused "invalid --parent-path"
  equal "$(status_of)" running
}

@test "a process tree, with files that are open" {
  shell 'exec 5>/log; (while true; do echo child >&5; sleep 0.2; done) & (sleep 1000 & wait) & i=0; while true; do i=$((i+1)); echo $i >/count; sleep 0.1; done'
  start_silent
  wait_for test -s "$ROOTFS/count"
  number=$(process_count)
  dump
  lines=$(wc -l <"$ROOTFS/log")
  back
  goes_on
  wait_for test "$(wc -l <"$ROOTFS/log")" -gt "$lines" || true
  [[ $(process_count) -ge $((number - 1)) ]]
  [[ $(wc -l <"$ROOTFS/log") -gt $lines ]]
}

@test "an established TCP connection" {
  shell 'busybox nc -l -p 9000 -e cat & sleep 1; (i=0; while true; do i=$((i+1)); echo $i; sleep 0.2; done) | busybox nc 127.0.0.1 9000 >/echo'
  start_silent
  wait_for test -s "$ROOTFS/echo"
  dump --tcp-established
  lines=$(wc -l <"$ROOTFS/echo")
  back --tcp-established
  sleep 2
  [[ $(wc -l <"$ROOTFS/echo") -gt $lines ]] || fail "the echo has $(wc -l <"$ROOTFS/echo") lines, as before"
}

@test "a shell with a terminal: its new terminal comes over the console socket" {
  config '.process.terminal = true'
  shell 'echo begin; while read -r line; do echo "got $line"; echo "$line" >/line; done'
  "$PROBE" console "$BUNDLE/console1" "$BUNDLE/terminal1" 3>&- >/dev/null 2>&1 &
  wait_for test -S "$BUNDLE/console1"
  start_silent --console-socket "$BUNDLE/console1"
  sleep 0.5
  dump
  "$PROBE" console "$BUNDLE/console2" "$BUNDLE/terminal2" 3>&- >/dev/null 2>&1 &
  wait_for test -S "$BUNDLE/console2"
  back --console-socket "$BUNDLE/console2"
  equal "$(status_of)" running
  must rt exec "$ID" test -c /dev/pts/0
}

@test "standard output that is a pipe leads to the new caller" {
  shell 'while true; do echo line; sleep 0.2; done'
  rt run --detach --bundle "$BUNDLE" "$ID" </dev/null 2>/dev/null > >(cat >"$BUNDLE/first")
  wait_for test -s "$BUNDLE/first"
  dump
  rt restore --detach --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID" </dev/null 2>/dev/null > >(cat >"$BUNDLE/second")
  wait_for test -s "$BUNDLE/second"
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
  must rt exec "$ID" sh -c 'test ! -s /proc/kcore || head -c 1 /proc/kcore | wc -c; mount | grep -c "/proc/kcore" || true'
}

@test "a network namespace by path is joined again" {
  ip netns add "ns-$BATS_TEST_NUMBER-$$"
  config --arg path "/run/netns/ns-$BATS_TEST_NUMBER-$$" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
  start_counter
  dump
  back
  goes_on
  equal "$(stat -Lc %i "/proc/$(pid_of)/ns/net")" "$(stat -c %i "/run/netns/ns-$BATS_TEST_NUMBER-$$")"
  must rt delete --force "$ID"
  ip netns delete "ns-$BATS_TEST_NUMBER-$$"
}

@test "an image restores under another state root, id and bundle" {
  start_counter
  dump
  stopped=$(count)
  cp -a "$BUNDLE" "$BUNDLE-moved"
  BUNDLE=$BUNDLE-moved ROOTFS=$BUNDLE-moved/rootfs ID=$ID-moved IMAGE=$BUNDLE-moved/image CRIU_LOGS=$BUNDLE-moved/logs
  HERE=$STATE STATE=$WORK/elsewhere
  back
  wait_for test "$(count)" -gt "$stopped"
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

@test "lazy pages: the status descriptor tells when they can be asked for" {
  [[ $(criu check --feature uffd-noncoop 2>&1) == *"is supported"* ]] || skip "this kernel has no userfaultfd events"
  start_counter
  mkfifo "$BUNDLE/ready"
  cat "$BUNDLE/ready" >"$BUNDLE/told" 3>&- &
  RT_TIMEOUT=60 rt checkpoint --lazy-pages --page-server 127.0.0.1:27277 --status-fd 9 --image-path "$IMAGE" --work-path "$CRIU_LOGS" "$ID" \
    9>"$BUNDLE/ready" </dev/null >"$BUNDLE/dump.out" 2>&1 &
  dumping=$!
  wait_for test -s "$BUNDLE/told"
  criu lazy-pages --page-server --address 127.0.0.1 --port 27277 -D "$IMAGE" -W "$CRIU_LOGS" </dev/null >/dev/null 2>&1 3>&- &
  wait_for test -S "$CRIU_LOGS/lazy-pages.socket"
  ID_OLD=$ID ID=$ID-lazy
  rt restore --detach --lazy-pages --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BUNDLE/restore.err" ||
    fail "$(cat "$BUNDLE/restore.err")"
  goes_on
  wait "$dumping" || fail "$(cat "$BUNDLE/dump.out")"
}
