// The JSON form of a container's saved files. docs/state-folder.md lists their keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once

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
std::string encode_identity(const ProcessIdentity& identity);
std::optional<ProcessIdentity> decode_identity(std::string_view text);

}  // namespace plimsoll::state
