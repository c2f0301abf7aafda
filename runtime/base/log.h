// The one place where warnings, debug lines and the final error of a command go. Set up once by
// cli/; used from any process of ours, init included, until it executes the program. Each record is
// one write(2); nothing here allocates, locks or keeps libc state. docs/errors.md says what goes
// where and why. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/base/unique_fd.h"

namespace plimsoll::log {

enum class Level : std::uint8_t { debug, warning, error };
enum class Format : std::uint8_t { text, json };

struct Setup {
  UniqueFd file{};  // none: stderr
  Format format = Format::text;
  bool debug = false;
  // The command's stdout is data that callers read together with stderr (state, list, ps …):
  // without a file, warnings are dropped.
  bool output_is_data = false;
};

// Replaces the sink. Before it is called, and with a default Setup, errors and warnings go to
// stderr for people to read and debug lines are dropped.
void set_up(Setup setup);

bool debug_enabled();
// Something that was left out or ignored, and why that is safe. "ignoring …"
void warning(std::string_view text);
void debug(std::string_view text);

// The end of the command, called once, by cli/ only.
void failed(std::string_view message);  // the error record, and the message on stderr
void succeeded();                       // writes the warnings that waited for the outcome

// -- for tests and for the fuzzer --

// Room for a record; longer messages are cut at a character's end.
inline constexpr std::size_t kMaxRecord = 8192;
// Formats one record with its newline into `out`; returns its length. `seconds` is Unix time.
std::size_t format_record(Format format, Level level, std::int64_t seconds, std::string_view text,
                          char (&out)[kMaxRecord]);
// "prefix" + text on one line: control characters and broken UTF-8 cannot reach a terminal.
std::size_t format_line(std::string_view prefix, std::string_view text, char (&out)[kMaxRecord]);

}  // namespace plimsoll::log
