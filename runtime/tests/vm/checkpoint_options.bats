# The options of checkpoint and restore, each with what happens without it.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine
load criu

setup_test() { use_criu; }
teardown_test() { [[ -z ${SERVER:-} ]] || kill "$SERVER" 2>/dev/null || true; }

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

@test "--auto-dedup drops from the parent image what the last dump holds again" {
  start_counter
  must rt checkpoint --pre-dump --image-path "$BUNDLE/before" --work-path "$CRIU_LOGS" "$ID"
  pages() { cat "$BUNDLE"/before/pages-*.img | wc -c; }
  held() { du -B1 -c "$BUNDLE"/before/pages-*.img | tail -n 1 | cut -f1; }
  before=$(held)
  dump --parent-path ../before --auto-dedup
  [[ $(held) -lt $before ]] || fail "the parent's pages take $(held) bytes, as before"
  back
  goes_on
}

# CRIU sees the sockets of the container's network namespace only: the server must be in it. The restored process connects
# to the name that the server gave itself: it must be there in the container too.
@test "--ext-unix-sk: a datagram socket that is connected to a server outside" {
  without_namespace network
  "$PROBE" notify "$BUNDLE/server" never </dev/null >"$BUNDLE/received" 2>&1 3>&- &
  SERVER=$!
  wait_for test -S "$BUNDLE/server"
  add_mount "$BUNDLE/server" bind "$BUNDLE/server" bind
  shell "ln -s $BUNDLE/server /dev/log;"'(echo first; '"$COUNTER"' | while read -r x; do :; done; sleep 1000) | busybox logger'
  start_silent
  wait_for grep -q first "$BUNDLE/received"
  not_dumped "unix"
  dump --ext-unix-sk
  back --ext-unix-sk
  goes_on
}

@test "--file-locks: a lock that is held before is held afterwards" {
  with_programs
  shell 'exec 5>/locked; /usr/bin/flock 5; '"$COUNTER"
  start_silent
  wait_for test -s "$ROOTFS/count"
  not_dumped "lock"
  dump --file-locks
  flock --nonblock "$ROOTFS/locked" true
  back --file-locks
  goes_on
  if flock --nonblock "$ROOTFS/locked" true; then fail "the lock is free"; fi
}

@test "--link-remap: an open file that has lost this name, but not the other" {
  ours_only "1.1.5 has no such option"
  shell 'echo text >/a; ln /a /b; exec 5</a; rm /a; '"$COUNTER"
  start_silent
  wait_for test -s "$ROOTFS/count"
  not_dumped "link"
  dump --link-remap
  back
  goes_on
  must rt exec "$ID" cat /proc/1/fd/5
  equal "$stdout" text
}

# What it allows, terminals without a session here, CRIU allows already because the master comes to us.
@test "--shell-job: accepted by both" {
  start_counter
  dump --shell-job
  back --shell-job
  goes_on
}

@test "--manage-cgroups-mode: strict refuses a cgroup that is there already" {
  start_counter
  dump --manage-cgroups-mode strict
  mkdir -p "$CGROUP_ROOT/$TAG/$ID"
  if is_ours; then # 1.1.5 takes no notice of the word
    restore --manage-cgroups-mode strict
    refused "$TAG/$ID' is there already"
  fi
  rmdir "$CGROUP_ROOT/$TAG/$ID"
  back --manage-cgroups-mode strict
  goes_on
}

@test "--manage-cgroups-mode: soft, full and ignore; another word is refused" {
  modes=(soft full)
  if is_ours; then modes+=(ignore); fi # 1.1.5 does not know it
  for mode in "${modes[@]}"; do
    start_counter
    dump --manage-cgroups-mode "$mode"
    back --manage-cgroups-mode "$mode"
    goes_on
    contains "$(cgroup_of)" "/$TAG/$ID"
    must rt delete --force "$ID"
    rm -rf "$IMAGE" "$ROOTFS/count"
  done
  start_counter
  checkpoint --manage-cgroups-mode loose
  if is_ours; then refused "manage-cgroups-mode"; else refused "manage cgroups mode"; fi
}

