# config.md, "Process": terminal and consoleSize; config-linux.md: /dev/console.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:config:process:consoleSize:optional, req:config:process:terminal:optional, req:linux:defaultDevices:console
@test "a terminal on the three standard streams, of the size that is asked for" {
  need can terminal
  config '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}'
  args /bin/probe report "nonce=$NONCE" /dev/console
  background "$PROBE" console "$T/console.sock" "$T/terminal"
  local receiver=$BACKGROUND
  "$PROBE" await-line /proc/net/unix "$T/console.sock" 5 || step_failed "the receiver of the terminal does not listen"
  step create-terminal
  step start
  await_end
  "$PROBE" await "$receiver" 5 || true
  tr -d '\r' <"$T/terminal" >"$T/$ID.out"
  reported
  judge <<'END'
    config.process.terminal.optional     [.fds[] | select(.fd < 3) | .tty]             =>  . == [true, true, true]
    config.process.terminal.optional     [.fds[] | select(.fd < 3) | .target] | unique  =>  length == 1
    config.process.terminal.optional     .controlling_terminal                          =>  .
    config.process.consoleSize.optional  [.rows, .columns]                              =>  . == [33, 77]
    linux.defaultDevices.console         .paths["/dev/console"].type                    =>  . == "char"
END
}

# bats test_tags=req:config:process:consoleSize:ignored, req:config:process:terminal:optional
@test "without a terminal the size means nothing" {
  config '.process.terminal = false | .process.consoleSize = {height: 33, width: 77}'
  run_probe
  judge <<'END'
    config.process.terminal.optional    [.fds[] | .tty] | any  =>  . == false
    config.process.consoleSize.ignored  [.rows, .columns]      =>  . == [0, 0]
END
}
