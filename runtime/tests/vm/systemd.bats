# The systemd cgroup driver: the scope and its properties, update, stop, and what happens when the bus is dead.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

setup_test() { use_unit; }
unit_is() { [[ $(property ActiveState) == "$1" ]]; } # STATE
# run_in_unit: in the foreground; sets status, stdout, stderr.
run_in_unit() { CAPTURE=container capture rt --systemd-cgroup run --bundle "$BUNDLE" "$ID"; }

@test "the unit is a transient scope with delegation, in its slice" {
  must_sleep_in_unit
  equal "$(cgroup_of)" "/system.slice/$UNIT"
  equal "$(property ActiveState)" active
  equal "$(property Transient)" yes
  equal "$(property Delegate)" yes
  equal "$(property Slice)" system.slice
  equal "$(property DefaultDependencies)" no
  case $RUNTIME_NAME in
    runc) contains "$(property Description)" box ;;
    crun) equal "$(property Description)" "libcrun container" ;;
    *) contains "$(property Description)" "$ID" ;;
  esac
  must rt delete --force "$ID"
}

@test "limits are properties of the unit, and in the cgroup" {
  not_on crun "1.8.1 tells systemd of no limit of memory"
  config '.linux.resources += {memory: {limit: 67108864, reservation: 33554432}, pids: {limit: 50},
    cpu: {quota: 50500, period: 100000, shares: 1024, cpus: "0", mems: "0"}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
  must_sleep_in_unit
  equal "$(property MemoryMax)" 67108864
  equal "$(property MemoryLow)" 33554432
  equal "$(property TasksMax)" 50
  equal "$(property CPUQuotaPerSecUSec)" 510ms
  # Debian's versions convert shares linearly still.
  equal "$(property CPUWeight)" "$(is_ours && echo 100 || echo 39)"
  equal "$(property AllowedCPUs)" 0
  equal "$(property AllowedMemoryNodes)" 0
  equal "$(cgroup_file memory.max)" 67108864
  equal "$(cgroup_file pids.max)" 50
  # runc writes the quota as it is over what systemd has rounded up.
  equal "$(cgroup_file cpu.max)" "$(is_ours && echo 51000 || echo 50500) 100000"
  equal "$(cgroup_file hugetlb.2MB.max)" 4194304
}

@test "the weights of block devices are properties, and in the cgroup" {
  modprobe bfq
  echo bfq >/sys/block/vda/queue/scheduler
  device=$(cat /sys/block/vda/dev)
  config --arg device "$device" '($device | split(":") | map(tonumber)) as $number
    | .linux.resources.blockIO = {weight: 300, weightDevice: [{major: $number[0], minor: $number[1], weight: 500}]}'
  must_sleep_in_unit
  contains "$(cgroup_file io.bfq.weight)" "default 300"
  ours_only "Debian's versions tell systemd of no weight of a disk"
  equal "$(property IOWeight)" 2930
  equal "$(property IODeviceWeight)" "/dev/block/$device 4950"
  contains "$(cgroup_file io.bfq.weight)" "$device 500"
}

@test "unified keys are properties too" {
  not_on crun "1.8.1 writes them to the cgroup only"
  config '.linux.resources.unified = {"memory.high": "50331648", "pids.max": "33", "cpu.weight": "77", "cpuset.cpus": "0-1"}'
  must_sleep_in_unit
  equal "$(property MemoryHigh)" 50331648
  equal "$(property TasksMax)" 33
  equal "$(property CPUWeight)" 77
  equal "$(property AllowedCPUs)" "0-1"
}

@test "limits survive a reload of systemd" {
  config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 0}, cpu: {quota: 50500, period: 100000}}'
  must_sleep_in_unit
  before="$(cgroup_file memory.max) $(cgroup_file pids.max) $(cgroup_file cpu.max)"
  not_on runc "it writes the quota as it is, and the reload rounds it up"
  not_on crun "1.8.1 tells systemd neither of memory nor of the quota, and the reload takes them away"
  systemctl daemon-reload
  equal "$(cgroup_file memory.max) $(cgroup_file pids.max) $(cgroup_file cpu.max)" "$before"
}

@test "device rules are in the unit, enforced, and survive a reload" {
  device_rules_survive_reload
}

@test "annotations are properties; seconds become microseconds" {
  config '.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7", "org.systemd.property.CollectMode": "'\''inactive-or-failed'\''"}'
  must_sleep_in_unit
  equal "$(property TimeoutStopUSec)" 7s
  equal "$(property CollectMode)" inactive-or-failed
}

@test "a property that systemd does not know is an error that names unit and property" {
  config '.annotations = {"org.systemd.property.NoSuchThing": "uint64 7"}'
  run_in_unit
  refused NoSuchThing
  nothing_left
  not_on crun "its text names the property only"
  refused "$UNIT"
}

@test "an annotation that is no value is refused before anything is done" {
  config '.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 seven"}'
  run_in_unit
  refused TimeoutStop # Sec, or the USec that it becomes
  config '.annotations = {"org.systemd.property.9Lives/../x": "true"}'
  run_in_unit
  refused "$([[ $RUNTIME_NAME == crun ]] && echo "property 9Lives" || echo annotation)" # systemd itself refuses crun's
}

