# Hooks: all six, their order, the state on stdin, and what a failure of each does (config.md#posix-platform-hooks).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

# Each host hook writes its name to $BUNDLE/order and its stdin to $BUNDLE/NAME.json.
setup_test() {
  cat >"$BUNDLE/hook" <<HOOK
#!/bin/sh
echo "\$1" >>"$BUNDLE/order"
cat >"$BUNDLE/\$1.json"
env | grep -v '^\(PWD\|SHLVL\|_\)=' >"$BUNDLE/\$1.env"
pwd >"$BUNDLE/\$1.cwd"
ls -l /proc/\$\$/fd >"$BUNDLE/\$1.fds"
readlink /proc/self/ns/mnt >"$BUNDLE/\$1.mnt"
exit \${2:-0}
HOOK
  chmod 755 "$BUNDLE/hook"
  touch "$BUNDLE/order"
}
hook() { # NAME [EXIT-STATUS [MORE-JSON]]
  local path=$BUNDLE/hook more=${3:-}
  [[ -n $more ]] || more='{}'
  config --arg name "$1" --arg path "$path" --arg code "${2:-0}" --argjson more "$more" \
    '.hooks[$name] += [{path: $path, args: ["hook", $name, $code]} + $more]'
}
start_container_hook() { # runs in the container: busybox as the program
  config '.hooks.startContainer += [{path: "/bin/sh", args: ["sh", "-c", "cat >/data/startContainer.json; echo startContainer >/data/order"]}]'
}

@test "all hooks run, in the order of the lifecycle" {
  ours_only "1.1.5 runs poststart before start"
  for name in prestart createRuntime createContainer poststart poststop; do hook $name; done
  start_container_hook
  shell 'cat /data/order; echo program; sleep 300'
  must_create
  equal "$(paste -sd' ' "$BUNDLE/order")" "prestart createRuntime createContainer"
  must rt start "$ID"
  wait_for grep -q program "$BUNDLE/container.out"
  equal "$(output)" $'startContainer\nprogram'
  wait_for grep -q poststart "$BUNDLE/order"
  [[ ! -e $BUNDLE/poststop.json ]]
  must rt delete --force "$ID"
  equal "$(paste -sd' ' "$BUNDLE/order")" "prestart createRuntime createContainer poststart poststop"
}

@test "each hook gets the state, with the right status" {
  config '.annotations = {"a": "b"}'
  for name in prestart createRuntime createContainer poststart poststop; do hook $name; done
  start_container_hook
  shell 'sleep 0.3'
  must_run
  pairs=(prestart:creating createRuntime:creating createContainer:creating poststop:stopped)
  # runc 1.1.5 runs poststart before start.
  if is_ours; then pairs+=(poststart:running); fi
  for pair in "${pairs[@]}"; do
    jq -e --arg id "$ID" --arg bundle "$BUNDLE" --arg status "${pair#*:}" \
      '.id == $id and .bundle == $bundle and .annotations == {"a": "b"} and (.ociVersion | length > 0) and .status == $status' \
      "$BUNDLE/${pair%%:*}.json" >/dev/null || fail "${pair%%:*}: $(cat "$BUNDLE/${pair%%:*}.json")"
  done
  # runtime.md#state: the status while the startContainer hook runs is created.
  jq -e '.status == "created"' "$ROOTFS/data/startContainer.json" >/dev/null || {
    ours_only "$(jq -c .status "$ROOTFS/data/startContainer.json") for startContainer"
    fail "$(cat "$ROOTFS/data/startContainer.json")"
  }
  jq -e '.pid > 0' "$BUNDLE/createRuntime.json" >/dev/null
}

@test "a hook's environment is its own or empty, its descriptors are stdin, out and err" { # T-HOOK
  ours_only "1.1.5 gives createContainer the container's environment"
  for name in createRuntime createContainer poststart poststop; do hook $name 0 '{"env": ["ONE=1"]}'; done
  hook prestart
  exec 9</
  LEAKED=secret must_run
  exec 9<&-
  for name in createRuntime createContainer poststart poststop; do
    equal "$(cat "$BUNDLE/$name.env")" "ONE=1"
    # A shell keeps its own from 10 upwards.
  [[ $(awk 'NF > 8 {print $9}' "$BUNDLE/$name.fds" | grep -vc '^[0-2]$\|^[1-9][0-9]\+$') -eq 0 ]] || fail "$name: $(cat "$BUNDLE/$name.fds")"
  done
  equal "$(cat "$BUNDLE/prestart.env")" ""
}

@test "a host hook's current folder is not below the image" {
  hook createRuntime
  hook poststop
  must_run
  for name in createRuntime poststop; do
    [[ $(cat "$BUNDLE/$name.cwd") != "$ROOTFS"* ]] || fail "$name runs in $(cat "$BUNDLE/$name.cwd")"
  done
}

