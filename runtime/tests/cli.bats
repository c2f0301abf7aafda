# The command line: version, help, completion, wrong use, global options, logs (exit codes and texts that callers rely on).
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

commands=(create delete exec features kill list pause ps resume run spec start state)

@test "--version names the program, its spec version and libseccomp" {
  for flag in --version -v; do
    must "$RUNTIME" $flag
    matches "$stdout" '^[a-z]+ version [0-9]'
    contains "$stdout" "spec: 1."
    contains "$stdout" "libseccomp: "
    equal "$stderr" ""
  done
}

@test "help lists the commands; each command has its own" {
  for flag in --help -h help; do
    must "$RUNTIME" $flag
    for command in "${commands[@]}"; do contains "$stdout" "$command"; done
    equal "$stderr" ""
  done
  for command in "${commands[@]}"; do
    must "$RUNTIME" "$command" --help
    contains "$stdout" "$command"
    equal "$stderr" ""
    must "$RUNTIME" help "$command"
    contains "$stdout" "$command"
  done
}

@test "the help of create, run and exec names their options" {
  must "$RUNTIME" create --help
  for option in bundle console-socket pid-file no-pivot no-new-keyring preserve-fds; do contains "$stdout" "--$option"; done
  must "$RUNTIME" run --help
  for option in bundle console-socket detach pid-file no-subreaper no-pivot no-new-keyring preserve-fds; do contains "$stdout" "--$option"; done
  must "$RUNTIME" exec --help
  for option in console-socket cwd env tty user additional-gids process detach pid-file process-label apparmor no-new-privs cap preserve-fds cgroup ignore-paused; do
    contains "$stdout" "--$option"
  done
  must "$RUNTIME" --help
  for option in root log log-format debug systemd-cgroup rootless; do contains "$stdout" "--$option"; done
}

@test "an unknown option is an error with status 1" {
  capture "$RUNTIME" --no-such-option state x
  equal "$status" 1
  contains "$stderr" no-such-option
  capture "$RUNTIME" state --no-such-option x
  equal "$status" 1
  contains "$stderr" no-such-option
}

@test "an unknown command is an error that names it" {
  capture "$RUNTIME" no-such-command
  [[ $status -ne 0 ]]
  contains "$stdout$stderr" no-such-command
  # runc 1.1.5 ends with 3, as later ones do.
  equal "$status" 3
}

@test "another command X is the program plimsoll-X beside the runtime, or in PATH" {
  ours_only "has none"
  mkdir "$BUNDLE/bin" "$BUNDLE/more"
  ln "$RUNTIME" "$BUNDLE/bin/plimsoll" || cp "$RUNTIME" "$BUNDLE/bin/plimsoll"
  printf '#!/bin/sh\necho beside "$@"\n' >"$BUNDLE/bin/plimsoll-salute"
  printf '#!/bin/sh\necho path "$@"; exit 7\n' >"$BUNDLE/more/plimsoll-farewell"
  chmod +x "$BUNDLE/bin/plimsoll-salute" "$BUNDLE/more/plimsoll-farewell"
  capture "$BUNDLE/bin/plimsoll" salute one "two words"
  equal "$status $stdout" "0 beside one two words"
  capture env PATH="$BUNDLE/more:$PATH" "$BUNDLE/bin/plimsoll" farewell --now
  equal "$status $stdout" "7 path --now"
}

