# The systemd cgroup driver where systemd keeps the hierarchies of cgroup v1.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

setup_test() { use_unit; }
v1_file() { cat "$CGROUP_ROOT/$1/system.slice/$UNIT/$2"; } # CONTROLLER FILE

@test "the machine has systemd's hierarchies of v1" {
  equal "$(stat -f -c %T "$CGROUP_ROOT")" tmpfs
  mountpoint -q "$CGROUP_ROOT/systemd"
  [[ -d $CGROUP_ROOT/memory/system.slice ]]
}

@test "the container is in its unit's cgroup of every hierarchy" {
  must_sleep_in_unit
  equal "$(property ActiveState)" active
  equal "$(property Delegate)" yes
  for controllers in memory cpu,cpuacct pids devices freezer cpuset blkio hugetlb name=systemd; do
    matches "$(cat "/proc/$(pid_of)/cgroup")" ":$controllers:/system.slice/$UNIT"
  done
}

@test "limits are properties of the unit, and in the cgroups; a reload keeps them" {
  not_on crun "1.8.1 tells systemd of no limit of memory"
  config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 50}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}],
    cpu: {quota: 50500, period: 100000, shares: 512, cpus: "0", mems: "0"}}'
  must_sleep_in_unit
  equal "$(property MemoryLimit)" 67108864
  equal "$(property TasksMax)" 50
  equal "$(property CPUShares)" 512
  equal "$(property CPUQuotaPerSecUSec)" 510ms
  limits() {
    v1_file memory memory.limit_in_bytes
    v1_file pids pids.max
    v1_file cpu cpu.shares
    v1_file cpu cpu.cfs_quota_us
    v1_file cpuset cpuset.cpus
    v1_file hugetlb hugetlb.2MB.limit_in_bytes
  }
  # runc writes the quota as it is over what systemd has rounded up.
  equal "$(limits)" $'67108864\n50\n512\n'"$(is_ours && echo 51000 || echo 50500)"$'\n0\n4194304'
  systemctl daemon-reload
  equal "$(limits)" $'67108864\n50\n512\n51000\n0\n4194304'
}

@test "update changes the properties and the cgroups" {
  not_on crun "1.8.1 tells systemd of no limit of memory"
  config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {quota: 20000, period: 100000}}'
  must_sleep_in_unit
  must rt update --memory 33554432 --pids-limit 20 --cpu-quota 30000 "$ID"
  equal "$(property MemoryLimit)" 33554432
  equal "$(property TasksMax)" 20
  equal "$(property CPUQuotaPerSecUSec)" 300ms
  systemctl daemon-reload
  equal "$(v1_file memory memory.limit_in_bytes) $(v1_file pids pids.max) $(v1_file cpu cpu.cfs_quota_us)" "33554432 20 30000"
}

@test "device rules are in the unit, enforced, and survive a reload" {
  device_rules_survive_reload
}

@test "exec, pause and kill work in a scope; delete leaves no cgroup in any hierarchy" {
  must_sleep_in_unit
  must rt exec "$ID" cat /proc/self/cgroup
  contains "$stdout" "$UNIT"
  must rt pause "$ID"
  equal "$(status_of)" paused
  # In a hybrid the freezer may be that of the v2 hierarchy.
  [[ $(v1_file freezer freezer.state) == FROZEN || $(cat "$CGROUP_ROOT/unified/system.slice/$UNIT/cgroup.freeze") == 1 ]]
  must rt resume "$ID"
  must rt kill "$ID" KILL
  wait_status stopped
  must rt delete "$ID"
  equal "$(property ActiveState)" inactive
  equal "$(find "$CGROUP_ROOT" -type d -name "$UNIT")" ""
}

@test "statistics are those of the unit's cgroups" {
  not_on crun "it has no events"
  config '.linux.resources += {memory: {limit: 67108864}, pids: {limit: 50}}'
  must_sleep_in_unit
  must rt events --stats "$ID"
  jq -e '.data.memory.usage.limit == 67108864 and .data.pids.limit == 50 and .data.pids.current == 1 and .data.cpu.usage.total > 0' \
    <<<"$stdout" >/dev/null || fail "$stdout"
}
