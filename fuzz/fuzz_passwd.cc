// Fuzzes the reader of a container's /etc/passwd, which an image chooses. Oracles: however the
// bytes come in pieces, the answer is the same; and it is what a plain reading line by line gives.
// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "runtime/base/text.h"
#include "runtime/linux/passwd.h"

namespace {

using namespace plimsoll;
using fuzz::require;

std::optional<std::string> plain_reading(std::string_view file, uid_t uid) {
  for (std::string_view line : split(file, '\n')) {
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const auto fields = split(line, ':');
    if (fields.size() >= 6 && parse_unsigned(fields[2]) == std::uint64_t{uid}) {
      return std::string(fields[5]);
    }
  }
  return std::nullopt;
}

std::optional<std::string> in_pieces(std::string_view file, uid_t uid, std::size_t piece) {
  linux::PasswdScanner scanner(uid);
  for (std::size_t at = 0; at < file.size(); at += piece) {
    if (!scanner.feed(file.substr(at, piece))) {
      return scanner.home();
    }
  }
  scanner.finish();
  return scanner.home();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t piece = 1 + input.byte();
  const std::string_view file = input.rest();
  for (const uid_t uid : {uid_t{0}, uid_t{1}, uid_t{1000}, uid_t{65534}, ~uid_t{0}}) {
    const auto want = plain_reading(file, uid);
    require(in_pieces(file, uid, file.size() + 1) == want);
    require(in_pieces(file, uid, piece) == want);
    require(in_pieces(file, uid, 1) == want);
  }
  // A line beyond the limit, before and after: nothing behind it is believed, and no memory grows.
  if (piece == 256 && file.size() < 8) {
    const std::string line(linux::PasswdScanner::kMaxLine + 1, 'x');
    require(!in_pieces(line + "\n" + std::string(file), 0, 4096));
  }
  return 0;
}