@test "plimsoll validate is the validator, with its words and its status" {
  ours_only "has none"
  local validator=${VALIDATOR:-${RUNTIME%/*}/plimsoll-validate}
  [[ -x $validator ]] || skip "plimsoll-validate was not built: VALIDATOR names it"
  mkdir "$BUNDLE/bin"
  ln -s "$RUNTIME" "$BUNDLE/bin/plimsoll"
  export PATH=$BUNDLE/bin:$PATH
  ln -s "$validator" "$BUNDLE/bin/plimsoll-validate"
  capture plimsoll validate "$BUNDLE"
  equal "$status $stderr" "0 "
  config '.process.cwd = "here" | .linux.namespaces += [{type: "moon"}]'
  capture plimsoll validate "$BUNDLE"
  equal "$status" 1
  contains "$stdout" /process/cwd
  contains "$stdout" moon
}

@test "a wrong number of arguments says how many there must be" {
  for command in create delete kill pause resume run start state; do
    capture rt "$command"
    equal "$status" 1
    contains "$stderr" "requires"
    contains "$stderr" "argument"
  done
  for command in start state pause resume; do
    capture rt "$command" one two
    equal "$status" 1
    contains "$stderr" "requires exactly 1 argument"
  done
}

@test "an option without its value is an error that says so" {
  capture "$RUNTIME" run --bundle
  [[ $status -ne 0 ]]
  contains "$stdout$stderr" "flag needs an argument"
}

@test "long options may have one dash; = or a blank before the value" {
  mkdir "$STATE.dash"
  must "$RUNTIME" -root "$STATE.dash" list
  must "$RUNTIME" "-root=$STATE.dash" list -q
  must "$RUNTIME" --root="$STATE.dash" list -format json
  rmdir "$STATE.dash"
}

# libcs read these differently: the released program may have another one than its unit tests.
@test "a letter with =, a dash alone, an abbreviation and a letter too many are read alike everywhere" {
  ours_only "other words"
  mkdir "$WORK/letters"
  must "$RUNTIME" spec "-b=$WORK/letters"
  [[ -s $WORK/letters/config.json ]]
  capture "$RUNTIME" spec --bundle
  equal "$status" 1
  contains "$stderr" "flag needs an argument: --bundle"
  capture "$RUNTIME" state - --no-such-option
  contains "$stderr" "not defined: -no-such-option"
  capture "$RUNTIME" list --for
  contains "$stderr" "not defined: -for"
  capture "$RUNTIME" list -qx
  contains "$stderr" "not defined"
  capture "$RUNTIME" exec -pid x y true
  contains "$stderr" "not defined: -pid"
}

@test "an empty state root and / are refused" {
  capture "$RUNTIME" --root "" list
  if is_ours; then refused ""; fi
  capture "$RUNTIME" --root / run --bundle "$BUNDLE" "$ID"
  # runc 1.1.5 makes its folders in /; we do not let it.
  if is_ours; then refused ""; else rt delete --force "$ID" || true; rmdir "/$ID" 2>/dev/null || true; fi
}

@test "an id holds letters, digits and _ + - ." {
  args /bin/true
  for id in "$ID-a_b+c.d" "$ID..x"; do must rt run --bundle "$BUNDLE" "$id"; done
}

# Inside a mount namespace of its own, on a tmpfs: a runtime that joins such an id to a path deletes what is above.
hostile_ids() {
  local id command
  mount -t tmpfs ids "$WORK/state"
  mkdir -p "$STATE"
  echo canary | tee "$WORK/state/canary" >"$WORK/state/of/canary"
  for id in ../evil a/b .. . "a b" $'a\nb' "ü" "/" "*" ""; do
    for command in "run --bundle $BUNDLE" "create --bundle $BUNDLE" state "delete --force" delete kill start pause; do
      # shellcheck disable=SC2086
      capture rt $command "$id"
      [[ $status -ne 0 ]] || [[ $command == "delete --force" ]] || fail "$command took the id '$id'"
    done
    capture rt exec "$id" true
    [[ $status -ne 0 ]] || fail "exec took the id '$id'"
  done
  equal "$(cat "$WORK/state/canary" "$WORK/state/of/canary")" $'canary\ncanary'
  equal "$(find "$WORK/state" -mindepth 1 | sort)" "$(printf '%s\n' "$WORK"/state/{canary,of,of/canary,of/runtime} | sort)"
  capture rt run --bundle "$BUNDLE" ../evil
  [[ ${stderr,,} == *"invalid"*"id format"* ]] || fail "$stderr"
}
@test "other ids are refused by every command and reach nothing above the state root" { # T-ID
  isolated hostile_ids
}

@test "--log with --log-format json holds exactly one object after a failure" {
  capture rt --log "$BUNDLE/log.json" --log-format json start "nobody-$ID"
  [[ $status -ne 0 ]]
  equal "$(wc -l <"$BUNDLE/log.json")" 1
  jq -e '.level == "error" and (.msg | test("container does not exist")) and (.time | test("^[0-9]{4}-.*T.*(Z|[+-][0-9:]+)$"))' \
    "$BUNDLE/log.json" >/dev/null || fail "$(cat "$BUNDLE/log.json")"
  contains "$stderr" "container does not exist"
}

@test "a create that fails in the container's init logs one object too" {
  args /no/such/program
  capture rt --log "$BUNDLE/log.json" --log-format json create --bundle "$BUNDLE" "$ID"
  [[ $status -ne 0 ]]
  jq -e -s '[.[] | select(.level == "error")] | length == 1 and (.[0].msg | test("/no/such/program.*no such file or directory"))' \
    "$BUNDLE/log.json" >/dev/null || fail "$(cat "$BUNDLE/log.json")"
}

@test "a success logs nothing, and writes nothing to stderr" {
  must rt --log "$BUNDLE/log.json" --log-format json run --bundle "$BUNDLE" "$ID"
  equal "$stderr" ""
  [[ ! -s $BUNDLE/log.json ]] || jq -e -s 'all(.level != "error")' "$BUNDLE/log.json" >/dev/null
}

@test "the log is appended to" {
  echo before >"$BUNDLE/log"
  capture rt --log "$BUNDLE/log" start "nobody-$ID"
  equal "$(head -1 "$BUNDLE/log")" before
  [[ $(wc -l <"$BUNDLE/log") -eq 2 ]]
}

@test "an unknown log format is an error" {
  capture rt --log-format xml list
  [[ $status -ne 0 ]]
  contains "${stderr,,}" "log-format"
}

@test "--debug says what is done and is no failure" {
  must rt --debug --log "$BUNDLE/log.json" --log-format json run --bundle "$BUNDLE" "$ID"
  jq -e -s 'any(.level == "debug")' "$BUNDLE/log.json" >/dev/null || fail "$(cat "$BUNDLE/log.json")"
}

@test "--rootless takes true, false and auto" {
  for value in true false auto; do must rt --rootless "$value" list; done
  capture rt --rootless perhaps list
  if is_ours; then refused rootless; fi
}

@test "a bundle that does not exist, and one without a config" {
  capture rt run --bundle "$BUNDLE/nowhere" "$ID"
  refused "no such file or directory"
  mkdir "$BUNDLE/empty"
  capture rt run --bundle "$BUNDLE/empty" "$ID"
  refused "JSON specification file config.json not found"
}

@test "completion for bash comes from the commands' own table" {
  ours_only "has no completion command"
  must "$RUNTIME" completion bash
  bash -n "$BUNDLE/command.out"
  for command in "${commands[@]}"; do contains "$stdout" "$command"; done
  contains "$stdout" "--console-socket"
}

@test "a near miss is told what was meant" {
  ours_only "does not guess"
  capture "$RUNTIME" strat x
  contains "$stderr$stdout" start
}

@test "nothing is left behind" {
  nothing_left
}
