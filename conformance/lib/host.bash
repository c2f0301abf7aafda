# What the machine and the runtime can do: tests that need more say so and are skipped with that reason.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

cgroup_v2() { [[ $(stat -f -c %T $CGROUP_ROOT) == cgroup2fs ]]; }
# need WHAT [ARGUMENT]
need() {
  case $1 in
    v1) [[ -d $CGROUP_ROOT/$2 ]] && ! cgroup_v2 || skip_test "host: no cgroup v1 controller $2" ;;
    v1-file) # CONTROLLER FILE
      [[ -e $CGROUP_ROOT/$2/$3 ]] || ! cgroup_v2 && compgen -G "$CGROUP_ROOT/$2/*/$3" >/dev/null ||
        [[ -e $CGROUP_ROOT/$2/$3 ]] || skip_test "kernel: no file $3 in the v1 controller $2" ;;
    v2) cgroup_v2 || skip_test "host: cgroup v2 is not mounted" ;;
    v2-controller) cgroup_v2 && grep -qw "$2" $CGROUP_ROOT/cgroup.controllers ||
      skip_test "host: no cgroup v2 controller $2" ;;
    file) [[ -e $2 ]] || skip_test "kernel: no $2" ;;
    can) can "$2" || skip_test "adapter: $2" ;;
    features) [[ -s ${FEATURES:-} ]] || skip_test "feature: the runtime has no features operation" ;;
    feature) # JQ-FILTER over the features document
      [[ ! -s ${FEATURES:-} ]] || jq -e "$2" "$FEATURES" >/dev/null 2>&1 || skip_test "feature: not ($2)" ;;
    root) [[ $EUID -eq 0 ]] || skip_test "root: needed" ;;
  esac
}
cgroup_dir() { # CONTROLLER: of the test's container
  if cgroup_v2; then echo "$CGROUP_ROOT/$TAG/$ID"; else echo "$CGROUP_ROOT/$1/$TAG/$ID"; fi
}
cgroup_value() { # CONTROLLER V1-FILE V2-FILE
  if cgroup_v2; then
    cat "$(cgroup_dir "$1")/$3" 2>&1
  else
    cat "$(cgroup_dir "$1")/$2" 2>&1
  fi
}

# In the order of their numbers.
CAPABILITY_NAMES=(CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
  SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
  BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE)
own_capabilities() { # names of the bounding set of this process, one a line
  local set number
  set=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status)))
  for number in "${!CAPABILITY_NAMES[@]}"; do
    (((set >> number & 1) == 0)) || echo "CAP_${CAPABILITY_NAMES[number]}"
  done
}
