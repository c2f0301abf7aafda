# config-linux.md, "Network Devices". Each test runs in the network namespace of its file, so that no interface of the
# machine is touched.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

setup_test() {
  need feature '.linux.netDevices.enabled'
  KIND=dummy
  if ! ip link add pcdev0 type $KIND 2>/dev/null; then
    KIND=ifb
    ip link add pcdev0 type $KIND 2>/dev/null || skip_test "kernel: no dummy and no ifb network device"
  fi
  config '.linux.namespaces += [{type: "network"}]'
}
teardown_test() { ip link del pcdev0 2>/dev/null || true; }

# bats test_tags=req:linux:netDevices:available, req:linux:netDevices:keep-addresses, req:linux:netDevices:not-managed, req:linux:netDevices:optional, req:linux:netDevices:up
@test "a device moves into the container with its name, address and attributes, and is up" {
  ip link set pcdev0 mtu 1400
  ip link set pcdev0 address 02:00:00:00:00:07 2>/dev/null || true # not every kind of device takes one
  local address
  address=$(ip -o link show pcdev0 | grep -oE 'link/[a-z]+ [0-9a-f:]+' | cut -d' ' -f2)
  ip addr add 192.0.2.7/24 dev pcdev0
  ip addr add 2001:db8::7/64 dev pcdev0 nodad
  ip addr add 169.254.3.3/16 scope link dev pcdev0
  config '.linux.netDevices = {pcdev0: {}}'
  paused
  local pid inside
  pid=$(member pid)
  check linux.netDevices.available,linux.netDevices.optional "it has left the caller's namespace" equal "$(ip -o link show pcdev0 2>/dev/null)" ""
  inside=$(nsenter -t "$pid" -n ip -o addr show pcdev0 2>&1; nsenter -t "$pid" -n ip -o link show pcdev0 2>&1) || true
  check linux.netDevices.available "it is in the container" contains "$inside" "pcdev0"
  check linux.netDevices.up "it is up" contains "$inside" ",UP"
  check linux.netDevices.keep-addresses "IPv4 address" contains "$inside" "192.0.2.7/24"
  check linux.netDevices.keep-addresses "IPv6 address" contains "$inside" "2001:db8::7/64"
  check linux.netDevices.keep-addresses "MTU" contains "$inside" "mtu 1400"
  check linux.netDevices.keep-addresses "hardware address" contains "$inside" "$address"
  nsenter -t "$pid" -n ip addr add 198.51.100.9/24 dev pcdev0 2>/dev/null || true
  step kill "$ID" WINCH
  check linux.netDevices.not-managed "what is changed inside stays" contains "$(nsenter -t "$pid" -n ip -o addr show pcdev0)" 198.51.100.9
}

# bats test_tags=req:linux:netDevices:name-template, req:linux:netDevices:name:optional
@test "a device gets a new name, or the next free one of a template" {
  ip link add pcdev1 type $KIND
  config '.linux.netDevices = {pcdev0: {name: "inner0"}, pcdev1: {name: "eth%d"}}'
  run_probe
  judge <<'END'
    linux.netDevices.name.optional  .interfaces | keys  =>  index("inner0") != null and index("pcdev0") == null
    linux.netDevices.name-template  .interfaces | keys  =>  index("eth0") != null
END
  ip link del pcdev1 2>/dev/null || true
}

# bats test_tags=req:linux:netDevices:check-move, req:linux:netDevices:name-exists:error
@test "a name that is taken inside is an error" {
  background unshare --net "$PROBE" pause
  await_text "$T/background" started
  local holder=$BACKGROUND
  nsenter -t "$holder" -n ip link add taken type $KIND
  config ".linux.netDevices = {pcdev0: {name: \"taken\"}} | .linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$holder/ns/net\" else . end)"
  check linux.netDevices.name-exists.error "create" refused
  check linux.netDevices.check-move "the device is still where it was" contains "$(ip -o link 2>&1)" " pcdev0"
}

# bats test_tags=req:linux:netDevices:no-move-back
@test "a device stays where it is when the container goes" {
  background unshare --net "$PROBE" pause
  await_text "$T/background" started
  local holder=$BACKGROUND
  config ".linux.netDevices = {pcdev0: {}} | .linux.namespaces |= map(if .type == \"network\" then .path = \"/proc/$holder/ns/net\" else . end)"
  run_probe
  check linux.netDevices.no-move-back "in the namespace that the container has joined" contains "$(nsenter -t "$holder" -n ip -o link 2>&1)" " pcdev0"
}
