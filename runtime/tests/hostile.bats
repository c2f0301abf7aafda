# Images, volumes and configs that try to reach the host: the attacks of the CVEs named at each test. DECOY is a host folder
# that must look the same afterwards. Each runs with and without a mount on /dev, in a mount namespace on a tmpfs.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

# Names, types, owners, modes, times and contents below DECOY.
snapshot() {
  find "$DECOY" -printf '%P %y %i %U %G %m %T@ %l\n' | sort
  find "$DECOY" -type f -exec sha256sum {} + | sort
}
# Sets the scene: a tmpfs with the bundle, DECOY and the state root, so that nothing can go wrong outside of it.
scene() {
  # Whatever the test finds, its container ends with it: its state root goes away with this mount namespace.
  trap 'rt delete --force "$ID" >/dev/null 2>&1 </dev/null || true' EXIT
  mkdir -p "$WORK/stage"
  mount -t tmpfs stage "$WORK/stage"
  # A runtime that gives the container's null device to its user must find one that is not the machine's.
  mknod -m 666 "$WORK/stage/null" c 1 3
  mount --bind "$WORK/stage/null" /dev/null
  exec </dev/null
  cp -a "$BUNDLE" "$WORK/stage/bundle"
  BUNDLE=$WORK/stage/bundle
  ROOTFS=$BUNDLE/rootfs
  STATE=$WORK/stage/state/of/runtime
  DECOY=$WORK/stage/decoy
  mkdir -p "$DECOY/sub"
  echo secret >"$DECOY/file"
  echo ptmx >"$DECOY/ptmx"
  echo null >"$DECOY/null"
  chown 1234:1234 "$DECOY/file"
  [[ ${NODEV:-} != yes ]] || config '.mounts |= map(select(.destination | startswith("/dev") | not))'
}
# attack FUNCTION: in both forms; DECOY unchanged whatever the runtime answers, and it answers within 2 s.
attacked() {
  scene
  "before_$1"
  snapshot >"$WORK/stage/before"
  begin=$(date +%s%N)
  "attack_$1"
  took=$((($(date +%s%N) - begin) / 1000000))
  [[ $status -ne 124 && $status -ne 137 ]] || fail "hung"
  [[ $took -lt ${LIMIT:-15000} ]] || fail "took $took ms"
  rt delete --force "$ID" >/dev/null 2>&1 || true
  snapshot >"$WORK/stage/after"
  diff "$WORK/stage/before" "$WORK/stage/after" >&2 || fail "the host's folder was changed (status $status: $stderr)"
}
attack() {
  local form
  for form in no yes; do
    NODEV=$form isolated attacked "$1" || {
      [[ -z ${2:-} ]] || ours_only "$2"
      fail "with NODEV=$form"
    }
  done
}
attack_run() { run_container; }

# T-DEV: CVE-2026-41579, CVE-2026-47766
before_dev_link() { rm -rf "$ROOTFS/dev"; ln -s "$DECOY" "$ROOTFS/dev"; }
attack_dev_link() { attack_run; }
@test "/dev of the image is a link to a host folder" { attack dev_link "1.1.5 replaces ptmx there and makes links"; }

before_dev_relative() { rm -rf "$ROOTFS/dev"; ln -s ../../decoy "$ROOTFS/dev"; }
attack_dev_relative() { attack_run; }
@test "/dev of the image is a relative link to a host folder" { attack dev_relative "1.1.5 replaces ptmx there"; }

before_dev_link_started() { before_dev_link; args /bin/sleep 100; }
attack_dev_link_started() { create_container; rt start "$ID" >/dev/null 2>&1 </dev/null || true; }
@test "the same by create and start" { attack dev_link_started "1.1.5 replaces ptmx there"; }