@test "--empty-ns network: accepted; another namespace is refused" {
  start_counter
  checkpoint --empty-ns ipc
  refused "ipc" "not supported"
  dump --empty-ns network
  back --empty-ns network
  goes_on
  must rt exec "$ID" cat /sys/class/net/lo/operstate
}

@test "--page-server: the pages go to the server, and with them the image restores" {
  start_counter
  mkdir "$BUNDLE/pages"
  criu page-server --images-dir "$BUNDLE/pages" --address 127.0.0.1 --port 27276 </dev/null >/dev/null 2>&1 3>&- &
  SERVER=$!
  listening() { [[ -n $(ss -Hlt 'sport = :27276') ]]; }
  wait_for listening
  dump --page-server 127.0.0.1:27276
  wait "$SERVER"
  [[ -z $(find "$IMAGE" -name 'pages-*.img') ]] || fail "the pages are in the image: $(ls "$IMAGE")"
  mv "$BUNDLE"/pages/*.img "$IMAGE/"
  back
  goes_on
}

@test "--page-server without a port is refused" {
  start_counter
  checkpoint --page-server 127.0.0.1
  refused "page server" "ADDRESS:PORT"
}

@test "lazy pages: the status descriptor tells when they can be asked for" {
  [[ $(criu check --feature uffd-noncoop 2>&1) == *"is supported"* ]] || skip "this kernel has no userfaultfd events"
  start_counter
  mkfifo "$BUNDLE/ready"
  cat "$BUNDLE/ready" >"$BUNDLE/told" 3>&- &
  rt checkpoint --lazy-pages --page-server 127.0.0.1:27277 --status-fd 9 --image-path "$IMAGE" --work-path "$CRIU_LOGS" "$ID" \
    9>"$BUNDLE/ready" </dev/null >"$BUNDLE/dump.out" 2>&1 &
  dumping=$!
  wait_for test -s "$BUNDLE/told"
  criu lazy-pages --page-server --address 127.0.0.1 --port 27277 -D "$IMAGE" -W "$CRIU_LOGS" </dev/null >/dev/null 2>&1 3>&- &
  wait_for test -S "$CRIU_LOGS/lazy-pages.socket"
  # The first container waits in its cgroup until all its pages are fetched.
  ID=$ID-lazy
  config --arg path "/$TAG/$ID" '.linux.cgroupsPath = $path'
  rt restore --detach --lazy-pages --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BUNDLE/restore.err" ||
    fail "$(cat "$BUNDLE/restore.err")"
  goes_on
  wait "$dumping" || fail "$(cat "$BUNDLE/dump.out")"
}

@test "--lsm-profile: the restored processes have the profile that it names" {
  profile() { # NAME
    printf 'profile %s flags=(attach_disconnected,mediate_deleted) { file, capability, signal, ptrace, unix, mount, umount, network, }\n' "$1" |
      apparmor_parser --replace --skip-cache
  }
  profile "$TAG-old"
  profile "$TAG-new"
  config --arg name "$TAG-old" '.process.apparmorProfile = $name'
  start_counter
  contains "$(cat "/proc/$(pid_of)/attr/current")" "$TAG-old"
  dump
  back --lsm-profile "apparmor:$TAG-new"
  goes_on
  contains "$(cat "/proc/$(pid_of)/attr/current")" "$TAG-new"
}

@test "namespaces by path are joined again" {
  for type in ipc uts net; do
    mkdir -p "$BUNDLE/ns"
    : >"$BUNDLE/ns/$type"
    unshare "--$type=$BUNDLE/ns/$type" true
  done
  config --arg dir "$BUNDLE/ns" 'del(.hostname) | .linux.namespaces |= map(
    if .type == "network" then .path = $dir + "/net" elif .type == "ipc" or .type == "uts" then .path = $dir + "/" + .type else . end)'
  start_counter
  dump
  back
  goes_on
  for type in ipc uts net; do
    equal "$(stat -Lc %i "/proc/$(pid_of)/ns/$type")" "$(stat -c %i "$BUNDLE/ns/$type")"
  done
  must rt delete --force "$ID"
  umount "$BUNDLE"/ns/*
}