@test "a cgroupsPath that is not slice:prefix:name is refused, and so is one that leaves its slice" {
  config '.linux.cgroupsPath = "/a/b"'
  run_in_unit
  refused "$([[ $RUNTIME_NAME == crun ]] && echo "invalid unit name" || echo slice:prefix:name)"
  ours_only "its systemd refuses the name, with another text"
  for path in 'system.slice:../../x:y' 'system.slice:x:../y' '../system.slice:x:y' 'a--b.slice:x:y' 'system:x:y'; do
    config --arg path "$path" '.linux.cgroupsPath = $path'
    run_in_unit
    refused ""
  done
}

@test "update changes the properties and the cgroup" {
  not_on crun "1.8.1 tells systemd of no limit of memory"
  config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {quota: 20000, period: 100000}}'
  must_sleep_in_unit
  must rt update --memory 33554432 --pids-limit 20 --cpu-quota 30000 --cpuset-cpus 1 "$ID"
  equal "$(property MemoryMax)" 33554432
  equal "$(property TasksMax)" 20
  equal "$(property CPUQuotaPerSecUSec)" 300ms
  equal "$(property AllowedCPUs)" 1
  systemctl daemon-reload
  equal "$(cgroup_file memory.max) $(cgroup_file pids.max) $(cgroup_file cpu.max)" "33554432 20 30000 100000"
}

@test "exec, pause and kill work in a scope; delete stops it" {
  must_sleep_in_unit
  must rt exec "$ID" cat /proc/self/cgroup
  contains "$stdout" "$UNIT"
  must rt pause "$ID"
  equal "$(status_of)" paused
  must rt resume "$ID"
  must rt kill "$ID" KILL
  wait_status stopped
  must rt delete "$ID"
  equal "$(property ActiveState)" inactive
  [[ ! -e $CGROUP_ROOT/system.slice/$UNIT ]]
}

@test "a failed unit of the same name does not stand in the way" {
  not_on runc "1.1.5 goes on without a scope of its own"
  # Without CollectMode it stays as failed.
  systemd-run --quiet --unit "$UNIT" --scope --property RuntimeMaxSec=1 sleep 30 || true
  wait_for unit_is failed
  must_sleep_in_unit
  equal "$(property ActiveState)" active
}

@test "a unit that is in use is left alone" {
  not_on runc "1.1.5 joins it"
  systemd-run --quiet --unit "$UNIT" --scope sleep 30 &
  wait_for systemctl --quiet is-active "$UNIT"
  run_in_unit
  refused ""
  equal "$(property ActiveState)" active
  systemctl stop "$UNIT"
}

@test "a slice that is missing is made on the way" {
  config --arg path "plim-${TAG//[^a-zA-Z0-9]/}.slice:$UNIT_STEM:box" '.linux.cgroupsPath = $path'
  must_sleep_in_unit
  contains "$(cgroup_of)" "/plim.slice/plim-${TAG//[^a-zA-Z0-9]/}.slice/$UNIT"
}

@test "no bus: an error at once, and nothing is left" {
  ours_only "it takes systemd's private socket whatever the variable says"
  args /bin/true
  started=$SECONDS
  CAPTURE=container capture env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere timeout 60 "$RUNTIME" --root "$STATE" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
  refused "$UNIT" "connect to systemd"
  [[ $((SECONDS - started)) -lt 20 ]]
  nothing_left
}

@test "a bus that does not answer: an error in bounded time" {
  ours_only "it takes systemd's private socket whatever the variable says"
  args /bin/true
  # It takes the connection, and never says a word.
  systemd-socket-activate --listen "$BUNDLE/silent" sleep 120 >/dev/null 2>&1 3>&- &
  listener=$!
  wait_for test -S "$BUNDLE/silent"
  started=$SECONDS
  CAPTURE=container capture env "DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BUNDLE/silent" timeout 100 "$RUNTIME" --root "$STATE" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
  kill "$listener"
  refused "$UNIT"
  [[ $((SECONDS - started)) -lt 70 ]]
}

@test "a create that was killed leaves a unit that delete --force stops" {
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 300"]}]'
  rt --systemd-cgroup create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
  wait_for systemctl --quiet is-active "$UNIT"
  wait_for grep -q . "$CGROUP_ROOT/system.slice/$UNIT/cgroup.procs"
  pkill -KILL -f "create --bundle $BUNDLE "
  pkill -KILL -f "sh -c sleep 300" || true
  must rt delete --force "$ID"
  wait_for unit_is inactive
  [[ ! -e $CGROUP_ROOT/system.slice/$UNIT ]]
}

@test "the other driver starts no helper and opens no bus" {
  ours_only "it has no helper"
  config --arg path "/$TAG/$ID" '.linux.cgroupsPath = $path'
  args /bin/true
  strace -f -qq -e trace=execve,connect -o "$BUNDLE/trace" "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID" </dev/null
  [[ $(grep -c 'plimsoll-systemd\|systemd/private\|system_bus' "$BUNDLE/trace") -eq 0 ]] || fail "$(cat "$BUNDLE/trace")"
}