# T-CONSOLE: CVE-2025-52565, CVE-2026-88264
before_console() {
  mkdir -p "$ROOTFS/dev/pts"
  ln -sf "$DECOY/newfile" "$ROOTFS/dev/console"
  ln -sf "$DECOY/file" "$ROOTFS/dev/ptmx"
  ln -sf "$DECOY/file" "$ROOTFS/dev/pts/0"
  config '.process.terminal = true'
}
attack_console() {
  "$PROBE" console "$BUNDLE/console.sock" "$BUNDLE/terminal" </dev/null >/dev/null 2>&1 3>&- &
  wait_for test -S "$BUNDLE/console.sock"
  create_container --console-socket "$BUNDLE/console.sock"
  kill %1 2>/dev/null || true
}
@test "/dev/console, /dev/ptmx and /dev/pts/0 of the image are links" { attack console; }
before_console_readonly() { before_console; config '.root.readonly = true'; }
attack_console_readonly() { attack_console; }
@test "the same with a read-only root" { attack console_readonly; }

# T-NULL: CVE-2026-88265
before_null_owner() {
  mkdir -p "$ROOTFS/dev"
  ln -sf /data/file "$ROOTFS/dev/null"
  config --arg source "$DECOY" '.mounts += [{destination: "/data", type: "bind", source: $source, options: ["rbind"]}]
    | .process.user = {uid: 77, gid: 77}'
}
attack_null_owner() { run_container --detach; }
@test "/dev/null of the image is a link to a file of a volume, which must keep its owner" { attack null_owner; }

attack_null_file() { run_container; }
before_null_file() {
  mkdir -p "$ROOTFS/dev"
  : >"$ROOTFS/dev/null"
  shell 'echo reaches the caller'
}
null_file() {
  attacked null_file
  [[ $status -ne 0 || $stdout == "reaches the caller" ]] || fail "the output went elsewhere: '$stdout'"
}
@test "/dev/null of the image is a regular file: output still reaches the caller" {
  for form in no yes; do
    NODEV=$form isolated null_file || { ours_only "1.1.5 diverts it into the file"; fail "with NODEV=$form"; }
  done
}

# T-MASK: CVE-2025-31133, CVE-2025-62161
before_mask() {
  mkdir -p "$ROOTFS/dev" "$ROOTFS/tmp"
  echo fake >"$ROOTFS/tmp/fake"
  rm -f "$ROOTFS/dev/null"
  ln -s "${MASK_TARGET:-/tmp/fake}" "$ROOTFS/dev/null"
  echo hidden >"$ROOTFS/hidden"
  config '.linux.maskedPaths += ["/hidden"]'
  shell 'cat /hidden; cat /proc/keys; grep -E " /(hidden|proc/keys) " /proc/self/mountinfo'
}
attack_mask() { run_container; }
mask() {
  attacked mask
  [[ $status -ne 0 || ($stdout != *fake* && $stdout != *hidden$'\n'* && $stdout != *core_pattern*) ]] || fail "the mask is of the image's making: $stdout"
}
@test "/dev/null of the image is a link under the masks" {
  for form in no yes; do
    for target in /tmp/fake /proc/sys/kernel/core_pattern /hidden; do
      NODEV=$form MASK_TARGET=$target isolated mask || { ours_only "1.1.5 binds the image's file over the mask"; fail "with NODEV=$form, $target"; }
    done
  done
}
before_mask_file() { before_mask; rm "$ROOTFS/dev/null"; echo fake >"$ROOTFS/dev/null"; }
attack_mask_file() { attack_mask; }
mask_file() {
  attacked mask_file
  [[ $status -ne 0 || $stdout != *fake* ]] || fail "the mask is of the image's making: $stdout"
}
@test "/dev/null of the image is a regular file under the masks" {
  for form in no yes; do
    NODEV=$form isolated mask_file || { ours_only "1.1.5 binds the image's file over the mask"; fail "with NODEV=$form"; }
  done
}