@test "prestart and createRuntime run in the host's mount namespace, createContainer in the container's" {
  hook prestart
  hook createRuntime
  hook createContainer
  must_run
  own=$(readlink /proc/self/ns/mnt)
  equal "$(cat "$BUNDLE/prestart.mnt")" "$own"
  equal "$(cat "$BUNDLE/createRuntime.mnt")" "$own"
  [[ $(cat "$BUNDLE/createContainer.mnt") != "$own" ]]
}

@test "createContainer hooks begin in the container's root" {
  config '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "touch ./seen"]}]'
  must_run
  [[ -e $ROOTFS/seen ]]
}

@test "hooks of one kind run in the order of the config" {
  config --arg path "$BUNDLE/hook" '.hooks.createRuntime = ["a", "b", "c"] | .hooks.createRuntime |= map({path: $path, args: ["hook", .]})'
  must_run
  equal "$(paste -sd' ' "$BUNDLE/order")" "a b c"
}

@test "a failing hook before start fails create and leaves nothing" {
  for name in prestart createRuntime createContainer; do
    config 'del(.hooks)'
    rm -f "$BUNDLE/order"
    hook $name 3
    hook poststop
    create_container
    refused "hook"
    capture rt state "$ID"
    refused "does not exist"
    nothing_left
  done
}

@test "a failing startContainer hook fails start and stops the container" {
  config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]'
  shell 'echo ran'
  must_create
  capture rt start "$ID"
  # runc 1.1.5 has already let go of the start when the hook fails.
  if is_ours; then refused "hook"; fi
  # runtime.md#lifecycle, step 8: stop the container and go on at step 12, where it is destroyed.
  if is_ours; then
    capture rt state "$ID"
    refused "does not exist"
  else
    wait_status stopped
  fi
  equal "$(output)" ""
}

@test "a failing poststart hook does not stop the others" { # runtime.md#lifecycle step 10, or runc's way: see docs
  ours_only "1.1.5 runs poststart before start"
  hook poststart 3
  args /bin/sleep 300
  must_create
  capture rt start "$ID"
  [[ $status -eq 0 ]] || refused "hook"
}

@test "a failing poststop hook is a warning: delete goes on" {
  ours_only "1.1.5 skips the rest of the poststop hooks"
  hook poststop 3
  config --arg path "$BUNDLE/hook" '.hooks.poststop += [{path: $path, args: ["hook", "after"]}]'
  must_create
  must rt delete --force "$ID"
  equal "$(paste -sd' ' "$BUNDLE/order")" "poststop after"
  capture rt state "$ID"
  refused "does not exist"
}

@test "a hook that takes too long is ended" {
  cat >"$BUNDLE/slow" <<'HOOK'
#!/bin/sh
exec sleep 30
HOOK
  chmod 755 "$BUNDLE/slow"
  config --arg path "$BUNDLE/slow" '.hooks.createRuntime = [{path: $path, timeout: 1}]'
  begin=$SECONDS
  create_container
  refused "hook"
  [[ $((SECONDS - begin)) -lt 25 ]]
}

@test "a hook that does not exist fails create and is named" {
  config '.hooks.createRuntime = [{path: "/no/such/hook"}]'
  create_container
  refused "/no/such/hook"
}

@test "a hook's path must be absolute" { # config.md#posix-platform-hooks: MUST
  ours_only "runs it"
  config '.hooks.createRuntime = [{path: "bin/true"}]'
  create_container
  refused "bin/true"
}

@test "a failing hook's output is in the error" {
  cat >"$BUNDLE/loud" <<'HOOK'
#!/bin/sh
echo "the reason is rain" >&2
exit 1
HOOK
  chmod 755 "$BUNDLE/loud"
  config --arg path "$BUNDLE/loud" '.hooks.createRuntime = [{path: $path}]'
  create_container
  refused "the reason is rain"
}

@test "state answers while a hook runs" {
  cat >"$BUNDLE/ask" <<HOOK
#!/bin/sh
timeout 5 "$RUNTIME" --root "$STATE" state "$ID" >"$BUNDLE/asked" 2>&1
echo \$? >"$BUNDLE/asked.status"
HOOK
  chmod 755 "$BUNDLE/ask"
  config --arg path "$BUNDLE/ask" '.hooks.poststart = [{path: $path}]'
  args /bin/sleep 300
  must_create
  must rt start "$ID"
  equal "$(cat "$BUNDLE/asked.status")" 0
  # runc 1.1.5 runs poststart before start.
  if is_ours; then equal "$(jq -r .status <"$BUNDLE/asked")" running; fi
}

@test "a hook that does not read its stdin is no failure" {
  config '.hooks.createRuntime = [{path: "/bin/true"}] | .annotations = {"long": ("x" * 100000)}'
  must_run
}

@test "nothing is left behind" {
  nothing_left
}
