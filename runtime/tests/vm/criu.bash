# What the suites of checkpoint and restore share: a counter that shows whether the container goes on, and both commands.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

use_criu() {
  command -v criu >/dev/null || skip "no criu"
  [[ $RUNTIME_NAME != crun ]] || skip "Debian's crun is built without CRIU"
  IMAGE=$BUNDLE/image CRIU_LOGS=$BUNDLE/logs
  COUNTER='i=0; while true; do i=$((i+1)); echo $i >/count; sleep 0.1; done'
}

count() { cat "$ROOTFS/count"; }
counts_beyond() { [[ $(count) -gt $1 ]]; } # NUMBER
# What the counter says grows.
goes_on() { wait_for counts_beyond "$(count)"; }
start_counter() { # OPTIONS... of run
  shell "$COUNTER"
  start_silent "$@"
  wait_for test -s "$ROOTFS/count"
}

checkpoint() { capture rt "${DRIVER[@]}" checkpoint --image-path "$IMAGE" --work-path "$CRIU_LOGS" "$@" "$ID"; }
dump() { # OPTIONS...: must succeed
  checkpoint "$@"
  [[ $status -eq 0 ]] || fail "checkpoint ended with $status: $stderr" "$(grep Error "$CRIU_LOGS/dump.log" | head -5)"
}
# The restored processes would keep a pipe of the test's open.
restore() { # OPTIONS...: restore --detach; sets status and stderr
  status=0
  rt "${DRIVER[@]}" restore --detach --image-path "$IMAGE" --work-path "$CRIU_LOGS" --bundle "$BUNDLE" "$@" "$ID" \
    </dev/null >/dev/null 2>"$BUNDLE/restore.err" || status=$?
  stderr=$(cat "$BUNDLE/restore.err")
}
back() { # OPTIONS...: must succeed
  restore "$@"
  [[ $status -eq 0 ]] || fail "restore ended with $status: $stderr" "$(grep Error "$CRIU_LOGS/restore.log" | head -5)"
}
# A dump that CRIU refuses, and what its log says of it.
not_dumped() { # TEXT
  checkpoint
  refused "criu failed"
  grep -q "Error (.*$1" "$CRIU_LOGS/dump.log" || fail "the log's errors: $(grep Error "$CRIU_LOGS/dump.log" | head -5)"
  equal "$(status_of)" running
}

# The machine's own programs in the container too.
with_programs() {
  rmdir "$ROOTFS/usr" 2>/dev/null || true
  mkdir "$ROOTFS/usr"
  ln -s usr/lib "$ROOTFS/lib"
  ln -s usr/lib64 "$ROOTFS/lib64"
  add_mount /usr bind /usr rbind,ro
}