# T-PROCOVER: CVE-2019-16884, CVE-2025-52881
procover() { # DESTINATION
  scene
  config --arg at "$1" --arg source "$DECOY" '.mounts += [{destination: $at, type: "bind", source: $source, options: ["rbind"]}]'
  run_container
  [[ $status -ne 0 ]] || fail "a mount on $1 was accepted"
}
@test "mounts on and below /proc are refused" {
  for at in /proc /proc/self /proc/self/attr /proc/sys /proc/1 /proc/thread-self/attr; do
    isolated procover $at || { ours_only "1.1.5 takes some of them"; fail "$at"; }
  done
}
procfile() {
  scene
  echo "MemTotal: 1 kB" >"$BUNDLE/meminfo"
  config --arg source "$BUNDLE/meminfo" '.mounts += [{destination: "/proc/meminfo", type: "bind", source: $source, options: ["bind"]}]'
  args /bin/cat /proc/meminfo
  must_run
  equal "$stdout" "MemTotal: 1 kB"
}
@test "a file on /proc/meminfo is allowed, as lxcfs does" { isolated procfile; }

# CVE-2019-19921, CVE-2023-27561, CVE-2025-54867
before_proc_link() { rm -rf "$ROOTFS/proc"; ln -s "${PROC_TARGET:-/tmp}" "$ROOTFS/proc"; }
attack_proc_link() { run_container; [[ $status -ne 0 ]] || fail "a /proc that is a link was accepted"; }
@test "/proc of the image is a link" { attack proc_link; PROC_TARGET=$WORK/stage/decoy attack proc_link; }
before_sys_link() { rm -rf "$ROOTFS/sys"; ln -s /tmp "$ROOTFS/sys"; }
attack_sys_link() { run_container; [[ $status -ne 0 ]] || fail "a /sys that is a link was accepted"; }
@test "/sys of the image is a link" { attack sys_link; }

# T-CWD: CVE-2024-21626
cwd_leak() {
  scene
  args /bin/sh -c 'pwd; ls'
  for number in $(seq 3 16); do
    for path in /proc/self/fd/$number /proc/self/fd/$number/sub; do
      config --arg path "$path" '.process.cwd = $path'
      exec 9<"$DECOY"
      run_container
      exec 9<&-
      [[ $status -ne 0 ]] || fail "cwd $path was accepted: $stdout"
    done
  done
  config '.process.cwd = "/"'
  must_sleep
  for number in $(seq 3 16); do
    exec 9<"$DECOY"
    capture rt exec --cwd "/proc/self/fd/$number" "$ID" /bin/sh -c 'pwd; ls'
    exec 9<&-
    [[ $status -ne 0 ]] || fail "exec --cwd /proc/self/fd/$number was accepted: $stdout"
  done
  rt delete --force "$ID"
}
@test "cwd by a leaked descriptor is refused for run and exec" { isolated cwd_leak; }

before_cwd_link() { rm -rf "$ROOTFS/w"; ln -s "$DECOY" "$ROOTFS/w"; config '.process.cwd = "/w/x"'; }
attack_cwd_link() { run_container; }
@test "a cwd through a link to a host folder is not made there" { attack cwd_link; }

# T-ETC: CVE-2024-9676, CVE-2026-47262
etc_file() { # COMMAND on $file for passwd and group
  local file
  for file in passwd group; do
    rm -rf "$ROOTFS/etc"
    mkdir "$ROOTFS/etc"
    file=$ROOTFS/etc/$file
    eval "$1"
    RT_TIMEOUT=3 run_container
    [[ $status -ne 124 && $status -ne 137 ]] || fail "hangs on $file: $1"
    rt delete --force "$ID" >/dev/null 2>&1 || true
  done
}
etc_files() {
  scene
  etc_file 'mkfifo "$file"'
  etc_file 'mknod "$file" c 1 5'
  etc_file 'mkdir "$file"'
  etc_file 'ln -s /nowhere "$file"'
  etc_file 'ln -s "$(basename "$file")" "$file"'
  etc_file 'ln -s /proc/self/fd/0 "$file"'
  etc_file 'touch "$file"; chmod 0 "$file"'
}
@test "passwd and group that are no regular files do not hang the runtime" {
  isolated etc_files || { ours_only "hangs on a FIFO"; fail ""; }
}
etc_size() {
  scene
  rm -f "$ROOTFS/etc/passwd" "$ROOTFS/etc/group"
  head -c 150000000 /dev/zero | tr '\0' x | tee "$ROOTFS/etc/passwd" >"$ROOTFS/etc/group"
  status=0
  (ulimit -v 400000; RT_TIMEOUT=10 run_container; exit $status) || status=$?
  [[ $status -ne 124 && $status -ne 137 ]] || fail "takes more than 10 s"
}
@test "passwd and group of 150 MB neither hang the runtime nor fill the memory" {
  ours_only "1.1.5 takes 500 MB"
  isolated etc_size
}

