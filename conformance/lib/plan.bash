# Which test proves which requirement: read from the tags of the tests and from the tables of the driver.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the files of lib share their variables

# Lines "FILE<tab>TEST<tab>ID ID...". A tag req:a:b stands for the id a.b (bats takes no dots), table:NAME for all ids of
# tables/NAME.json and the two that the driver judges of each table.
make_plan() {
  local file
  for file in "$HERE"/tables/*.json; do
    jq -r --arg table "$(basename "$file" .json)" '"\($table)\t\([.cases[].ids[], "runtime.op.create.unappliable.no-container", "runtime.errors.state-unchanged"] | unique | join(" "))"' "$file"
  done >"$1.tables"
  awk -F'\t' '
    FILENAME ~ /\.tables$/ { table[$1] = $2; next }
    FNR == 1 { file = FILENAME; sub(/.*\//, "", file); tags = "" }
    /^# bats test_tags=/ { tags = $0; sub(/^# bats test_tags=/, "", tags) }
    /^@test "/ {
      name = $0; sub(/^@test "/, "", name); sub(/" [{]$/, "", name)
      n = split(tags, word, /, */); ids = ""
      for (i = 1; i <= n; i++) {
        if (word[i] ~ /^req:/) { id = substr(word[i], 5); gsub(/:/, ".", id); ids = ids " " id }
        if (word[i] ~ /^table:/) { ids = ids " " table[substr(word[i], 7)] }
      }
      sub(/^ /, "", ids); print file "\t" name "\t" ids; tags = ""
    }' "$1.tables" "$HERE"/tests/*.bats >"$1"
  rm -f "$1.tables"
  check_ids "$1"
}
# An id that the list does not hold is an error of the suite.
check_ids() {
  local unknown
  unknown=$(awk -F'\t' 'NR == FNR { known[$1] = 1; next } { n = split($3, id, " "); for (i = 1; i <= n; i++) if (!(id[i] in known)) print $1 ": " $2 ": " id[i] }' \
    "$REQUIREMENTS" "$1")
  [[ -z $unknown ]] || die "unknown requirement ids:"$'\n'"$unknown"
}

levels_from() { # must|should|may: as a regular expression over the level column
  case $1 in
    must) echo 'MUST|MUST NOT|REQUIRED|SHALL' ;;
    should) echo 'MUST|MUST NOT|REQUIRED|SHALL|SHOULD|SHOULD NOT|NOT RECOMMENDED|implicit' ;;
    may) echo '.*' ;;
    *) die "--level is must, should or may, not '$1'" ;;
  esac
}

# The ids that have the level and that one of the globs matches.
wanted_ids() { # LEVEL GLOB...
  local level globs glob
  level=$(levels_from "$1")
  shift
  globs=$(for glob in "${@:-*}"; do printf '%s\n' "$glob" | sed 's/[.]/[.]/g; s/\*/.*/g; s/?/./g'; done | paste -sd'|')
  awk -F'\t' -v level="^($level)\$" -v globs="^($globs)\$" 'FNR > 1 && $2 ~ level && $1 ~ globs { print $1 }' "$REQUIREMENTS"
}
# The lines of the plan that hold a wanted id.
select_plan() { # PLAN, wanted ids on standard input
  awk -F'\t' 'FILENAME == "-" { wanted[$1] = 1; next } { n = split($3, id, " "); for (i = 1; i <= n; i++) if (id[i] in wanted) { print; break } }' - "$1"
}

# Ids that bind a runtime, can be tested and have no test.
uncovered() {
  awk -F'\t' 'FILENAME == ARGV[1] { n = split($3, id, " "); for (i = 1; i <= n; i++) has[id[i]] = 1; next }
    FNR > 1 && $3 != "author" && !($1 in has) { print $1 "\t" $2 "\t" $4 }' "$1" "$REQUIREMENTS"
}

verb_list() {
  local plan level=may only_uncovered=''
  while [[ $# -gt 0 ]]; do
    case $1 in
      --uncovered) only_uncovered=1 ;;
      --level) level=${2:?}; shift ;;
      *) die "list: unknown option '$1'" ;;
    esac
    shift
  done
  plan=$(mktemp)
  make_plan "$plan"
  if [[ -n $only_uncovered ]]; then
    uncovered "$plan" | awk -F'\t' 'FILENAME == ARGV[1] { why[$1] = $2; next } { print $1 "\t" $2 "\t" (why[$1] ? why[$1] : "no test and no reason") }' \
      "$HERE/untestable.tsv" -
  else
    wanted_ids "$level" | select_plan "$plan" | awk -F'\t' 'NR == FNR { level[$1] = $2; next }
      { print $1 ": " $2; n = split($3, id, " "); for (i = 1; i <= n; i++) print "    " id[i] "  " level[id[i]] }' "$REQUIREMENTS" -
  fi
  rm -f "$plan"
}

verb_explain() {
  local id=${1:?explain: which id?} plan
  grep -q "^${id//./\\.}"$'\t' "$REQUIREMENTS" || die "no requirement '$id'; plimsoll-conformance list shows them"
  awk -F'\t' -v id="$id" '$1 == id { print $1 "\n  level     " $2 "\n  binds     " $3 "\n  testable  " $4 "\n  since     " $5 \
    "\n  meaning   " $7 "\n  text      https://github.com/opencontainers/runtime-spec/blob/v1.3.0/" $6 }' "$REQUIREMENTS"
  awk -F'\t' -v id="$id" '$1 == id { print "  no test   " $2 }' "$HERE/untestable.tsv"
  plan=$(mktemp)
  make_plan "$plan"
  awk -F'\t' -v id="$id" 'index(" " $3 " ", " " id " ") { print "  test      " $1 ": " $2 }' "$plan"
  rm -f "$plan"
}
