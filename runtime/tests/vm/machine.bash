# What the suites of the test machine share, beside lib/helpers. They run there only: `runtime/tests/vm/suite`.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2120,SC2154 # read and set by lib/helpers

# An emulated machine, on a host that may be busy: what is awaited comes late. Tests that expect an error in bounded time
# have a bound of their own.
RT_TIMEOUT=180
wait_for() { # COMMAND...: until it succeeds, at most a minute of sleep
  local try
  for try in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  fail "still not true after a minute: $*"
}
has_status() { [[ $(status_of "${2:-$ID}") == "$1" ]]; }
wait_status() { wait_for has_status "$@"; } # STATUS [ID]

[[ -d /sys/firmware/qemu_fw_cfg/by_name/opt/plimsoll ]] || {
  echo "this suite changes the machine it runs on: runtime/tests/vm/suite runs it in a virtual one" >&2
  exit 1
}

# Debian's runc (1.1.5) and crun (1.8.1) run the same checks; docs/vm.md lists what they do otherwise.
not_on() { [[ $RUNTIME_NAME != "$1" ]] || skip "$1 differs: $2"; } # PEER REASON

# The container's own cgroup, and a file of it.
cgroup_of() { sed 's/^0:://' "/proc/$(pid_of "$@")/cgroup"; }
cgroup_file() { cat "$CGROUP_ROOT$(cgroup_of)/$1"; }

# start_silent OPTIONS...: run --detach with standard streams that exist in the container too: CRIU dumps no file of the
# host's. What the runtime says is in its log.
start_silent() {
  status=0
  rt --log "$BUNDLE/runtime.log" "${DRIVER[@]}" run --detach --bundle "$BUNDLE" "$@" "$ID" </dev/null >/dev/null 2>&1 || status=$?
  [[ $status -eq 0 ]] || fail "run --detach ended with $status: $(cat "$BUNDLE/runtime.log")"
}
DRIVER=()

# -- units of systemd --

# Named after the test, so that tests may run side by side.
use_unit() { # SLICE
  UNIT_STEM=$TAG-$BATS_TEST_NUMBER
  UNIT=$UNIT_STEM-box.scope
  DRIVER=(--systemd-cgroup)
  config --arg path "${1:-system.slice}:$UNIT_STEM:box" '.linux.cgroupsPath = $path'
  # crun makes a cgroup below that of the scope unless it is told another name for it.
  [[ $RUNTIME_NAME != crun ]] || config '.annotations["run.oci.systemd.subgroup"] = ""'
}
property() { systemctl "${MANAGER[@]}" show --value --property "$1" "${2:-$UNIT}"; }
MANAGER=(--system)
must_sleep_in_unit() {
  args /bin/sleep 300
  start_silent
}
# A node that the rules allow opens in the container, one that they do not does not, after systemd has read all anew.
device_rules_survive_reload() {
  not_on crun "1.8.1 tells systemd of no device rule"
  config '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438},
      {path: "/dev/allowed", type: "c", major: 10, minor: 200, fileMode: 438}]
    | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "rw"}]'
  must_sleep_in_unit
  equal "$(property DevicePolicy)" strict
  contains "$(property DeviceAllow)" "/dev/char/10:200 rw"
  systemctl daemon-reload
  must rt exec "$ID" sh -c '(: </dev/allowed) && echo opens; (: </dev/fuse) && echo too much; (: </dev/null) && echo null'
  equal "$stdout" $'opens\nnull'
}