# CVE-2015-3627, CVE-2021-30465
before_dest_link() {
  rm -rf "$ROOTFS/etc"
  ln -s "$DECOY" "$ROOTFS/etc"
  config '.mounts += [{destination: "/etc/x/y", type: "tmpfs", source: "tmpfs"}]'
}
attack_dest_link() { run_container; }
@test "a mount's destination through a link to a host folder" { attack dest_link; }

before_dest_file() {
  ln -s "$DECOY/new" "$ROOTFS/data/link"
  echo x >"$BUNDLE/file"
  config --arg source "$BUNDLE/file" '.mounts += [{destination: "/data/link", type: "bind", source: $source, options: ["bind"]}]'
}
attack_dest_file() { run_container; }
@test "a bind of a file onto a link that dangles" { attack dest_file; }

before_masked_link() { ln -s "$DECOY" "$ROOTFS/m"; config '.linux.maskedPaths += ["/m/file"] | .linux.readonlyPaths += ["/m/sub"]'; }
attack_masked_link() { run_container; }
@test "masked and read-only paths through a link" { attack masked_link; }

before_device_link() {
  ln -s "$DECOY" "$ROOTFS/d"
  config '.linux.devices = [{path: "/d/node", type: "c", major: 1, minor: 3}]'
}
attack_device_link() { run_container; }
@test "a device's path through a link" { attack device_link; }

before_root_link() { mv "$ROOTFS" "$BUNDLE/real"; ln -s "$DECOY" "$ROOTFS"; }
attack_root_link() { run_container; }
@test "root.path is a link to a host folder without a program" { attack root_link; }

# CVE-2019-5736: the container makes the runtime run /proc/self/exe. It writes at once, and by a descriptor that it holds
# until the program has ended.
self_exe() { # CAPABILITY...
  scene
  cp "$RUNTIME" "$WORK/stage/runtime"
  before=$(sha256sum <"$WORK/stage/runtime")
  printf '#!/proc/self/exe\n' >"$ROOTFS/data/script"
  chmod 755 "$ROOTFS/data/script"
  args /bin/sh -c 'while :; do for p in /proc/[0-9]*; do
      [ $p/exe -ef /bin/busybox ] || {
        echo x >>$p/exe
        {
          [ -e /data/caught ] || {
            : >/data/caught
            (while [ -e $p ]; do sleep 0.1; done; mount -o remount,rw,bind /proc/self/fd/4; echo x >>/proc/self/fd/4; : >/data/tried) &
          }
        } 4<$p/exe
      }
    done; done 2>/dev/null'
  config --arg names "$*" '.process.capabilities |= map_values(. + ($names / " "))'
  RUNTIME=$WORK/stage/runtime
  must_create
  must rt start "$ID"
  for i in $(seq 5); do
    capture rt exec "$ID" /bin/true
  done
  # What it complains of has no place to go: there it stays until it is killed.
  mkfifo "$WORK/stage/full"
  exec 5<>"$WORK/stage/full"
  dd if=/dev/zero of="$WORK/stage/full" bs=4096 count=100 oflag=nonblock 2>/dev/null || true
  RT_TIMEOUT=1 rt exec "$ID" /data/script >&5 2>&5 || true
  for i in $(seq 50); do
    [[ ! -e $ROOTFS/data/tried ]] || break
    sleep 0.1
  done
  rt delete --force "$ID"
  equal "$(sha256sum <"$WORK/stage/runtime")" "$before"
  [[ -e $ROOTFS/data/tried ]] || fail "the container never had the runtime's file: this proves nothing"
}
@test "the runtime's own file cannot be written from inside" { isolated self_exe CAP_SYS_PTRACE CAP_DAC_OVERRIDE; }
@test "nor by a container that administers the host" {
  isolated self_exe CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_SYS_ADMIN CAP_DAC_READ_SEARCH
}

