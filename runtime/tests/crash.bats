# A runtime or an init that is killed at any system call of create, run, start, exec or delete leaves nothing that one
# `delete --force` does not remove. POINTS sets how many calls of each kind are tried (first and last are always among them).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

setup_test() {
  ours_only "leaks a cgroup or a live init at some of these points"
  type -P strace >/dev/null || skip "strace is not installed"
  args /bin/sleep 300
}

# traced FILE STRACE-OPTION... -- VERB...: the tracer is no parent of the runtime (-D), so it ends with init, not before.
traced() {
  local options=()
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  timeout -k 2 20 strace -D -f -qq "${options[@]}" "$RUNTIME" --root "$STATE" "$@" </dev/null >"$BUNDLE/traced.out" 2>&1 3>&- || true
}
deleted() {
  rt delete --force "$ID" </dev/null >"$BUNDLE/delete.out" 2>&1
}
all_gone() {
  [[ ! -e $STATE/$ID && -z $(cgroup_dirs | grep "$TAG/") ]]
}

# sweep PREPARE VERB...: PREPARE makes what the verb needs; then the verb is killed at every kind of call.
sweep() {
  local prepare=$1 name count number points=0
  shift
  $prepare
  traced -o "$BUNDLE/trace" -- "$@"
  deleted || fail "delete after an undisturbed $1: $(cat "$BUNDLE/delete.out")"
  sleep 0.2 # the tracer writes its last lines
  while read -r count name; do
    for number in $(seq 1 $(((count + $POINTS - 1) / $POINTS)) "$count"; echo "$count"); do
      $prepare
      traced -o /dev/null -e "trace=$name" -e "inject=$name:signal=KILL:when=$number" -- "$@"
      deleted || fail "$1 killed at $name $number: delete --force: $(cat "$BUNDLE/delete.out")"
      [[ ! -s $BUNDLE/delete.out ]] || fail "$1 killed at $name $number: delete --force says $(cat "$BUNDLE/delete.out")"
      wait_for all_gone || fail "$1 killed at $name $number: left: $(ls -A "$STATE") $(cgroup_dirs | grep "$TAG/")"
      points=$((points + 1))
    done
  done < <(LC_ALL=C sed -E 's/^[0-9]+ +//' "$BUNDLE/trace" | grep -aoE '^[a-z_0-9]+\(' | tr -d '(' | sort | uniq -c | grep -v execve)
  [[ $points -ge 20 ]] || fail "only $points points: the trace is broken"
  nothing_left
}
nothing() { :; }
created() { rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1; }
running() { created && rt start "$ID" </dev/null >/dev/null 2>&1; }

@test "create" { POINTS=${POINTS:-1} sweep nothing create --bundle "$BUNDLE" "$ID"; }
@test "create, before it has saved the configuration: delete owes no hook and says nothing" {
  local left
  for left in nothing empty; do
    # It looks up what its caller ignores right before.
    traced -o /dev/null -P /proc/self/status -e trace=openat -e inject=openat:signal=KILL -- create --bundle "$BUNDLE" "$ID"
    [[ -L $STATE/$ID/init && ! -e $STATE/$ID/config.json ]] || fail "killed elsewhere: $(ls -A "$STATE/$ID")"
    [[ $left == nothing ]] || : >"$STATE/$ID/config.json"
    deleted || fail "delete --force: $(cat "$BUNDLE/delete.out")"
    equal "$(<"$BUNDLE/delete.out")" ""
  done
}
@test "run --detach" { POINTS=1 sweep nothing run --detach --bundle "$BUNDLE" "$ID"; }
@test "start" { POINTS=1 sweep created start "$ID"; }
@test "exec --detach" { POINTS=1 sweep running exec --detach "$ID" /bin/sleep 300; }
@test "delete --force" { POINTS=1 sweep running delete --force "$ID"; }

@test "a container in a user namespace" {
  add_user_namespace
  POINTS=1 sweep nothing create --bundle "$BUNDLE" "$ID"
}

@test "nothing is left behind" { nothing_left; }
