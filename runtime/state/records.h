// The JSON form of a container's saved files. docs/state-folder.md lists their keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/state/state.h"

namespace plimsoll::state {

// Each text ends with a checksum over everything before it. Decoding fails with ErrorKind::invalid
// for a text that is not, byte for byte, what encoding wrote.
std::string encode_record(const Record& record);
Result<Record> decode_record(std::string_view text);
std::string encode_intent(const Intent& intent);
Result<Intent> decode_intent(std::string_view text);

// "PID START"
// The text of an identity, on the stack.
class IdentityText {
 public:
  explicit IdentityText(const ProcessIdentity& identity);
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, std::numeric_limits<pid_t>::digits10 +
                       std::numeric_limits<std::uint64_t>::digits10 + 5>
      text_;
};
std::optional<ProcessIdentity> decode_identity(std::string_view text);

}  // namespace plimsoll::state