# What a read-only mount of the runtime's file leaves open is for a few capabilities: they meet another file.
image_of() { # PID: how the program that it runs is protected
  case $(readlink "/proc/$1/exe") in
  /) echo clone ;;
  /memfd:*) echo copy ;;
  *) echo none ;;
  esac
}
created_from() { # WORD: how init waits for start
  must_create
  equal "$(image_of "$(pid_of)")" "$1"
  rt delete --force "$ID"
}
executed_from() { # WORD EXEC-OPTION...: the runtime that waits for a command in the container
  "$RUNTIME" --root "$STATE" exec "${@:2}" "$ID" /bin/sleep 100 </dev/null >/dev/null 2>&1 3>&- &
  local runtime=$!
  until pgrep -P "$runtime" sleep >/dev/null; do
    kill -0 "$runtime" || fail "exec ended"
    sleep 0.05
  done
  equal "$(image_of "$runtime")" "$1"
  pkill -KILL -P "$runtime"
  wait "$runtime" || true
}
protected() {
  scene
  args /bin/sleep 100
  created_from clone
  config '.process.capabilities.bounding += ["CAP_DAC_READ_SEARCH"]'
  created_from copy
  config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
    .linux.gidMappings = .linux.uidMappings'
  chmod 755 "$BUNDLE"
  created_from clone
}
@test "a runtime is protected according to what its container may do on the host" {
  ours_only "a peer protects itself in its own way"
  isolated protected
}
protected_exec() {
  scene
  must_sleep
  executed_from clone
  executed_from copy --cap CAP_SYS_ADMIN
  jq '.process | .terminal = false | .args = ["/bin/sleep", "100"]' "$BUNDLE/config.json" >"$WORK/process.json"
  executed_from clone --process "$WORK/process.json"
  executed_from copy --process <(jq '.capabilities.bounding = ["CAP_SYS_ADMIN"]' "$WORK/process.json")
  rt delete --force "$ID"
  config '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  must_sleep
  jq '.process.capabilities = {} | .process | .args = ["/bin/sleep", "100"]' "$BUNDLE/config.json" >"$WORK/process.json"
  executed_from copy --process "$WORK/process.json"
}
@test "an exec is protected from its own process and from those that are there already" {
  ours_only "a peer protects itself in its own way"
  isolated protected_exec
}

# CVE-2021-30465, CVE-2024-45310: a race on a mount's destination in a shared volume
race() {
  scene
  mkdir -p "$BUNDLE/volume/a/b"
  ln -s "$DECOY" "$BUNDLE/volume/b"
  config --arg source "$BUNDLE/volume" '.mounts += [{destination: "/v", type: "bind", source: $source, options: ["rbind"]},
    {destination: "/v/a/b/made", type: "tmpfs", source: "tmpfs"}]'
  "$PROBE" exchange "$BUNDLE/volume/a" "$BUNDLE/volume/b" 100000000 2>/dev/null 3>&- &
  swapper=$!
  find "$DECOY" | sort >"$WORK/stage/names"
  for i in $(seq "${ROUNDS:-60}"); do
    run_container
    [[ $status -ne 124 ]] || fail "hung"
  done
  kill $swapper
  find "$DECOY" | sort | diff "$WORK/stage/names" - >&2 || fail "the host's folder was changed"
}
@test "a destination that is exchanged for a link all the time" {
  isolated race || { ours_only "1.1.5 makes folders outside (CVE-2024-45310)"; fail ""; }
}

# CVE-2023-25809 and CVE-2022-0492
@test "release_agent cannot be written from inside" {
  need_v1 memory
  shell 'for f in /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/*/notify_on_release; do echo x 2>/dev/null >$f && echo "wrote $f"; done; true'
  must_run
  equal "$stdout" ""
}

@test "nothing is left behind" {
  nothing_left
}
