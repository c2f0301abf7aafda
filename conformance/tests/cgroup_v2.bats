# config-linux.md, "Unified" and "Cgroup ownership": what only cgroup v2 has. Where the machine is hybrid, its mounts are
# replaced by the unified hierarchy for these tests; controllers that v1 holds are not there then.
# view: v2
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

setup_test() { need v2; }
teardown_test() { ! mountpoint -q /sys/kernel/cgroup || umount /sys/kernel/cgroup; }
GROUP_FILE() { echo "$CGROUP_ROOT/$TAG/$ID/$1"; }

# bats test_tags=req:linux:cgroupsPath:absolute-from-mount, req:runtime:op:delete:resources
@test "a container works in the unified hierarchy" {
  paused
  check linux.cgroupsPath.absolute-from-mount "the process is in its group" equal "$(grep ^0: "/proc/$(member pid)/cgroup")" "0::/$TAG/$ID"
  finish
  check runtime.op.delete.resources "the group is gone" absent "$CGROUP_ROOT/$TAG/$ID"
}

# bats test_tags=req:linux:unified:controllers-enabled, req:linux:unified:optional, req:linux:unified:unknown-written
@test "unified: keys are written to the files of their names" {
  local controller file value
  controller=$(grep -owE 'memory|pids|hugetlb' $CGROUP_ROOT/cgroup.controllers | head -1) || true
  case $controller in
    memory) file=memory.high value=134217728 ;;
    pids) file=pids.max value=88 ;;
    hugetlb) file=hugetlb.2MB.max value=4194304 ;;
    *) skip_test "host: no cgroup v2 controller" ;;
  esac
  config ".linux.resources = {unified: {\"$file\": \"$value\"}}"
  paused
  check linux.unified.optional,linux.unified.unknown-written "the value" equal "$(text_of "$(GROUP_FILE "$file")")" "$value"
  check linux.unified.controllers-enabled "the controller is on" contains "$(text_of "$(GROUP_FILE cgroup.controllers)")" "$controller"
}

# bats test_tags=req:linux:unified:missing-controller:error
@test "unified: a key without a controller is an error" {
  config '.linux.resources = {unified: {"bogus.max": "1"}}'
  check linux.unified.missing-controller.error "a controller that is none" refused
  config '.linux.resources = {unified: {"rdma.max": "1"}}'
  if grep -qw rdma $CGROUP_ROOT/cgroup.controllers; then return 0; fi
  check linux.unified.missing-controller.error "a controller that the machine lacks" refused
}

# bats test_tags=req:linux:hugepageLimits:optional, req:linux:hugepageLimits:rsvd-fallback
@test "huge pages: reservations first" {
  need v2-controller hugetlb
  config '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
  paused
  check linux.hugepageLimits.optional "the limit" equal "$(text_of "$(GROUP_FILE hugetlb.2MB.max)")" 4194304
  if [[ -e $(GROUP_FILE hugetlb.2MB.rsvd.max) ]]; then
    check linux.hugepageLimits.rsvd-fallback "the limit of reservations" equal "$(text_of "$(GROUP_FILE hugetlb.2MB.rsvd.max)")" 4194304
  else
    skip_ids "kernel: no accounting of reservations" linux.hugepageLimits.rsvd-fallback
  fi
}

# bats test_tags=req:linux:unified:v1-convert:error
@test "settings of cgroup v1 that v2 has not are errors" {
  local setting
  for setting in '{memory: {swappiness: 10}}' '{memory: {kernelTCP: 1048576}}' '{network: {classID: 5}}' '{memory: {disableOOMKiller: true}}'; do
    config ".linux.resources = $setting"
    check linux.unified.v1-convert.error "$setting" refused
  done
}

owned() { # OPTION-OF-THE-MOUNT: container with a user namespace, a cgroup namespace and such a mount
  user_namespace
  # sysfs is refused to a user namespace from which a part of it is hidden.
  config '.linux.namespaces += [{type: "cgroup"}] | .mounts |= map(select(.destination != "/sys"))'
  [[ $1 == none ]] || add_mount /sys/fs/cgroup cgroup cgroup "$1"
  paused
}
# bats test_tags=req:linux:cgroupOwner:existing-changed, req:linux:cgroupOwner:iff-rw-mount, req:linux:cgroupOwner:missing-ok, req:linux:cgroupOwner:no-others, req:linux:cgroupOwner:only-listed
@test "cgroup owner: changed where the container may write to its group" {
  owned rw
  local dir=$CGROUP_ROOT/$TAG/$ID name listed=''
  check linux.cgroupOwner.iff-rw-mount "owner of the group" equal "$(stat -c %u "$dir")" 100000
  for name in $(cat /sys/kernel/cgroup/delegate 2>/dev/null || echo cgroup.procs cgroup.subtree_control cgroup.threads); do
    [[ ! -e $dir/$name ]] || listed+="$name "
  done
  local changed others=''
  changed=$(cd "$dir" && find . -maxdepth 1 -type f -uid 100000 -printf '%f\n' | sort)
  check linux.cgroupOwner.existing-changed,linux.cgroupOwner.only-listed "the files that may be delegated" equal "$changed" "$(tr ' ' '\n' <<<"${listed% }" | sort)"
  check linux.cgroupOwner.missing-ok "files of the list that the group lacks do no harm" status_is running
  others=$(comm -23 <(echo "$changed") <(tr ' ' '\n' <<<"${listed% }" | sort))
  check linux.cgroupOwner.no-others "no other file" equal "$others" ""
}
# bats test_tags=req:linux:cgroupOwner:fallback-list
@test "cgroup owner: the three names that stand for a list that the kernel does not give" {
  need file /sys/kernel/cgroup/delegate
  mkdir -p "$T/empty"
  mount --bind "$T/empty" /sys/kernel/cgroup
  owned rw
  check linux.cgroupOwner.fallback-list "owners" equal "$(cd "$CGROUP_ROOT/$TAG/$ID" && find . -maxdepth 1 -type f -uid 100000 -printf '%f\n' | sort | paste -sd' ')" "cgroup.procs cgroup.subtree_control cgroup.threads"
}
# bats test_tags=req:linux:cgroupOwner:iff-rw-mount, req:linux:cgroupOwner:no-mount
@test "cgroup owner: unchanged without a mount, or with one that is read-only" {
  owned none
  check linux.cgroupOwner.no-mount,linux.cgroupOwner.iff-rw-mount "no mount" equal "$(stat -c %u "$CGROUP_ROOT/$TAG/$ID")" 0
  finish
  new_bundle second
  owned ro
  check linux.cgroupOwner.no-mount,linux.cgroupOwner.iff-rw-mount "a read-only mount" equal "$(stat -c %u "$CGROUP_ROOT/$TAG/$ID")" 0
}
# bats test_tags=req:linux:cgroupOwner:needs-cgroupns
@test "cgroup owner: unchanged without a cgroup namespace" {
  user_namespace
  config '.mounts |= map(select(.destination != "/sys"))'
  add_mount /sys/fs/cgroup cgroup cgroup rw
  operate create
  if [[ $status -ne 0 ]]; then skip_test "kernel: no such mount without a cgroup namespace: $stderr"; fi
  check linux.cgroupOwner.needs-cgroupns "owner" equal "$(stat -c %u "$CGROUP_ROOT/$TAG/$ID")" 0
}
