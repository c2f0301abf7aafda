# Terminals: console socket, foreground, window size, exec --tty.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

# in_terminal COMMAND...: with a terminal of its own, 33 rows and 77 columns; output in $stdout with \r\n, input from $INPUT.
in_terminal() {
  local line="stty rows 33 cols 77; timeout -k 2 --foreground 20 ${*@Q}"
  status=0
  stdout=$(printf '%s' "${INPUT:-}" | script -qefc "$line" /dev/null 3>&- 2>&1) || status=$?
}
listen() { # starts the receiver on $BUNDLE/console.sock; the terminal's output goes to $BUNDLE/terminal
  "$PROBE" console "$BUNDLE/console.sock" "$BUNDLE/terminal" <"${1:-/dev/null}" >"$BUNDLE/console.name" 2>&1 3>&- &
  wait_for test -S "$BUNDLE/console.sock"
}

@test "create --console-socket hands the terminal over" {
  config '.process.terminal = true'
  shell 'tty; echo from inside; sleep 0.2'
  listen
  must_create --console-socket "$BUNDLE/console.sock"
  must rt start "$ID"
  wait_for grep -q "from inside" "$BUNDLE/terminal"
  contains "$(cat "$BUNDLE/terminal")" /dev/
  matches "$(cat "$BUNDLE/console.name")" '^/dev/(pts/[0-9]+|ptmx)$'
}

@test "the terminal is the controlling one of its session and fds 0 to 2" {
  config '.process.terminal = true | .process.consoleSize = {height: 44, width: 99}'
  args /bin/probe
  listen
  must_create --console-socket "$BUNDLE/console.sock"
  must rt start "$ID"
  wait_for grep -q '}$' <(sleep 0.3; tr -d '\r' <"$BUNDLE/terminal")
  tr -d '\r' <"$BUNDLE/terminal" >"$BUNDLE/report.json"
  check '.controlling_terminal and .sid == .pid and ([.fds[] | select(.tty) | .fd] == [0, 1, 2]) and (.fds | length == 3)'
  check '.rows == 44 and .columns == 99'
  check '.dev["/dev/console"].type == "char"'
}

@test "input through the console socket's terminal" {
  config '.process.terminal = true'
  shell 'read line; echo "got <$line>"; sleep 0.2'
  echo hello >"$BUNDLE/input"
  listen "$BUNDLE/input"
  must_create --console-socket "$BUNDLE/console.sock"
  must rt start "$ID"
  wait_for grep -q "got <hello>" "$BUNDLE/terminal"
}

@test "a terminal without a console socket is an error when detached" {
  config '.process.terminal = true'
  create_container
  refused "cannot allocate tty if" "without setting console socket"
}

@test "a console socket without a terminal is an error" {
  listen
  create_container --console-socket "$BUNDLE/console.sock"
  refused "cannot use console socket if"
  kill %1
}

@test "a console socket that nobody listens on is an error that leaves nothing" {
  config '.process.terminal = true'
  create_container --console-socket "$BUNDLE/nobody.sock"
  refused "nobody.sock"
  nothing_left
}

@test "run in the foreground: terminal, size and status" {
  config '.process.terminal = true'
  shell 'tty >/dev/null && echo is a terminal; stty size; exit 5'
  in_terminal "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
  equal "$status" 5
  contains "$stdout" "is a terminal"
  contains "$stdout" "33 77"
}

@test "run in the foreground: input, and interrupt by the terminal" {
  config '.process.terminal = true'
  shell 'trap "echo interrupted; exit 6" INT; read line; echo "got <$line>"; kill -INT $$; sleep 1'
  INPUT=$'words\n' in_terminal "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
  contains "$stdout" "got <words>"
  contains "$stdout" interrupted
  equal "$status" 6
}

@test "exec --tty in the foreground" {
  must_sleep
  in_terminal "$RUNTIME" --root "$STATE" exec --tty "$ID" /bin/sh -c 'tty >/dev/null && echo is a terminal; stty size; exit 7'
  equal "$status" 7
  contains "$stdout" "is a terminal"
  contains "$stdout" "33 77"
}

@test "exec --tty --detach --console-socket" {
  must_sleep
  listen
  must rt exec --tty --detach --console-socket "$BUNDLE/console.sock" "$ID" /bin/sh -c 'tty; echo exec inside; sleep 0.2'
  wait_for grep -q "exec inside" "$BUNDLE/terminal"
}

@test "50 short programs in a terminal lose no output" { # R15
  must_sleep
  for i in $(seq 50); do
    in_terminal "$RUNTIME" --root "$STATE" exec --tty "$ID" /bin/echo "line $i"
    [[ $stdout == *"line $i"* ]] || fail "exec $i gave '$stdout'"
  done
}

@test "a megabyte through the terminal arrives whole" {
  config '.process.terminal = true'
  shell 'stty -onlcr; dd if=/dev/zero bs=1024 count=1024 2>/dev/null | od -An -v -tx1 | wc -c; dd if=/dev/zero bs=1024 count=256 2>/dev/null | od -An -v -tx1'
  in_terminal "$RUNTIME" --root "$STATE" run --bundle "$BUNDLE" "$ID"
  equal "$status" 0
  [[ $(tr -d ' \r\n' <<<"$stdout" | grep -o 00 | wc -l) -ge 262144 ]] || fail "only $(wc -c <<<"$stdout") bytes"
}

@test "the container cannot type into the caller's terminal" { # TIOCSTI, CVE-2017-5226
  # Without a terminal of its own, the container holds the caller's as fd 0; a session of its own keeps it from typing there.
  shell 'probe type "typed from inside"; sleep 0.1'
  # The caller's shell goes on reading from its terminal after the runtime has ended.
  stdout=$(script -qefc "stty rows 33 cols 77; '$RUNTIME' --root '$STATE' run --bundle '$BUNDLE' '$ID'; stty -icanon min 0 time 3; echo caller got: \$(cat)" \
    /dev/null 3>&- </dev/null 2>&1)
  [[ $stdout != *"caller got: "*"typed from inside"* ]] || fail "$stdout"
  contains "$stdout" "caller got:"
}

@test "nothing is left behind" {
  nothing_left
}
