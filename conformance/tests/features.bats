# features.md and features-linux.md: what a runtime says of itself is well formed and true.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

setup_test() {
  need features
  FEATURE=$(<"$FEATURES")
}
features() { jq -r "$1 // empty | if type == \"array\" then .[] else . end" <<<"$FEATURE"; }
accepted() { # the configuration as it is now
  operate create
  local result=$status message=$stderr
  discard
  [[ $result -eq 0 ]] || differs "create succeeds" "$message"
}
# each ID FILTER WORDS: a container for each word; FILTER has it as @.
each() {
  local id=$1 filter=$2 word
  shift 2
  for word in "$@"; do
    new_bundle "word-${word//[^A-Za-z0-9]/-}"
    config "${filter//@/$word}"
    check "$id" "$word" accepted
  done
}

# bats test_tags=req:features:annotations:map, req:features:annotations:optional, req:features:hooks:optional, req:features:linux:apparmor:enabled:optional, req:features:linux:apparmor:optional, req:features:linux:capabilities:optional, req:features:linux:cgroup:optional, req:features:linux:cgroup:rdma:optional, req:features:linux:cgroup:systemd:optional, req:features:linux:cgroup:systemdUser:optional, req:features:linux:cgroup:v1:optional, req:features:linux:cgroup:v2:optional, req:features:linux:intelRdt:enabled:optional, req:features:linux:intelRdt:monitoring:optional, req:features:linux:intelRdt:optional, req:features:linux:intelRdt:schemata:optional, req:features:linux:memoryPolicy:flags:optional, req:features:linux:memoryPolicy:modes:optional, req:features:linux:memoryPolicy:optional, req:features:linux:mountExtensions:idmap:enabled:optional, req:features:linux:mountExtensions:idmap:optional, req:features:linux:mountExtensions:optional, req:features:linux:namespaces:optional, req:features:linux:netDevices:enabled:optional, req:features:linux:netDevices:optional, req:features:linux:optional, req:features:linux:seccomp:actions:optional, req:features:linux:seccomp:archs:optional, req:features:linux:seccomp:enabled:optional, req:features:linux:seccomp:knownFlags:optional, req:features:linux:seccomp:operators:optional, req:features:linux:seccomp:optional, req:features:linux:seccomp:supportedFlags:optional, req:features:linux:selinux:enabled:optional, req:features:linux:selinux:optional, req:features:mountOptions:no-fs-specific, req:features:mountOptions:optional, req:features:no-undefined-props, req:features:null-or-absent, req:features:ociVersionMax:ge-min, req:features:ociVersionMax:required, req:features:ociVersionMin:required, req:features:potentiallyUnsafe:optional, req:features:provided, req:linux:namespaces:types-supported
@test "the document is well formed" {
  step features
  printf '%s' "$stdout" >"$T/report.json"
  # Strings in lists, objects and truth values where the specification has them. A member may be absent or null.
  judge <<'END'
    features.provided                        type                             =>  . == "object"
    features.ociVersionMin.required          .ociVersionMin                   =>  type == "string" and test("^[0-9]+\\.[0-9]+\\.[0-9]+([-+].*)?$")
    features.ociVersionMax.required          .ociVersionMax                   =>  type == "string" and test("^[0-9]+\\.[0-9]+\\.[0-9]+([-+].*)?$")
    features.ociVersionMax.ge-min            [.ociVersionMin, .ociVersionMax] | map(sub("[-+].*"; "") | split(".") | map(tonumber))  =>  .[0] <= .[1]
    features.null-or-absent                  .linux                           =>  . == null or type == "object"
    features.hooks.optional                  .hooks // []                     =>  type == "array" and all(type == "string") and (. - ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] == [])
    features.mountOptions.optional           .mountOptions // []              =>  type == "array" and all(type == "string")
    features.mountOptions.no-fs-specific     .mountOptions // []              =>  map(select(test("^(size|mode|uid|gid|nr_inodes|data|errors|journal|discard)($|=)"))) == []
    features.linux.optional                  .linux // {}                     =>  type == "object"
    features.annotations.optional            .annotations // {}               =>  type == "object"
    features.annotations.map                 .annotations // {}               =>  to_entries | all(.key != "" and (.value | type == "string"))
    features.potentiallyUnsafe.optional      .potentiallyUnsafeConfigAnnotations // []  =>  type == "array" and all(type == "string")
    features.linux.namespaces.optional       .linux.namespaces // []          =>  type == "array" and (. - ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"] == [])
    linux.namespaces.types-supported         .linux.namespaces // [] | sort   =>  . == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]
    features.linux.capabilities.optional     .linux.capabilities // []        =>  type == "array" and all(startswith("CAP_"))
    features.linux.cgroup.optional           .linux.cgroup // {}              =>  type == "object"
    features.linux.cgroup.v1.optional        .linux.cgroup.v1                 =>  . == null or type == "boolean"
    features.linux.cgroup.v2.optional        .linux.cgroup.v2                 =>  . == null or type == "boolean"
    features.linux.cgroup.systemd.optional   .linux.cgroup.systemd            =>  . == null or type == "boolean"
    features.linux.cgroup.systemdUser.optional  .linux.cgroup.systemdUser     =>  . == null or type == "boolean"
    features.linux.cgroup.rdma.optional      .linux.cgroup.rdma               =>  . == null or type == "boolean"
    features.linux.seccomp.optional          .linux.seccomp // {}             =>  type == "object"
    features.linux.seccomp.enabled.optional  .linux.seccomp.enabled           =>  . == null or type == "boolean"
    features.linux.seccomp.actions.optional  .linux.seccomp.actions // []     =>  type == "array" and all(startswith("SCMP_ACT_"))
    features.linux.seccomp.operators.optional  .linux.seccomp.operators // []  =>  type == "array" and all(startswith("SCMP_CMP_"))
    features.linux.seccomp.archs.optional    .linux.seccomp.archs // []       =>  type == "array" and all(startswith("SCMP_ARCH_"))
    features.linux.seccomp.knownFlags.optional  .linux.seccomp.knownFlags // []  =>  type == "array" and all(startswith("SECCOMP_FILTER_FLAG_"))
    features.linux.seccomp.supportedFlags.optional  .linux.seccomp | [.supportedFlags // [], .knownFlags // .supportedFlags // []]  =>  .[0] - .[1] == []
    features.linux.apparmor.optional         .linux.apparmor // {}            =>  type == "object"
    features.linux.apparmor.enabled.optional .linux.apparmor.enabled          =>  . == null or type == "boolean"
    features.linux.selinux.optional          .linux.selinux // {}             =>  type == "object"
    features.linux.selinux.enabled.optional  .linux.selinux.enabled           =>  . == null or type == "boolean"
    features.linux.memoryPolicy.optional     .linux.memoryPolicy // {}        =>  type == "object"
    features.linux.memoryPolicy.modes.optional  .linux.memoryPolicy.modes // []  =>  type == "array" and all(startswith("MPOL_"))
    features.linux.memoryPolicy.flags.optional  .linux.memoryPolicy.flags // []  =>  type == "array" and all(startswith("MPOL_F_"))
    features.linux.intelRdt.optional         .linux.intelRdt // {}            =>  type == "object"
    features.linux.intelRdt.enabled.optional .linux.intelRdt.enabled          =>  . == null or type == "boolean"
    features.linux.intelRdt.schemata.optional    .linux.intelRdt.schemata     =>  . == null or type == "boolean"
    features.linux.intelRdt.monitoring.optional  .linux.intelRdt.monitoring   =>  . == null or type == "boolean"
    features.linux.mountExtensions.optional  .linux.mountExtensions // {}     =>  type == "object"
    features.linux.mountExtensions.idmap.optional  .linux.mountExtensions.idmap // {}  =>  type == "object"
    features.linux.mountExtensions.idmap.enabled.optional  .linux.mountExtensions.idmap.enabled  =>  . == null or type == "boolean"
    features.linux.netDevices.optional       .linux.netDevices // {}          =>  type == "object"
    features.linux.netDevices.enabled.optional  .linux.netDevices.enabled     =>  . == null or type == "boolean"
    features.no-undefined-props              [(keys - ["ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "annotations", "potentiallyUnsafeConfigAnnotations", "linux"]), ((.linux // {} | keys) - ["namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt", "memoryPolicy", "mountExtensions", "netDevices"])]  =>  . == [[], []]
END
}

# bats test_tags=req:features:compile-time
@test "the document does not depend on who asks where" {
  local first
  step features
  first=$stdout
  RUNTIME_PREFIX=(env -i PATH=/bin:/usr/bin "${MUTANT_ENVIRONMENT[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups)
  chmod 755 "$T"
  operate features
  check features.compile-time "the same answer for another user and environment" equal "$stdout" "$first"
}

# bats test_tags=req:features:ociVersionMax:accepted, req:features:ociVersionMin:accepted
@test "the versions are accepted" {
  local version
  for version in Min Max; do
    new_bundle "$version"
    config ".ociVersion = \"$(features ".ociVersion$version")\""
    # also: features.ociVersionMin.accepted features.ociVersionMax.accepted
    check "features.ociVersion$version.accepted" "ociVersion $(features ".ociVersion$version")" accepted
  done
}

# bats test_tags=req:features:hooks:supported
@test "each hook kind that is listed works" {
  local kind
  for kind in $(features .hooks); do hook "$kind"; done
  args /bin/probe end 0
  step create
  step start
  await_end
  step delete
  hook_records
  check features.hooks.supported "each has run" equal "$(jq -r '.[].hook' "$T/report.json" | sort | uniq | paste -sd' ')" "$(features .hooks | sort | paste -sd' ')"
}

# bats test_tags=req:features:mountOptions:recognized
@test "each mount option that is listed is recognised" {
  local option options=()
  mkdir "$T/source"
  mapfile -t options < <(features .mountOptions)
  if [[ ${#options[@]} -eq 0 ]]; then skip_test "feature: no mount options listed"; fi
  for option in "${options[@]}"; do
    case $option in
      idmap | ridmap) config ".mounts += [{destination: \"/data/$option\", source: \"$T/source\", options: [\"rbind\", \"$option\"], uidMappings: [{containerID: 0, hostID: 1, size: 9}], gidMappings: [{containerID: 0, hostID: 1, size: 9}]}]" ;;
      bind | rbind) add_mount "/data/$option" "" "$T/source" "$option" ;;
      remount) add_mount "/data/$option" tmpfs tmpfs "" && add_mount "/data/$option" tmpfs tmpfs "remount" ;;
      mand | acl | noacl) ;; # gone from new kernels; no option of tmpfs
      *) add_mount "/data/$option" tmpfs tmpfs "$option" ;;
    esac
  done
  check features.mountOptions.recognized "all of them at once" accepted
}

# bats test_tags=req:features:linux:capabilities:recognized, req:features:linux:namespaces:recognized
@test "each namespace, capability, seccomp word and memory policy that is listed is recognised" {
  local words
  mapfile -t words < <(features .linux.namespaces)
  config ".linux.namespaces = ($(json_strings "${words[@]}"; echo "$JSON") | map({type: .})) | if any(.linux.namespaces[]; .type == \"user\") then
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings else . end"
  chown -R 100000:100000 "$ROOTFS"/{dev,data}
  check features.linux.namespaces.recognized "all types at once" accepted
  new_bundle capabilities
  # What the caller itself has not got cannot be given, whoever knows its name.
  mapfile -t words < <(features .linux.capabilities | grep -xFf <(own_capabilities))
  json_strings "${words[@]}"
  config ".process.capabilities |= map_values($JSON)"
  run_probe
  judge <<'END'
    features.linux.capabilities.recognized  .status.CapBnd  =>  . == $HOST.status.CapBnd
END
}

# The message of an unknown word, without the word: a word whose message is another one is known, and refused for a reason.
refusal() { # WORD FILTER
  config "${2//@/$1}"
  operate create
  if [[ $status -eq 0 ]]; then
    REFUSAL=''
    discard
  else
    REFUSAL=${stderr//$1/}
  fi
}
# bats test_tags=req:features:linux:seccomp:actions:recognized, req:features:linux:seccomp:archs:recognized, req:features:linux:seccomp:operators:recognized
@test "each seccomp word that is listed is recognised" {
  local words word bogus filter='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["@"]}'
  refusal SCMP_ARCH_BOGUS "$filter"
  bogus=$REFUSAL
  for word in $(features .linux.seccomp.archs); do
    refusal "$word" "$filter"
    check features.linux.seccomp.archs.recognized "$word is not refused as an unknown word" equal "$([[ -n $bogus && $REFUSAL == "$bogus" ]] && echo unknown)" ""
  done
  new_bundle operators
  mapfile -t words < <(features .linux.seccomp.operators)
  json_strings "${words[@]}"
  config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: ($JSON | map({names: [\"getpriority\"], action: \"SCMP_ACT_ERRNO\", args: [{index: 1, value: 77, valueTwo: 77, op: .}]}))}"
  check features.linux.seccomp.operators.recognized "all operators" accepted
  new_bundle actions
  mapfile -t words < <(features .linux.seccomp.actions | grep -v NOTIFY)
  json_strings "${words[@]}"
  config "[\"getpriority\", \"setpriority\", \"personality\", \"sethostname\", \"setdomainname\", \"swapon\", \"swapoff\", \"reboot\", \"acct\", \"quotactl\"] as \$calls | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: ($JSON | to_entries | map({names: [\$calls[.key]], action: .value}) | map(select(.action != \"SCMP_ACT_ALLOW\")))}"
  check features.linux.seccomp.actions.recognized "all actions" accepted
}

# bats test_tags=req:features:linux:seccomp:knownFlags:recognized, req:features:linux:seccomp:supportedFlags:works
@test "each seccomp flag that is listed is known, and works where it is said to" {
  local flag bogus filter
  if [[ -z $(features .linux.seccomp.supportedFlags) ]]; then skip_test "feature: no seccomp flags listed"; fi
  for flag in $(features .linux.seccomp.supportedFlags | grep -v 'WAIT_KILLABLE\|NEW_LISTENER'); do
    new_bundle "$flag"
    config ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", flags: [\"$flag\"], syscalls: [{names: [\"getpriority\"], action: \"SCMP_ACT_ERRNO\"}]}"
    check features.linux.seccomp.supportedFlags.works "$flag" accepted
  done
  filter='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["@"]}'
  refusal SECCOMP_FILTER_FLAG_BOGUS "$filter"
  bogus=$REFUSAL
  for flag in $(features .linux.seccomp.knownFlags); do
    refusal "$flag" "$filter"
    check features.linux.seccomp.knownFlags.recognized "$flag is not refused as an unknown flag" equal "$([[ -n $bogus && $REFUSAL == "$bogus" ]] && echo unknown)" ""
  done
}

# bats test_tags=req:features:linux:memoryPolicy:flags:recognized, req:features:linux:memoryPolicy:modes:recognized
@test "each memory policy word that is listed is recognised" {
  local mode nodes
  if [[ -z $(features .linux.memoryPolicy.modes) ]]; then skip_test "feature: no memory policy modes listed"; fi
  for mode in $(features .linux.memoryPolicy.modes); do
    case $mode in
      MPOL_DEFAULT | MPOL_LOCAL) nodes='' ;;
      *) nodes=', nodes: "0"' ;;
    esac
    new_bundle "$mode"
    config ".linux.memoryPolicy = {mode: \"$mode\"$nodes}"
    check features.linux.memoryPolicy.modes.recognized "$mode" accepted
  done
  for mode in $(features .linux.memoryPolicy.flags); do
    new_bundle "$mode"
    config ".linux.memoryPolicy = {mode: \"$([[ $mode == MPOL_F_NUMA_BALANCING ]] && echo MPOL_BIND || echo MPOL_INTERLEAVE)\", nodes: \"0\", flags: [\"$mode\"]}"
    check features.linux.memoryPolicy.flags.recognized "$mode" accepted
  done
}

# bats test_tags=req:features:linux:mountExtensions:idmap:enabled:optional, req:features:linux:mountExtensions:idmap:partial-true, req:features:linux:seccomp:enabled:optional
@test "what is said to be there works, what is said not to be is refused" {
  mkdir "$T/source"
  config ".mounts += [{destination: \"/data\", source: \"$T/source\", options: [\"bind\", \"idmap\"], uidMappings: [{containerID: 0, hostID: 1, size: 9}], gidMappings: [{containerID: 0, hostID: 1, size: 9}]}]"
  case $(jq -r '.linux.mountExtensions.idmap.enabled' <<<"$FEATURE") in
    true) check features.linux.mountExtensions.idmap.enabled.optional,features.linux.mountExtensions.idmap.partial-true "idmap works" accepted ;;
    false) check features.linux.mountExtensions.idmap.enabled.optional,features.linux.mountExtensions.idmap.partial-true "idmap is refused" refused ;;
    *) skip_ids "feature: idmap is not spoken of" features.linux.mountExtensions.idmap.enabled.optional features.linux.mountExtensions.idmap.partial-true ;;
  esac
  new_bundle seccomp
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpriority"], action: "SCMP_ACT_ERRNO"}]}'
  if [[ $(jq -r '.linux.seccomp.enabled' <<<"$FEATURE") == true ]]; then
    run_probe
    check features.linux.seccomp.enabled.optional "a filter is in force" holds '.status.Seccomp == "2"'
  else
    check features.linux.seccomp.enabled.optional "a filter is refused" refused
  fi
}
