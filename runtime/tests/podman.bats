# Podman drives the runtime under test and runc, its reference, through the same steps; the answers must be the same.
# It must not run in the machine's own mount namespace: runtime/tests/run sees to that.
# SPDX-License-Identifier: Apache-2.0

REFERENCE=${REFERENCE:-/usr/sbin/runc}

setup_file() {
  export WORK TAG CONTAINERS_CONF
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/plimsoll-podman.XXXXXXXX")
  TAG=$(basename "$WORK" | tr '.[:upper:]' '-[:lower:]')
  command -v podman >/dev/null && [[ -x $REFERENCE ]] || return 0
  apart || return 0
  # Where the controllers are v1 hierarchies on a tmpfs, Podman and conmon make folders there for those that are missing, and
  # then cannot remove them.
  [[ $(stat -f -c %T /sys/fs/cgroup) != tmpfs ]] || mount -o remount,bind,ro /sys/fs/cgroup
  # Podman raises limits by default, for which CAP_SYS_RESOURCE is needed; not every root has it.
  cat >"$WORK/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:2048", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
CONF
  CONTAINERS_CONF=$WORK/containers.conf
  mkdir -p "$WORK/image/bin" "$WORK/image/etc" "$WORK/image/data"
  cp "$(command -v busybox)" "$WORK/image/bin/busybox"
  cp "$PROBE" "$WORK/image/bin/probe"
  local applet
  for applet in sh true false sleep echo ls id cat ps mount hostname tty stty touch head wc env grep; do
    ln -s busybox "$WORK/image/bin/$applet"
  done
  echo 'root:x:0:0:root:/:/bin/sh' >"$WORK/image/etc/passwd"
  echo 'root:x:0:' >"$WORK/image/etc/group"
  tar -C "$WORK/image" -cf "$WORK/image.tar" .
  pod "$REFERENCE" import -q "$WORK/image.tar" box >/dev/null
}

# OUTER_MOUNTS is the namespace that `run` was started in; a namespace that cannot be read proves nothing.
apart() {
  local own
  own=$(readlink /proc/self/ns/mnt) && [[ -n $own && -n ${OUTER_MOUNTS:-} && $own != "$OUTER_MOUNTS" ]]
}

setup() {
  apart || skip "needs a mount namespace of its own: runtime/tests/run podman.bats"
  command -v podman >/dev/null || skip "podman is not installed"
  [[ -x $REFERENCE ]] || skip "the reference runtime $REFERENCE is not installed"
}

teardown_file() {
  if [[ -e $WORK/store ]]; then
    pod "$REFERENCE" pod rm --force --all --time 0 >/dev/null 2>&1 || true
    pod "$REFERENCE" rm --force --all --time 0 >/dev/null 2>&1 || true
    pod "$REFERENCE" rmi --force --all >/dev/null 2>&1 || true
    findmnt -rno TARGET | grep -F "$WORK" | sort -r | xargs -r -n 1 umount -l || true
  fi
  find /sys/fs/cgroup -depth -type d -path "*$TAG*" -exec rmdir {} + 2>/dev/null || true
  rm -rf --one-file-system "$WORK"
}

# pod RUNTIME ARGUMENTS...: podman with a store of its own.
pod() {
  local runtime=$1
  shift
  timeout -k 5 120 podman --root "$WORK/store" --runroot "$WORK/run" --tmpdir "$WORK/tmp" --storage-driver vfs \
    --runtime "$runtime" "$@" 3>&-
}

