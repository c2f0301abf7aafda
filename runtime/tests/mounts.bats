# Mounts: types, every option of config.md#linux-mount-options, order, files, propagation, root file system.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

setup_test() {
  mkdir -p "$BUNDLE/source/folder"
  echo content >"$BUNDLE/source/file"
}

option() { # OPTION JQ-FILTER: on a tmpfs at /data
  new_bundle "$1"
  add_mount /data tmpfs tmpfs "$1"
  probe_run
  check_mount /data "$2"
}
bind_option() { # OPTION JQ-FILTER: on a bind of a folder at /data
  new_bundle "$1"
  mkdir -p "$BUNDLE/source"
  add_mount /data "" "$BUNDLE/source" "rbind,$1"
  probe_run
  check_mount /data "$2"
}

@test "the default file systems are mounted as the config says" {
  probe_run
  check_mount /proc '.type == "proc"'
  check_mount /dev '.type == "tmpfs" and (.options | test("nosuid")) and (.super | test("mode=755"))'
  check_mount /dev/pts '.type == "devpts" and (.super | test("gid=5,mode=620,ptmxmode=666"))'
  check_mount /dev/shm '.type == "tmpfs" and (.options | test("nosuid,nodev,noexec"))'
  check_mount /dev/mqueue '.type == "mqueue"'
  check_mount /sys '.type == "sysfs" and (.options | test("^ro,"))'
}

@test "nothing of the host's mounts is left in the container" {
  probe_run
  # Below /proc are masks, below /sys/fs/cgroup the controllers; nothing else may be there.
  check '[.mounts[].point | select(test("^/(|proc.*|dev|dev/pts|dev/shm|dev/mqueue|sys|sys/firmware.*|sys/fs/cgroup.*)$") | not)] == []'
}

@test "options ro and rw" {
  option ro '.options | test("^ro")'
  option rw '.options | test("^rw")'
}
@test "options nosuid nodev noexec and their opposites" {
  option nosuid '.options | test("nosuid")'
  option nosuid,suid '.options | test("nosuid") | not'
  option nodev '.options | test("nodev")'
  option nodev,dev '.options | test("nodev") | not'
  option noexec '.options | test("noexec")'
  option noexec,exec '.options | test("noexec") | not'
}
@test "option defaults" {
  ours_only "1.1.5 hands 'defaults' to the file system"
  option defaults '.options | test("^rw")'
}
@test "options noatime nodiratime relatime strictatime" {
  option noatime '.options | test("noatime")'
  option nodiratime '.options | test("nodiratime")'
  option relatime '.options | test("relatime")'
  option strictatime '.options | test("atime") | not'
  option nodiratime,diratime '.options | test("nodiratime") | not'
}
@test "options sync and dirsync" {
  option sync '.super | test("sync")'
  option dirsync '.super | test("dirsync")'
  option sync,async '.super | test("(^|,)sync") | not'
}
@test "options mand silent loud iversion lazytime are taken" {
  option silent '.type == "tmpfs"'
  option loud '.type == "tmpfs"'
  option lazytime '.super | test("lazytime")'
  option nolazytime '.super | test("lazytime") | not'
}
@test "options nosymfollow and symfollow" {
  ours_only "1.1.5 does not know nosymfollow"
  option nosymfollow '.options | test("nosymfollow")'
  option nosymfollow,symfollow '.options | test("nosymfollow") | not'
}
@test "data of the file system: size, mode, uid, gid" {
  new_bundle data
  add_mount /data tmpfs tmpfs size=64k,mode=1770,uid=5,gid=6
  probe_run /data
  check_mount /data '.super | test("size=64k.*mode=1770.*uid=5,gid=6")'
  # runc 1.1.5 gives the mount point's old mode back.
  if is_ours; then check '.paths["/data"].mode == "1770"'; fi
  check '.paths["/data"] | .uid == 5 and .gid == 6'
}
@test "an option that the file system does not know is an error that names the mount" {
  add_mount /data tmpfs tmpfs nosuchoption=1
  run_container
  refused "/data" "invalid argument"
}
@test "an unknown file system is an error that names it" {
  add_mount /data nosuchfs source
  run_container
  refused "/data" "no such device"
}

