// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/ps_output.h"

#include <algorithm>
#include <optional>

#include "runtime/base/text.h"
#include "validator/json/json.h"

namespace plimsoll::cli {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace

std::string pids_json(std::span<const pid_t> pids) {
  std::string out;
  json::Writer writer(out);
  if (pids.empty()) {
    writer.null();
  } else {
    writer.list(pids);
  }
  out += "\n";
  return out;
}

Result<std::string> filter_ps(std::string_view output, std::span<const pid_t> pids) {
  std::vector<std::string_view> lines = split(output, '\n');
  const std::vector<std::string_view> titles = words_of(lines[0]);
  const auto title = std::find(titles.begin(), titles.end(), "PID");
  if (title == titles.end()) {
    return fail(Error::invalid("couldn't find PID field in ps output"));
  }
  const auto column = static_cast<std::size_t>(title - titles.begin());
  std::string kept = cat(lines[0], "\n");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string_view> words = words_of(lines[i]);
    if (words.empty()) {
      continue;
    }
    const std::optional<std::uint64_t> pid =
        column < words.size() ? parse_unsigned(words[column]) : std::nullopt;
    if (!pid) {
      return fail(Error::invalid(cat("unable to parse pid: '", lines[i], "'")));
    }
    if (std::any_of(pids.begin(), pids.end(),
                    [&](pid_t known) { return static_cast<std::uint64_t>(known) == *pid; })) {
      cat_to(kept, lines[i], "\n");
    }
  }
  return kept;
}

}  // namespace plimsoll::cli
