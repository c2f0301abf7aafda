# From verdict lines to results.json, and from results to TAP, JUnit, one JSON comparison and one HTML page.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the files of lib share their variables

# -- results of one runtime --

make_results() { # NAME SECONDS
  local version
  version=$(timeout 5 "$RUNTIME" --version 2>/dev/null | head -1 || true)
  cat "$results"/verdicts/* 2>/dev/null >"$results/verdicts.tsv" || : >"$results/verdicts.tsv"
  jq -s . "$results"/details/*.json >"$results/details.json" 2>/dev/null || echo '[]' >"$results/details.json"
  unreported_tests
  jq -n -L "$HERE/report" -f "$HERE/report/results.jq" \
    --arg name "$1" --arg path "$RUNTIME" --arg version "$version" --arg suite "$SUITE_VERSION" --arg spec "$spec" \
    --argjson seconds "$2" --arg level "$level" --rawfile wanted "$WANTED" --arg time "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --arg kernel "$(uname -sr)" \
    --rawfile requirements "$REQUIREMENTS" --rawfile verdicts "$results/verdicts.tsv" --rawfile untestable "$HERE/untestable.tsv" \
    --rawfile selected "$results/selected" --rawfile times "$results/times" \
    --slurpfile selftest "$results/selftest.json" --slurpfile details "$results/details.json" >"$results/results.json"
}

# A test that was planned and has left no verdict at all (its file did not load, its process was killed) is an error.
unreported_tests() {
  [[ -s $results/times ]] || : >"$results/times"
  jq -e .usable "$results/selftest.json" >/dev/null || return 0
  awk -F'\t' '
    FILENAME == ARGV[1] { seen[$6] = 1; next }
    !(($1 ":" $2) in seen) { n = split($3, id, " "); for (i = 1; i <= n; i++)
      print id[i] "\terror\tthe test ran\ta verdict\tnone\t" $1 ":" $2 "\tthe test has not reported; see logs" }' \
    "$results/verdicts.tsv" "$results/selected" >"$results/unreported"
  cat "$results/unreported" >>"$results/verdicts.tsv"
}

print_summary() { # RESULTS
  jq -r '
    def row($n): "  \($n)" + (" " * (16 - ($n | length)));
    "\(.runtime.name): \(.verdict)" + (if .reason then " (\(.reason))" else "" end)
    + " - specification \(.spec_version // "unknown"), \(.seconds) s",
    (.counts | to_entries[] | row(.key) + "pass \(.value.pass)  fail \(.value.fail)  skip \(.value.skip)  inconclusive \(.value.inconclusive)  not applicable \(.value["not-applicable"])  error \(.value.error)"),
    (.requirements[] | select(.verdict == "fail" or .verdict == "error") | "  \(.verdict | ascii_upcase) \(.level) \(.id): \(.paraphrase)"),
    (.left_behind[] | "  LEFT BEHIND \(.test): \(.seen)")' "$1"
}

result_status() { # RESULTS
  case $(jq -r .verdict "$1") in
    compliant) ;;
    non-compliant) return 1 ;;
    unusable) return 3 ;;
    *) return 2 ;;
  esac
}

# -- reports --

make_report() { # OUT RESULTS...
  local target=$1 file folder
  shift
  for file in "$@"; do
    folder=$(dirname "$file")
    jq -r -f "$HERE/report/tap.jq" "$file" >"$folder/results.tap"
    jq -r -f "$HERE/report/junit.jq" "$file" >"$folder/results.xml"
  done
  jq -s -L "$HERE/report" --rawfile order "$REQUIREMENTS" -f "$HERE/report/join.jq" "$@" |
    jq '{schema: "plimsoll-conformance/1", runtimes: .}' >"$target/comparison.json"
  jq -r -f "$HERE/report/markdown.jq" "$target/comparison.json" >"$target/report.md"
  # A script element ends at "</": no text of a runtime may end it.
  jq -c . "$target/comparison.json" | sed 's|</|<\\/|g' >"$target/data"
  awk -v data="$target/data" '/@DATA@/ { while ((getline line < data) > 0) print line; next } { print }' \
    "$HERE/report/page.html" >"$target/report.html"
  rm "$target/data"
  echo "report: $target/report.html"
}

verb_report() {
  local target=conformance-results file files=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --out) target=${2:?}; shift ;;
      -*) die "report: unknown option '$1'" ;;
      *)
        for file in "$1"/results.json "$1"/*/results.json; do
          [[ ! -f $file ]] || files+=("$file")
        done ;;
    esac
    shift
  done
  [[ ${#files[@]} -gt 0 ]] || die "report: no results.json there"
  mkdir -p "$target"
  make_report "$target" "${files[@]}"
}