@test "bind of a folder and of a file, made in the image when missing" {
  add_mount /made/deep "" "$BUNDLE/source" bind
  add_mount /made/one "" "$BUNDLE/source/file" bind
  shell 'ls /made/deep; cat /made/one; echo changed >/made/deep/new'
  must_run
  equal "$stdout" $'file\nfolder\ncontent'
  equal "$(cat "$BUNDLE/source/new")" changed
  [[ -f $ROOTFS/made/one && -d $ROOTFS/made/deep ]]
}
@test "a relative bind source is below the bundle" {
  add_mount /data "" source bind
  args /bin/cat /data/file
  must_run
  equal "$stdout" content
}
@test "a bind source that does not exist is an error that names it" {
  add_mount /data "" "$BUNDLE/nowhere" bind
  run_container
  refused "$BUNDLE/nowhere" "no such file or directory"
}
@test "bind ro, nosuid, nodev, noexec, and back" {
  bind_option ro '.options | test("^ro")'
  bind_option nosuid '.options | test("nosuid")'
  bind_option nodev '.options | test("nodev")'
  bind_option noexec '.options | test("noexec")'
  bind_option noatime '.options | test("noatime")'
  bind_option rw '.options | test("^rw")'
}
@test "a read-only bind cannot be written through" {
  add_mount /data "" "$BUNDLE/source" bind,ro
  shell 'echo x >/data/file'
  run_container
  [[ $status -ne 0 ]]
  contains "${stderr,,}" "read-only file system"
  equal "$(cat "$BUNDLE/source/file")" content
}
@test "rbind takes the mounts below, bind does not" {
  unshare -m bash -eu -c "
    source '$BATS_TEST_DIRNAME/lib/helpers.bash'
    BUNDLE='$BUNDLE' ROOTFS='$ROOTFS' ID='$ID'
    mount -t tmpfs inner '$BUNDLE/source/folder'
    touch '$BUNDLE/source/folder/inside'
    add_mount /data '' '$BUNDLE/source' rbind
    args /bin/ls /data/folder
    must_run; equal \"\$stdout\" inside
    config '.mounts[-1].options = [\"bind\"]'
    must_run; equal \"\$stdout\" ''"
}
@test "ro is for the bind only, rro for the mounts below too" {
  ours_only "1.1.5 has no rro"
  unshare -m bash -eu -c "
    source '$BATS_TEST_DIRNAME/lib/helpers.bash'
    BUNDLE='$BUNDLE' ROOTFS='$ROOTFS' ID='$ID'
    mount -t tmpfs inner '$BUNDLE/source/folder'
    add_mount /data '' '$BUNDLE/source' rbind,ro
    probe_run; check_mount /data '.options | test(\"^ro\")'; check_mount /data/folder '.options | test(\"^rw\")'
    config '.mounts[-1].options = [\"rbind\", \"rro\"]'
    probe_run; check_mount /data/folder '.options | test(\"^ro\")'"
}
@test "recursive attributes rnosuid rnodev rnoexec rnoatime" {
  ours_only "1.1.5 has no recursive attributes"
  bind_option rnosuid '.options | test("nosuid")'
  bind_option rnodev '.options | test("nodev")'
  bind_option rnoexec '.options | test("noexec")'
  bind_option rnoatime '.options | test("noatime")'
}
@test "propagation of a mount" {
  bind_option shared '.propagation | test("shared:")'
  bind_option rshared '.propagation | test("shared:")'
  bind_option private '.propagation == ""'
  bind_option rprivate '.propagation == ""'
  bind_option unbindable '.propagation == "unbindable"'
  bind_option rslave '.propagation | test("shared") | not'
}
@test "rootfsPropagation" {
  pairs=("private:^$")
  # runc 1.1.5 leaves a root private that the host has private, and cannot bind an unbindable one.
  if is_ours; then pairs+=(shared:shared unbindable:unbindable); fi
  for pair in "${pairs[@]}"; do
    new_bundle "${pair%%:*}"
    config --arg value "${pair%%:*}" '.linux.rootfsPropagation = $value'
    probe_run
    check_mount / ".propagation | test(\"${pair#*:}\")"
  done
}
@test "an unknown rootfsPropagation is an error" {
  config '.linux.rootfsPropagation = "sideways"'
  run_container
  refused "sideways"
}
@test "mounts are made in the order of the config" {
  add_mount /data tmpfs first ""
  add_mount /data/in tmpfs second ""
  add_mount /data tmpfs third ""
  probe_run
  check '[.mounts[] | select(.point | startswith("/data")) | .source] == ["first", "second", "third"]'
}
@test "a destination through a link stays in the root" {
  ln -s /data "$ROOTFS/inside"
  ln -s "$BUNDLE/source" "$ROOTFS/outside"
  ln -s ../../../../../data "$ROOTFS/climbing"
  add_mount /inside/a tmpfs a ""
  add_mount /climbing/b tmpfs b ""
  probe_run
  check_mount /data/a '.source == "a"'
  check_mount /data/b '.source == "b"'
  add_mount /outside/c tmpfs c ""
  run_container # contained (made below the root) or refused
  [[ ! -e $BUNDLE/source/c ]]
}
@test "ordinary links of images work: /var/run, absolute and relative" {
  mkdir "$ROOTFS/opt"
  ln -s /run "$ROOTFS/var/run"
  ln -s ../run "$ROOTFS/var/run2"
  add_mount /var/run/here "" "$BUNDLE/source" bind
  add_mount /var/run2/there "" "$BUNDLE/source" bind
  probe_run
  check_mount /run/here '.point == "/run/here"'
  check_mount /run/there '.point == "/run/there"'
}
@test "a destination that is not absolute is below the root" {
  add_mount data/relative tmpfs tmpfs ""
  run_container
  [[ $status -eq 0 ]] || refused ""
}
@test "a mount over the root is refused" {
  add_mount / tmpfs tmpfs ""
  run_container
  refused ""
}
@test "a read-only root" {
  config '.root.readonly = true'
  shell 'echo x >/file'
  run_container
  [[ $status -ne 0 ]]
  contains "${stderr,,}" "read-only file system"
  [[ ! -e $ROOTFS/file ]]
}
@test "mounts work below a read-only root" {
  config '.root.readonly = true'
  add_mount /data tmpfs tmpfs ""
  shell 'echo x >/data/file && cat /data/file'
  must_run
  equal "$stdout" x
}
@test "tmpcopyup fills the tmpfs from the image" {
  mkdir "$ROOTFS/data/sub"
  echo copied >"$ROOTFS/data/sub/file"
  add_mount /data tmpfs tmpfs tmpcopyup
  shell 'cat /data/sub/file; echo more >>/data/sub/file'
  must_run
  equal "$stdout" copied
  equal "$(cat "$ROOTFS/data/sub/file")" copied
}
@test "no-pivot" {
  probe_run
  args /bin/probe
  must_run --no-pivot
  cp "$BUNDLE/container.out" "$BUNDLE/report.json"
  check '.cwd == "/" and .pid == 1'
}
@test "a mount of cgroups shows the container's own" {
  shell 'ls /sys/fs/cgroup; cat /proc/self/cgroup'
  must_run
  if cgroup_v2; then contains "$stdout" cgroup.procs; else contains "$stdout" memory; fi
}
@test "the cgroup mount is read-only when the config says so" {
  shell 'for d in /sys/fs/cgroup /sys/fs/cgroup/memory; do mkdir $d/new 2>/dev/null && echo made $d; done; true'
  must_run
  contains "$stdout" ""
  [[ $stdout != *"made /sys/fs/cgroup/memory"* ]]
}
@test "without proc in the config there is none" {
  ours_only "needs the container's /proc to close descriptors"
  without_mount /proc
  config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
  shell 'ls /proc | wc -l'
  must_run
  equal "$stdout" 0
}
@test "proc with options" {
  config '(.mounts[] | select(.destination == "/proc")).options = ["nosuid", "noexec", "nodev", "hidepid=2"]'
  probe_run
  check_mount /proc '(.options | test("nosuid,nodev,noexec")) and (.super | test("hidepid"))'
}
@test "masked paths: files read as empty, folders are empty" {
  mkdir "$ROOTFS/secret"
  echo key >"$ROOTFS/secret/key"
  echo key >"$ROOTFS/secret.txt"
  config '.linux.maskedPaths += ["/secret", "/secret.txt", "/not/there"]'
  shell 'ls /secret; cat /secret.txt; echo x >/secret/new; wc -c </proc/kcore; cat /proc/keys; true'
  must_run
  [[ $stdout != *key* ]]
  [[ ! -e $ROOTFS/secret/new ]]
}
@test "read-only paths refuse writes" {
  mkdir "$ROOTFS/fixed"
  config '.linux.readonlyPaths += ["/fixed", "/not/there"]'
  shell 'echo x >/fixed/file; echo 1 >/proc/sys/kernel/pid_max; true'
  must_run
  [[ ! -e $ROOTFS/fixed/file ]]
  contains "${stderr,,}" "/fixed/file: read-only file system"
  contains "${stderr,,}" "pid_max: read-only file system"
}
@test "root.path may be absolute" {
  mv "$ROOTFS" "$BUNDLE/elsewhere"
  config --arg path "$BUNDLE/elsewhere" '.root.path = $path'
  probe_run
  check_mount / '.root | endswith("/elsewhere")'
}
@test "a root.path that does not exist is an error that names it" {
  config '.root.path = "no-rootfs"'
  run_container
  refused "no-rootfs"
}
@test "200 mounts" {
  config '.mounts += [range(200) | {destination: "/data/\(.)", type: "tmpfs", source: "tmpfs"}]'
  probe_run
  check '[.mounts[] | select(.point | startswith("/data/"))] | length == 200'
}
@test "nothing is left behind" {
  nothing_left
}
