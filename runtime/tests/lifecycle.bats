# create, start, state, kill, delete: the order of a container's life (runtime.md#lifecycle).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "create leaves a created container that start runs and delete removes" {
  shell 'echo hello; exec sleep 300'
  must_create
  equal "$(status_of)" created
  [[ $(pid_of) -gt 1 ]]
  equal "$(output)" "" # runtime.md#create: the program must not run yet
  must rt start "$ID"
  equal "$(status_of)" running
  must rt kill "$ID" KILL
  wait_status stopped
  must rt delete "$ID"
  equal "$stdout$stderr" ""
  capture rt state "$ID"
  refused "container does not exist"
}

@test "a created container holds no file or folder of the host open" {
  local link target
  exec 8<"$WORK" # what the caller forgot to close must not stay either
  must_create
  exec 8<&-
  for link in "/proc/$(pid_of)/fd"/*; do
    [[ ${link##*/} -gt 2 ]] || continue
    target=$(readlink "$link") || continue
    case $target in
    # "/" is the container's; runc waits in exec.fifo, and crun too.
    pipe:* | socket:* | anon_inode:* | / | */exec.fifo | /memfd:*) ;;
    *) fail "fd ${link##*/} is $target" ;;
    esac
  done
}

@test "state has the spec's fields and nothing on stderr" {
  config '.annotations = {"org.example.a": "one", "empty": ""}'
  must_sleep
  must rt state "$ID"
  equal "$stderr" ""
  cp "$BUNDLE/command.out" "$BUNDLE/report.json"
  check --arg id "$ID" --arg bundle "$BUNDLE" '.id == $id and .bundle == $bundle and .status == "running"'
  check '.annotations == {"org.example.a": "one", "empty": ""}'
  check '(.ociVersion | test("^1\\.[0-9]+\\.[0-9]+")) and (.pid | type == "number" and . > 1)'
  check --arg rootfs "$ROOTFS" '.rootfs == $rootfs'
  check '.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+(\\.[0-9]+)?Z$")'
  # The text callers have parsed for years: two spaces, no slash escaped.
  contains "$stdout" $'{\n  "ociVersion"'
}

@test "state of a stopped container has no pid to signal" {
  args /bin/true
  must_create
  must rt start "$ID"
  wait_status stopped
  equal "$(rt state "$ID" | jq '.pid // 0')" 0
}

@test "start twice is an error" {
  must_sleep
  capture rt start "$ID"
  refused "cannot start an already running container"
}

@test "start of a stopped container is an error" {
  args /bin/true
  must_create
  must rt start "$ID"
  wait_status stopped
  capture rt start "$ID"
  refused "cannot start a container that has stopped"
}

@test "every command on an unknown id says that the container does not exist" {
  for command in start state kill delete pause resume ps "exec"; do
    case $command in
      exec) capture rt exec "nobody-$ID" true ;;
      *) capture rt $command "nobody-$ID" ;;
    esac
    refused "container does not exist"
  done
}

@test "an id that is in use is refused and its container lives on" {
  must_sleep
  pid=$(pid_of)
  capture rt create --bundle "$BUNDLE" "$ID"
  refused "container with given id already exists"
  equal "$(status_of)" running
  equal "$(pid_of)" "$pid"
}

@test "delete of a running container is refused" {
  must_sleep
  capture rt delete "$ID"
  refused "cannot delete container" "running"
  equal "$(status_of)" running
}

@test "delete of a created container kills and removes it" {
  args /bin/sleep 300
  must_create
  pid=$(pid_of)
  must rt delete "$ID"
  wait_for test ! -d "/proc/$pid"
}

@test "delete --force kills a running container" {
  must_sleep
  pid=$(pid_of)
  must rt delete --force "$ID"
  [[ ! -d /proc/$pid ]] || grep -q 'State:.Z' "/proc/$pid/status"
}

@test "delete --force of an unknown id succeeds" {
  must rt delete --force "nobody-$ID"
}

@test "delete ends every process of the cgroup" {
  shell 'for i in 1 2 3; do sleep 300 & done; exec sleep 300'
  without_namespace pid
  must_create
  must rt start "$ID"
  wait_for processes_at_least |wait_for processes_at_least 4
  mapfile -t pids < <(rt ps --format json "$ID" | jq '.[]')
  must rt delete --force "$ID"
  for pid in "${pids[@]}"; do wait_for is_gone "$pid"; done
}

@test "kill takes a name with and without SIG, any case, or a number" {
  for signal in USR1 SIGUSR1 usr1 10; do
    new_bundle "$signal"
    ID=$TAG-$BATS_TEST_NUMBER-$signal
    shell 'trap "echo got >/data/got; exit 0" USR1; echo >/data/ready; while :; do sleep 0.05; done'
    config --arg cgroup "/$TAG/$ID" '.linux.cgroupsPath = $cgroup'
    must_create
    must rt start "$ID"
    wait_for test -e "$ROOTFS/data/ready"
    must rt kill "$ID" "$signal"
    wait_for test -e "$ROOTFS/data/got"
    must rt delete --force "$ID"
  done
}

@test "kill without a signal sends TERM" {
  shell 'trap "echo >/data/term; exit 0" TERM; echo >/data/ready; while :; do sleep 0.05; done'
  must_create
  must rt start "$ID"
  wait_for test -e "$ROOTFS/data/ready"
  must rt kill "$ID"
  wait_for test -e "$ROOTFS/data/term"
}

@test "kill with an unknown signal is an error" {
  must_sleep
  for signal in NOSUCH SIG 99999 -1; do
    capture rt kill "$ID" "$signal"
    [[ $status -ne 0 ]] || fail "signal '$signal' was accepted"
  done
  equal "$(status_of)" running
}

@test "kill of a stopped container says that it is not running" {
  args /bin/true
  must_create
  must rt start "$ID"
  wait_status stopped
  capture rt kill "$ID" TERM
  refused "container not running"
}

@test "KILL reaches the whole cgroup when the pid namespace is shared" {
  ours_only "1.1.5 kills only init here; later versions kill the cgroup"
  without_namespace pid
  shell 'sleep 300 & exec sleep 300'
  must_create
  must rt start "$ID"
  wait_for processes_at_least |wait_for processes_at_least 2
  child=$(rt ps --format json "$ID" | jq max)
  must rt kill "$ID" KILL
  wait_status stopped
  wait_for is_gone "$child"
}

@test "KILL ends a paused container" {
  must_sleep
  must rt pause "$ID"
  must rt kill "$ID" KILL
  # The freezer of v1 holds the death until the cgroup is thawed.
  if [[ $(status_of) == paused ]]; then rt resume "$ID" || true; fi
  wait_status stopped
}

@test "signal to a created container ends it" {
  local signal
  args /bin/sleep 300
  for signal in KILL TERM INT; do
    must_create
    must rt kill "$ID" "$signal"
    wait_status stopped
    must rt delete "$ID"
  done
}

@test "the config is that of create time" {
  shell 'echo first'
  must_create
  shell 'echo second'
  must rt start "$ID"
  wait_status stopped
  equal "$(output)" first
  rt delete "$ID"
}

@test "a create without process is good, its start is an error" {
  config 'del(.process)'
  create_container
  # runc 1.1.5 refuses at create; the spec makes process optional until start (config.md#process).
  if [[ $status -eq 0 ]]; then
    capture rt start "$ID"
  fi
  refused "process"
}

@test "nothing is left behind" {
  nothing_left
}
