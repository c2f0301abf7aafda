# SELinux labels of processes and mounts, with a policy of our own that knows five types; loaded into a machine that was
# booted with SELinux.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine
load criu

PROCESS=system_u:system_r:container_t:s0:c1,c2
OTHER=system_u:system_r:container_t:s0:c2,c3
FILES=system_u:object_r:container_file_t:s0:c1,c2
OTHER_FILES=system_u:object_r:container_file_t:s0:c2,c3

setup_suite_file() {
  [[ -d /sys/fs/selinux ]] || { echo "this machine was not booted with SELinux" >&2; return 1; }
  mountpoint -q /sys/fs/selinux || mount -t selinuxfs selinuxfs /sys/fs/selinux
  secilc --mls true --policyvers "$(cat /sys/fs/selinux/policyvers)" --output "$WORK/policy" --filecontext /dev/null \
    "$BATS_TEST_DIRNAME/selinux.cil"
  dd if="$WORK/policy" of=/sys/fs/selinux/load bs=1M status=none
}
teardown_test() {
  enforce 0
  rm -rf /etc/selinux
}
enforce() { echo "$1" >/sys/fs/selinux/enforce; }

@test "init and exec run under the label of the config, exec under another one when asked" {
  config --arg label "$PROCESS" '.process.selinuxLabel = $label'
  must_sleep
  equal "$(tr -d '\0' <"/proc/$(pid_of)/attr/current")" "$PROCESS"
  must rt exec "$ID" cat /proc/self/attr/current
  equal "$stdout" "$PROCESS"
  must rt exec --process-label "$OTHER" "$ID" cat /proc/self/attr/current
  equal "$stdout" "$OTHER"
}

@test "without a label the container has the caller's" {
  shell 'cat /proc/self/attr/current'
  must_run
  equal "$stdout" "$(tr -d '\0' </proc/self/attr/current)"
}

@test "a label that the policy does not know is an error, for init and for exec" {
  config '.process.selinuxLabel = "system_u:system_r:no_such_t:s0"'
  run_container
  refused "attr/"
  config 'del(.process.selinuxLabel)'
  must_sleep
  capture rt exec --process-label system_u:system_r:no_such_t:s0 "$ID" true
  refused "attr/"
}

@test "mountLabel is the context of the container's own file systems, and of no bind" {
  add_mount /data bind "$BUNDLE" bind
  config --arg label "$FILES" '.linux.mountLabel = $label'
  must_sleep
  local root at
  root=/proc/$(pid_of)/root
  for at in /dev /dev/null /dev/shm /dev/pts /dev/mqueue; do
    equal "$at $(stat -c %C "$root$at")" "$at $FILES"
  done
  equal "$(stat -c %C "$root/data")" "$(stat -c %C "$BUNDLE")"
  contains "$(grep ' /dev/shm ' "/proc/$(pid_of)/mounts")" "context="
}

@test "masked folders have the mount label too" {
  config --arg label "$FILES" '.linux.mountLabel = $label | .linux.maskedPaths = ["/data"]'
  must_sleep
  equal "$(stat -c %C "/proc/$(pid_of)/root/data")" "$FILES"
}

@test "a context that the policy does not know is an error" {
  config '.linux.mountLabel = "system_u:object_r:no_such_t:s0"'
  run_container
  refused ""
}

@test "what the policy denies is denied" {
  config --arg process "$PROCESS" --arg files "$FILES" '.process.selinuxLabel = $process | .linux.mountLabel = $files'
  shell 'echo x >/dev/shm/file && echo written; echo x >/etc/file || echo denied'
  # Through a pipe: the test's own files are the host's.
  written() { rt run --bundle "$BUNDLE" "$1" </dev/null 2>"$BUNDLE/err" | cat; }
  enforce 1
  stdout=$(written "$ID")
  enforce 0
  [[ $stdout == $'written\ndenied' ]] || fail "it says: $stdout $(cat "$BUNDLE/err")"
  equal "$(written "$ID-permissive")" written
}

# CRIU asks libselinux, which wants a config file beside the kernel's file system.
use_criu_with_selinux() {
  use_criu
  ldd "$(command -v criu)" | grep -q libselinux || skip "Debian's CRIU is built without SELinux (CRIU=... brings another one)"
  mkdir -p /etc/selinux
  echo SELINUX=permissive >/etc/selinux/config
}
label_of_container() { tr -d '\0' <"/proc/$(pid_of)/attr/current"; }

@test "a restored container has its label again" {
  use_criu_with_selinux
  config --arg label "$PROCESS" '.process.selinuxLabel = $label'
  start_counter
  dump
  back
  goes_on
  equal "$(label_of_container)" "$PROCESS"
}

@test "--lsm-profile: the restored processes have the label that it names" {
  use_criu_with_selinux
  [[ $(criu --version) =~ ^Version:\ (4\.[1-9]|[5-9]) ]] || skip "CRIU before 4.1 takes no notice of it with SELinux"
  config --arg label "$PROCESS" '.process.selinuxLabel = $label'
  start_counter
  dump
  back --lsm-profile "selinux:$OTHER"
  goes_on
  equal "$(label_of_container)" "$OTHER"
}

@test "--lsm-mount-context: the restored mounts have the context that it names" {
  use_criu_with_selinux
  config --arg label "$FILES" '.linux.mountLabel = $label'
  start_counter
  dump
  back --lsm-mount-context "$OTHER_FILES"
  goes_on
  for at in /dev /dev/shm; do
    equal "$at $(stat -c %C "/proc/$(pid_of)/root$at")" "$at $OTHER_FILES"
  done
}
