# The five operations and `features` of the runtime under test, by the command templates of its adapter.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# load_adapter FILE: lines "OPERATION WORD...", words with {root} {id} {bundle} {signal} {socket} {log}; and "can WORD...".
declare -gA TEMPLATE
CAN=''
load_adapter() {
  local operation words
  while read -r operation words; do
    case $operation in
      '' | '#'*) ;;
      can) CAN=" $words " ;;
      *) TEMPLATE[$operation]=$words ;;
    esac
  done <"$1"
}
load_adapter "$ADAPTER"
can() { [[ $CAN == *" $1 "* ]]; }

# operate OPERATION [ID [SIGNAL]]: sets `status`, `stdout` and `stderr`; a hanging command ends with status 124. OPERATION
# may be a variant such as create-terminal. The container keeps the standard streams of `create`.
operate() {
  local operation=$1 id=${2-$ID} signal=${3:-} words=() word out=$T/command.out
  for word in ${TEMPLATE[$operation]:?the adapter does not know this operation}; do
    word=${word//'{root}'/$STATE}
    word=${word//'{id}'/$id}
    word=${word//'{bundle}'/$BUNDLE}
    word=${word//'{signal}'/$signal}
    word=${word//'{socket}'/$T/console.sock}
    word=${word//'{log}'/$T/log}
    words+=("$word")
  done
  if [[ $operation == create* ]]; then
    out=$T/$id.out
    write_config
    [[ ! -e $BUNDLE/config.json ]] || cp "$BUNDLE/config.json" "$T/config-${BUNDLE##*/}-$id"
  fi
  execute "$out" "${RUNTIME_WORDS[@]}" "${words[@]}"
}
# execute OUTPUT COMMAND...: RUNTIME_PREFIX may hold a wrapper (an other directory, a leaked descriptor, a limit).
execute() {
  local output=$1
  shift
  status=0
  timeout --foreground -k 1 "$TIMEOUT" "${RUNTIME_PREFIX[@]}" "$@" </dev/null >"$output" 2>"$T/command.err" 3>&- || status=$?
  [[ $status -ne 137 ]] || status=124
  stdout='' stderr=''
  [[ ! -s $output ]] || { stdout=$(<"$output"); } 2>/dev/null
  [[ ! -s $T/command.err ]] || { stderr=$(<"$T/command.err"); } 2>/dev/null
  printf '$ %s\n  -> status %s%s\n' "${*@Q}" "$status" "${stderr:+; stderr: ${stderr:0:4000}}" >>"$T/commands"
}
RUNTIME_PREFIX=()
read -r -a RUNTIME_WORDS <<<"$RUNTIME${RUNTIME_ARGS:+ $RUNTIME_ARGS}"

# step OPERATION [ID [SIGNAL]]: must succeed for the test to make sense.
step() {
  operate "$@"
  [[ $status -eq 0 ]] || step_failed "$1 ended with status $status: ${stderr:-no message}"
}

# state [ID]: into $T/state.json
state() { operate state "$@" && cp "$T/command.out" "$T/state.json"; }
member() { # NAME [ID]: a text or a number of the state; nothing when there is no such container
  operate state "${2:-$ID}"
  if [[ $status -eq 0 && $stdout =~ \"$1\"[[:space:]]*:[[:space:]]*(\"([^\"]*)\"|[0-9]+) ]]; then
    printf '%s' "${BASH_REMATCH[2]:-${BASH_REMATCH[1]}}"
  fi
}
status_is() { # STATUS [ID]
  local now
  now=$(member status "${2:-$ID}")
  [[ $now == "$1" ]] || differs "$1" "${now:-no such container}"
}
unknown() { # [ID]: the runtime knows no such container
  operate state "${1:-$ID}"
  [[ $status -ne 0 && $status -ne 124 ]] || differs "an error: no such container" "status $status: $stdout"
}
fails() { # OPERATION [ID [SIGNAL]]: an error, and no hang
  operate "$@"
  [[ $status -ne 0 && $status -ne 124 ]] || differs "an error" "status $status${stderr:+: $stderr}"
}
succeeds() {
  operate "$@"
  [[ $status -eq 0 ]] || differs "success" "status $status: $stderr"
}
# refused: create fails and leaves no container. A runtime that accepts must not disturb the rest of the test.
refused() {
  operate create "$@"
  if [[ $status -eq 0 ]]; then
    discard "$@"
    differs "an error of create" "create succeeded"
    return 1
  fi
  [[ $status -ne 124 ]] || { differs "an error of create" "create hung until it was killed"; return 1; }
  unknown "$@"
}
# refused_by_start: create or start fails.
refused_by_start() {
  operate create
  if [[ $status -eq 0 ]]; then operate start; fi
  local result=$status
  discard
  [[ $result -ne 0 && $result -ne 124 ]] || differs "an error of create or start" "both succeeded"
}

# discard [ID]: ends and deletes a container, whatever its status.
discard() {
  local pid
  pid=$(member pid "$@")
  [[ ! $pid =~ ^[1-9][0-9]*$ ]] || { kill -KILL "$pid" 2>/dev/null && "$PROBE" await "$pid" 5; } || true
  operate delete "$@"
  [[ $status -eq 0 ]] || [[ -z ${TEMPLATE[delete-force]:-} ]] || operate delete-force "$@"
}
# At the end of a test nothing may be left; a runtime names a container's folder after its id.
remove_containers() {
  local folder
  for folder in "$STATE"/*/; do
    folder=${folder%/}
    [[ ! -d $folder || ${folder##*/} != *"$TAG"* ]] || discard "${folder##*/}" >/dev/null 2>&1
  done
}