fail() {
  printf '%s\n' "$@" >&2
  return 1
}
contains() { [[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"; }

# both FUNCTION...: calls it with the reference, then with the runtime under test; the results must be equal.
both() {
  local expected got expected_status=0 got_status=0
  expected=$("$@" "$REFERENCE" 2>&1 </dev/null) || expected_status=$?
  got=$("$@" "$RUNTIME" 2>&1 </dev/null) || got_status=$?
  [[ $expected_status -eq $got_status && $expected == "$got" ]] || fail "reference: $expected_status, runtime under test: $got_status" \
    "$(diff <(echo "$expected") <(echo "$got"))"
  result=$got
  result_status=$got_status
}
# same ARGUMENTS...: of `podman run --rm --network none`.
run_once() { pod "${*: -1}" run --rm --network none --cgroup-parent "/$TAG" "${@:1:$#-1}"; }
same() { both run_once "$@"; }

# typed RUNTIME ARGUMENTS...: a shell on a terminal, by podman's ARGUMENTS, that ends once a line was typed. Podman may lose what a
# command prints right before it ends.
typed() {
  local line code=0
  line="stty rows 30 cols 70; podman --root '$WORK/store' --runroot '$WORK/run' --tmpdir '$WORK/tmp' --storage-driver vfs \
    --runtime '$1' ${*:2} sh -c 'tty >/dev/null && echo terminal; read typed; exit 5'"
  rm -f "$WORK/keys"
  mkfifo "$WORK/keys"
  timeout -k 5 60 script -qefc "$line" /dev/null <"$WORK/keys" 3>&- >"$WORK/typed.out" &
  exec 9>"$WORK/keys"
  local deadline=$((SECONDS + 50))
  until grep -aq terminal "$WORK/typed.out" || [[ $SECONDS -ge $deadline ]]; do sleep 0.1; done
  echo >&9
  wait $! || code=$?
  exec 9>&-
  grep -ao terminal "$WORK/typed.out"
  return $code
}

@test "podman run: output and status" {
  same box sh -c 'echo out; exit 7'
  [[ $result == out && $result_status -eq 7 ]]
}

@test "podman run: a command that is not there, or may not be executed" {
  command_status() { run_once "$@" >/dev/null 2>&1; }
  both command_status box no-such-command
  [[ $result_status -eq 127 ]]
  both command_status box /etc/passwd
  [[ $result_status -eq 126 ]]
}

@test "podman run: ids, capabilities, limits and mounts are the reference's" {
  view() {
    pod "$1" run --rm --network none --cgroup-parent "/$TAG" box probe | jq -S '{uid, gid, groups, umask,
      status: (.status | del(.SigQ)), no_new_privs, env: (.env | map(select(startswith("HOSTNAME=") | not)) | sort), cwd, rlimits,
      oom_score_adj, interfaces, fds: [.fds[].fd], dev: (.dev | map_values({type, major, minor, mode, uid, gid})),
      # The tmpfs that carries the v1 hierarchies is left to the runtime; ours is read-only.
      mounts: [.mounts[] | select(.point != "/sys/fs/cgroup") | {point, type, options: (.options | split(",") | sort)}] | sort_by(.point)}'
  }
  both view
  [[ $result_status -eq 0 ]]
}

@test "podman run -it" {
  interactive() {
    typed "$1" run --rm -it --network none --cgroup-parent "/$TAG" box
  }
  both interactive
  contains "$result" terminal
  [[ $result_status -eq 5 ]]
}

@test "podman run -d, exec, logs, stop, rm" {
  life() {
    pod "$1" run -d --name "life-$TAG" --network none --cgroup-parent "/$TAG" box \
      sh -c 'trap "echo bye; exit 0" TERM; echo started; while :; do sleep 0.1; done' >/dev/null
    pod "$1" exec "life-$TAG" sh -c 'echo exec; id -u'
    pod "$1" exec -e ONE=1 -w /data -u 5 "life-$TAG" sh -c 'echo $ONE; pwd; id -u'
    pod "$1" exec "life-$TAG" sh -c 'exit 9' || echo "exec status $?"
    pod "$1" exec "life-$TAG" no-such-command 2>/dev/null || echo "exec status $?"
    pod "$1" stop -t 5 "life-$TAG" >/dev/null
    pod "$1" logs "life-$TAG"
    pod "$1" inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' "life-$TAG"
    pod "$1" rm "life-$TAG" >/dev/null
  }
  both life
  contains "$result" $'started\nbye'
  contains "$result" "exited 0"
}

@test "podman exec -it" {
  terminal() {
    pod "$1" run -d --name "tty-$TAG" --network none --cgroup-parent "/$TAG" box sleep 100 >/dev/null
    typed "$1" exec -it "tty-$TAG" || echo "status $?"
    pod "$1" rm -f -t 0 "tty-$TAG" >/dev/null
  }
  both terminal
  contains "$result" terminal
  contains "$result" "status 5"
}

@test "podman pause and unpause" {
  pausing() {
    pod "$1" run -d --name "pause-$TAG" --network none --cgroup-parent "/$TAG" box sleep 100 >/dev/null
    pod "$1" pause "pause-$TAG" >/dev/null
    pod "$1" inspect --format '{{.State.Status}}' "pause-$TAG"
    pod "$1" unpause "pause-$TAG" >/dev/null
    pod "$1" inspect --format '{{.State.Status}}' "pause-$TAG"
    pod "$1" rm -f -t 0 "pause-$TAG" >/dev/null
  }
  both pausing
  [[ $result == $'paused\nrunning' ]]
}

@test "podman kill: a signal, and its status" {
  killing() {
    pod "$1" run -d --name "kill-$TAG" --network none --cgroup-parent "/$TAG" box sleep 100 >/dev/null
    pod "$1" kill -s KILL "kill-$TAG" >/dev/null
    pod "$1" wait "kill-$TAG"
    pod "$1" rm "kill-$TAG" >/dev/null
  }
  both killing
  [[ $result == 137 ]]
}

@test "--memory --cpus --pids-limit are in the cgroup" {
  limits() {
    local pid memory cpu pids
    pod "$1" run -d --name "limit-$TAG" --network none --cgroup-parent "/$TAG" --memory 48m --cpus 0.5 --pids-limit 23 \
      box sleep 100 >/dev/null
    pid=$(pod "$1" inspect --format '{{.State.Pid}}' "limit-$TAG")
    if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then
      memory=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
      cat "$memory"/{memory.max,cpu.max,pids.max}
    else
      memory=/sys/fs/cgroup/memory$(sed -n 's/.*:memory://p' "/proc/$pid/cgroup")
      cpu=/sys/fs/cgroup/cpu$(sed -nE 's/.*:(cpu|cpu,cpuacct)://p' "/proc/$pid/cgroup")
      pids=/sys/fs/cgroup/pids$(sed -n 's/.*:pids://p' "/proc/$pid/cgroup")
      cat "$memory/memory.limit_in_bytes" "$cpu/cpu.cfs_quota_us" "$cpu/cpu.cfs_period_us" "$pids/pids.max"
    fi
    pod "$1" rm -f -t 0 "limit-$TAG" >/dev/null
  }
  both limits
  contains "$result" 50331648
  contains "$result" 23
}

@test "--read-only" {
  same --read-only box sh -c 'touch /data/x 2>&1; touch /tmp/y && echo tmp'
  contains "${result,,}" "read-only file system"
}

@test "--cap-drop all, --cap-add, --privileged" {
  same --cap-drop all box grep Cap /proc/self/status
  contains "$result" "CapBnd:	0000000000000000"
  same --cap-drop all --cap-add NET_RAW box grep Cap /proc/self/status
}

@test "--user" {
  same --user 1234:2345 box id
  contains "$result" "uid=1234"
  same --user 1234 --group-add 77 box id
}

@test "--tmpfs" {
  same --tmpfs /data:size=64k,mode=1770 box grep " /data " /proc/self/mounts
  contains "$result" size=64k
}

@test "-v, read-write and read-only" {
  mkdir -p "$WORK/volume"
  echo volume >"$WORK/volume/file"
  same -v "$WORK/volume:/data" box sh -c 'cat /data/file; touch /data/new && echo written'
  [[ $result == $'volume\nwritten' ]]
  same -v "$WORK/volume:/data:ro" box sh -c 'cat /data/file; touch /data/other 2>&1'
  contains "${result,,}" "read-only file system"
}

@test "--device" {
  same --device /dev/zero:/dev/ourzero box sh -c 'ls -l /dev/ourzero | head -c 10; head -c 3 /dev/ourzero | wc -c'
  contains "$result" 3
}

@test "--ulimit" {
  same --ulimit nofile=100:200 --ulimit nproc=4096:4096 box grep "open files" /proc/self/limits
  contains "$(tr -s " " <<<"$result")" "100 200"
}

@test "--sysctl" {
  same --sysctl net.ipv4.ip_default_ttl=99 box cat /proc/sys/net/ipv4/ip_default_ttl
  [[ $result == 99 ]]
}

@test "--hostname, --env, --workdir, --init is not asked for" {
  same --hostname anchor --env A=1 --workdir /data box sh -c 'hostname; echo $A; pwd'
  [[ $result == $'anchor\n1\n/data' ]]
}

@test "--security-opt seccomp=unconfined and the default profile" {
  same box grep Seccomp: /proc/self/status
  contains "$result" 2
  same --security-opt seccomp=unconfined box grep Seccomp: /proc/self/status
  contains "$result" 0
}

@test "--security-opt no-new-privileges" {
  same --security-opt no-new-privileges box grep NoNewPrivs /proc/self/status
  contains "$result" 1
}

@test "--pid host, --ipc host, --uts host" {
  same --pid host --ipc host --uts host box sh -c 'hostname'
  [[ $result == "$(hostname)" ]]
}

@test "--userns with maps" {
  same --uidmap 0:100000:65536 --gidmap 0:100000:65536 box sh -c 'cat /proc/self/uid_map; id -u; touch /data/x && echo written'
  contains "$result" 100000
}

@test "a pod: containers share its namespaces" {
  podded() {
    pod "$1" pod create --name "pod-$TAG" --network none --share ipc,uts,net,pid --cgroup-parent "/$TAG" --infra-image box \
      --infra-command "sleep 1000" >/dev/null
    pod "$1" run -d --pod "pod-$TAG" --name "first-$TAG" box sleep 222 >/dev/null
    pod "$1" run --rm --pod "pod-$TAG" box sh -c 'ps | grep -c "sleep 222$"; hostname'
    pod "$1" pod ps --format '{{.Status}} {{.NumberOfContainers}}'
    pod "$1" pod rm -f -t 0 "pod-$TAG" >/dev/null
  }
  both podded
  contains "$result" "pod-$TAG"
}

@test "the validator finds no fault in what Podman writes" {
  local validator=${VALIDATOR:-${RUNTIME%/*}/plimsoll-validate} bundle
  [[ -x $validator ]] || skip "plimsoll-validate was not built: VALIDATOR names it"
  pod "$RUNTIME" run -d --name validated --user 1000 --tmpfs /tmp --volume "$WORK/image/data:/data:ro" \
    --memory 64m --pids-limit 50 --cap-add NET_ADMIN --network none box sleep 300 >/dev/null
  bundle=$(pod "$RUNTIME" inspect --format '{{.OCIConfigPath}}' validated)
  cp "$bundle" "$WORK/validated.json"
  pod "$RUNTIME" rm --force --time 0 validated >/dev/null
  jq -e '.linux.seccomp.syscalls | length > 5' "$WORK/validated.json" >/dev/null # it is an engine's configuration
  run "$validator" "$WORK/validated.json"
  [[ $status -eq 0 && $output != *error:* ]] || fail "$output"
}

@test "podman's containers leave nothing behind" {
  left=$(pod "$REFERENCE" ps -aq)
  [[ -z $left ]] || fail "containers: $left"
  left=$(find /sys/fs/cgroup -type d -path "*$TAG*" -name 'libpod-*' 2>/dev/null || true)
  [[ -z $left ]] || fail "cgroups: $left"
}
