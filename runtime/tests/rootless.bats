# An ordinary user, without any privilege: spec --rootless, run, the life cycle, and ranges by newuidmap.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

setup_suite_file() {
  # A user of this file's own, with a range of sub ids; removed at the end.
  export SAILOR
  SAILOR=plt${TAG##*.}
  SAILOR=${SAILOR,,}
  useradd --no-create-home --home-dir "$WORK/home" --shell /bin/bash "$SAILOR"
  grep -q "^$SAILOR:" /etc/subuid || usermod --add-subuids 700000-765535 --add-subgids 700000-765535 "$SAILOR"
  mkdir -p "$WORK/home" "$WORK/run"
  chown "$SAILOR:" "$WORK/home" "$WORK/run"
  # A tree in root's own folder is closed to others.
  if ! as_sailor test -x "$RUNTIME"; then
    install -m 755 "$RUNTIME" "$WORK/runtime"
    export RUNTIME=$WORK/runtime
  fi
}
teardown_file() {
  [[ -z ${SAILOR:-} ]] || userdel "$SAILOR" 2>/dev/null || true
  remove_cgroups
  rm -rf --one-file-system "$WORK"
}

setup_test() {
  [[ $(cat /proc/sys/user/max_user_namespaces) -gt 0 ]] || skip "this kernel allows no user namespaces"
  HOME_BUNDLE=$WORK/home/$BATS_TEST_NUMBER
  STATE_HOME=$WORK/run/$BATS_TEST_NUMBER
  as_sailor mkdir -p "$HOME_BUNDLE" "$STATE_HOME"
  as_sailor cp -r "$WORK/template" "$HOME_BUNDLE/rootfs"
  as_sailor sh -c "cd '$HOME_BUNDLE' && '$RUNTIME' spec --rootless"
  BUNDLE=$HOME_BUNDLE
  ROOTFS=$BUNDLE/rootfs
  config '.process.terminal = false | .process.args = ["/bin/true"]'
  chown "$SAILOR:" "$BUNDLE/config.json"
}
teardown_test() {
  local dir
  for dir in "${STATE_HOME:-/nowhere}"/*/; do
    [[ -d $dir ]] || continue
    sailing delete --force "$(basename "$dir")" >/dev/null 2>&1 || true
  done
}

# A clean environment, no groups, no capability in any set; behind the words of VIEW.
VIEW=()
as_sailor() {
  "${VIEW[@]}" setpriv --reuid "$(id -u "$SAILOR")" --regid "$(id -g "$SAILOR")" --clear-groups --inh-caps=-all --bounding-set=-all \
    env -i PATH="$PATH" HOME="$WORK/home" XDG_RUNTIME_DIR="$WORK/run" "$@" 3>&-
}
# newuidmap needs its own privileges: no empty bounding set here.
as_sailor_with_range() {
  setpriv --reuid "$(id -u "$SAILOR")" --regid "$(id -g "$SAILOR")" --clear-groups --inh-caps=-all \
    env -i PATH="$PATH" HOME="$WORK/home" XDG_RUNTIME_DIR="$WORK/run" "$@" 3>&-
}
sailing() { as_sailor timeout --foreground -k 2 20 "$RUNTIME" --root "$STATE_HOME" "$@"; }

@test "spec --rootless makes a config with a user namespace and the user's own ids" {
  jq -e --argjson uid "$(id -u "$SAILOR")" --argjson gid "$(id -g "$SAILOR")" '
    ([.linux.namespaces[].type] | index("user")) and ([.linux.namespaces[].type] | index("network") | not)
    and .linux.uidMappings == [{containerID: 0, hostID: $uid, size: 1}] and .linux.gidMappings == [{containerID: 0, hostID: $gid, size: 1}]
    and (.linux.resources // {} | . == {} or . == {devices: null})' "$BUNDLE/config.json" >/dev/null || fail "$(cat "$BUNDLE/config.json")"
}

@test "run as an ordinary user" {
  args /bin/sh -c 'id -u; hostname; echo $$'
  capture sailing run --bundle "$BUNDLE" "$ID"
  equal "$status: $stderr" "0: "
  contains "$stdout" $'0\n'
  contains "$stdout" $'\n1'
}

@test "an ordinary user who sees no processes of others in /proc" {
  args /bin/sh -c 'exit 7'
  local hidden
  for hidden in 1 2; do
    VIEW=(unshare -m sh -c 'mount -t proc -o "hidepid=$1" proc /proc && shift && exec "$@"' _ "$hidden")
    capture sailing run --bundle "$BUNDLE" "$ID"
    equal "$status: $stderr" "7: "
  done
}

@test "the ordinary user's container has the user's rights on the host" {
  args /bin/sh -c 'echo made >/data/file; cat /proc/self/uid_map'
  config '.root.readonly = false'
  capture sailing run --bundle "$BUNDLE" "$ID"
  equal "$status: $stderr" "0: "
  equal "$(stat -c %U "$ROOTFS/data/file")" "$SAILOR"
  matches "$stdout" "^ *0 +$(id -u "$SAILOR") +1$"
}

@test "create, start, state, exec, list, kill, delete as an ordinary user" {
  args /bin/sleep 300
  capture sailing create --bundle "$BUNDLE" "$ID"
  equal "$status: $stderr" "0: "
  capture sailing start "$ID"
  equal "$status: $stderr" "0: "
  equal "$(sailing state "$ID" | jq -r .status)" running
  equal "$(sailing exec "$ID" /bin/echo inside </dev/null)" inside
  contains "$(sailing list)" "$ID"
  sailing kill "$ID" KILL
  for try in $(seq 100); do
    [[ $(sailing state "$ID" | jq -r .status) != stopped ]] || break
    sleep 0.05
  done
  capture sailing delete "$ID"
  equal "$status: $stderr" "0: "
}

@test "a terminal as an ordinary user" {
  config '.process.terminal = true | .process.args = ["/bin/sh", "-c", "tty >/dev/null && echo terminal"]'
  export -f sailing as_sailor
  stdout=$(script -qefc "setpriv --reuid $(id -u "$SAILOR") --regid $(id -g "$SAILOR") --clear-groups --inh-caps=-all --bounding-set=-all \
    '$RUNTIME' --root '$STATE_HOME' run --bundle '$BUNDLE' '$ID'" /dev/null 3>&- </dev/null)
  contains "$stdout" terminal
}

@test "limits that the user may not set are told, not dropped in silence" {
  config '.linux.resources = {memory: {limit: 33554432}}'
  capture sailing run --bundle "$BUNDLE" "$ID"
  # Without a delegated cgroup neither answer is wrong: it runs with a warning, or the error says why not.
  if [[ $status -ne 0 ]]; then refused cgroup; fi
}

@test "ranges of ids by newuidmap" {
  command -v newuidmap >/dev/null || skip "newuidmap is not installed (package uidmap)"
  start=$(awk -F: -v user="$SAILOR" '$1 == user {print $2}' /etc/subuid)
  [[ -n $start ]] || skip "no range of sub ids for a new user"
  config --argjson uid "$(id -u "$SAILOR")" --argjson gid "$(id -g "$SAILOR")" --argjson start "$start" '
    .linux.uidMappings = [{containerID: 0, hostID: $uid, size: 1}, {containerID: 1, hostID: $start, size: 65000}]
    | .linux.gidMappings = [{containerID: 0, hostID: $gid, size: 1}, {containerID: 1, hostID: $start, size: 65000}]
    | .process.user = {uid: 1000, gid: 1000} | .process.args = ["/bin/probe"]'
  chown "$SAILOR:" "$BUNDLE/config.json"
  capture as_sailor_with_range timeout 20 "$RUNTIME" --root "$STATE_HOME" run --bundle "$BUNDLE" "$ID"
  equal "$status: $stderr" "0: "
  cp "$BUNDLE/command.out" "$BUNDLE/report.json"
  check '.uid == 1000 and .gid == 1000'
  check --arg start "$start" '.uid_map | test("1 +" + $start + " +65000")'
}

@test "the default state root of an ordinary user is below XDG_RUNTIME_DIR" {
  args /bin/true
  chmod 700 "$WORK/run"
  capture as_sailor timeout 20 "$RUNTIME" run --bundle "$BUNDLE" "$ID"
  chmod 755 "$WORK/run"
  equal "$status: $stderr" "0: "
}

@test "an id that is not the user's own cannot be mapped" {
  config '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]'
  capture sailing run --bundle "$BUNDLE" "$ID"
  refused ""
}

@test "nothing is left behind" {
  nothing_left
}
