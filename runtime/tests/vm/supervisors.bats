# Under systemd: a container as a forking service, as one that notifies, and by socket activation.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers
load machine

setup_test() {
  SERVICE=plimsoll-$BATS_TEST_NUMBER.service
  UNITS=/run/systemd/system
  mkdir -p $UNITS
  config --arg path "/$TAG/$ID" '.linux.cgroupsPath = $path'
}
teardown_test() {
  systemctl stop "${SERVICE%.service}.socket" "$SERVICE" 2>/dev/null || true
  rm -f "$UNITS/${SERVICE%.service}".*
  systemctl daemon-reload
}
service() { # LINES...
  printf '%s\n' '[Service]' "$@" >"$UNITS/$SERVICE"
  systemctl daemon-reload
}
start_service() { systemctl start "$SERVICE" || fail "$(journalctl -u "$SERVICE" --no-pager | tail -20)"; }

@test "Type=forking: runs, restarts when it is killed, and stops" {
  args /bin/sleep 1000
  service Type=forking "ExecStart=$RUNTIME --root $STATE run --detach --pid-file $BUNDLE/pid --bundle $BUNDLE $ID" \
    "ExecStopPost=$RUNTIME --root $STATE delete --force $ID" "PIDFile=$BUNDLE/pid" Restart=on-failure RestartSec=100ms
  start_service
  first=$(systemctl show --value -p MainPID "$SERVICE")
  equal "$first" "$(cat "$BUNDLE/pid")"
  equal "$(status_of)" running
  kill -KILL "$first"
  restarted() {
    second=$(systemctl show --value -p MainPID "$SERVICE")
    [[ $second != 0 && $second != "$first" ]]
  }
  wait_for restarted || fail "no restart: $(journalctl -u "$SERVICE" --no-pager | tail -20)"
  equal "$(systemctl show --value -p NRestarts "$SERVICE")" 1
  equal "$(status_of)" running
  systemctl stop "$SERVICE"
  wait_for is_gone "$second"
  [[ ! -e $STATE/$ID ]] || fail "the container is still there"
}

@test "Type=notify: the service is up when the container says so" {
  config '.process.args = ["/bin/sh", "-c", "sleep 1; /bin/probe send-notify \"READY=1\"; sleep 1000"]'
  service Type=notify NotifyAccess=all "ExecStart=$RUNTIME --root $STATE run --bundle $BUNDLE $ID" \
    "ExecStopPost=$RUNTIME --root $STATE delete --force $ID"
  start_service
  equal "$(systemctl show --value -p ActiveState "$SERVICE")" active
  equal "$(status_of)" running
}

@test "socket activation: the socket arrives in the container" {
  config '.process.args = ["/bin/sh", "-c", "echo $LISTEN_PID >/pid; echo $LISTEN_FDS >/fds; readlink /proc/self/fd/3 >/socket; sleep 1000"]'
  printf '[Socket]\nListenStream=%s\n' "$BUNDLE/socket" >"$UNITS/${SERVICE%.service}.socket"
  service Type=simple "ExecStart=$RUNTIME --root $STATE run --bundle $BUNDLE $ID" "ExecStopPost=$RUNTIME --root $STATE delete --force $ID"
  systemctl start "${SERVICE%.service}.socket"
  (echo hello | timeout 5 busybox nc local:"$BUNDLE/socket" >/dev/null 2>&1 || true) 3>&- &
  if ! systemctl --quiet is-active "$SERVICE"; then systemctl start "$SERVICE" || true; fi
  wait_for test -s "$ROOTFS/socket"
  matches "$(cat "$ROOTFS/socket")" "^socket:"
  equal "$(cat "$ROOTFS/pid")" 1
  not_on crun "LISTEN_FDS itself is the config's to give"
  equal "$(cat "$ROOTFS/fds")" 1
}
