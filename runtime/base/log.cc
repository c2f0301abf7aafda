// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/log.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

namespace plimsoll::log {
namespace {

constexpr std::string_view kCut = " [cut]";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Warnings that wait for the outcome, as finished records.
struct Pending {
  char bytes[4096];
  std::size_t size;
};

// Plain data, so that there is nothing to construct before main and nothing to destroy at exit.
struct Sink {
  int file;  // -1: stderr
  Format format;
  bool debug;
  bool output_is_data;
};
constinit Sink sink{.file = -1, .format = Format::text, .debug = false, .output_is_data = false};
constinit Pending pending{};

// A writer into a fixed buffer that keeps room for the record's end.
class Writer {
 public:
  Writer(char* out, std::size_t room) : out_(out), room_(room) {}
  bool put(std::string_view part) {
    if (part.size() > room_ - size_) {
      return false;
    }
    for (const char byte : part) {
      out_[size_++] = byte;
    }
    return true;
  }
  std::size_t size() const { return size_; }
  void add_room(std::size_t more) { room_ += more; }

 private:
  char* out_;
  std::size_t room_;
  std::size_t size_ = 0;
};

// The characters of more than one byte, by the range of their first (RFC 3629: no overlong forms,
// no surrogates, nothing above U+10FFFF). Only the second byte's range depends on it.
struct Utf8Form {
  unsigned char first, last;
  unsigned char second_low, second_high;
  unsigned char length;
};
constexpr auto kUtf8Forms = std::to_array<Utf8Form>({
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
});

// The length of the valid UTF-8 character at the start of `text`, 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    const unsigned byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    return byte >= low && byte <= high;
  };
  if (within(0, 0, 0x7F)) {
    return 1;
  }
  for (const Utf8Form& form : kUtf8Forms) {
    if (within(0, form.first, form.last)) {
      return within(1, form.second_low, form.second_high) &&
                     (form.length < 3 || within(2, 0x80, 0xBF)) &&
                     (form.length < 4 || within(3, 0x80, 0xBF))
                 ? form.length
                 : 0;
    }
  }
  return 0;
}

enum class Quoting : std::uint8_t { none, text, json };

// One character as it is written; `buffer` has room for the longest escape.
std::string_view escape(std::string_view character, Quoting quoting, char (&buffer)[6]) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const unsigned char byte = static_cast<unsigned char>(character[0]);
  if (quoting != Quoting::none && (byte == '"' || byte == '\\')) {
    return byte == '"' ? "\\\"" : "\\\\";
  }
  if (byte == '\n') {
    return quoting == Quoting::none ? " " : "\\n";
  }
  if (byte == '\t') {
    return quoting == Quoting::none ? " " : "\\t";
  }
  // C1 controls (U+0080..U+009F) act on terminals as escape sequences do.
  const bool c1_control =
      byte == 0xC2 && character.size() == 2 && static_cast<unsigned char>(character[1]) < 0xA0;
  if (byte >= 0x20 && byte != 0x7F && !c1_control) {
    return character;
  }
  const unsigned code = c1_control ? static_cast<unsigned char>(character[1]) : byte;
  if (quoting == Quoting::json) {
    buffer[0] = '\\';
    buffer[1] = 'u';
    buffer[2] = '0';
    buffer[3] = '0';
    buffer[4] = kHex[code >> 4];
    buffer[5] = kHex[code & 15];
    return {buffer, 6};
  }
  buffer[0] = '\\';
  buffer[1] = 'x';
  buffer[2] = kHex[code >> 4];
  buffer[3] = kHex[code & 15];
  return {buffer, 4};
}

void put_escaped(Writer& out, std::string_view text, Quoting quoting) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    char buffer[6];
    const std::string_view written =
        length == 0 ? kReplacement : escape(text.substr(0, length), quoting, buffer);
    if (!out.put(written)) {
      out.add_room(kCut.size());
      out.put(kCut);
      return;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.add_room(kCut.size());
}

void put_digits(Writer& out, std::int64_t value, int width) {
  char digits[8];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.put({digits, static_cast<std::size_t>(width)});
}

// RFC 3339 in UTC. Not gmtime: libc would read the time zone file. The civil date is counted in
// years that begin on the first of March, so that the leap day is a year's last.
void put_time(Writer& out, std::int64_t seconds) {
  const std::int64_t in_range = seconds < 0 ? 0 : seconds;
  const std::int64_t second_of_day = in_range % 86400;
  const std::int64_t day = in_range / 86400 + 719468;  // days since 0000-03-01
  const std::int64_t era = day / 146097;               // of 400 years
  const std::int64_t day_of_era = day % 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  put_digits(out, era * 400 + year_of_era + (month <= 2 ? 1 : 0), 4);
  out.put("-");
  put_digits(out, month, 2);
  out.put("-");
  put_digits(out, day_of_year - (153 * march_month + 2) / 5 + 1, 2);
  out.put("T");
  put_digits(out, second_of_day / 3600, 2);
  out.put(":");
  put_digits(out, second_of_day / 60 % 60, 2);
  out.put(":");
  put_digits(out, second_of_day % 60, 2);
  out.put("Z");
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::warning:
      return "warning";
    case Level::error:
      break;
  }
  return "error";
}

std::int64_t now() {
  struct timespec time{};
  (void)::clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec;
}

// A record that cannot be written is lost: there is nowhere to report it, and the command's own
// result is worth more. errno belongs to the code that logs.
void write_record(int fd, std::string_view record) {
  const int saved_errno = errno;
  while (::syscall(SYS_write, fd, record.data(), record.size()) == -1 && errno == EINTR) {
  }
  errno = saved_errno;
}

void write_formatted(int fd, Level level, std::string_view text) {
  char record[kMaxRecord];
  write_record(fd, {record, format_record(sink.format, level, now(), text, record)});
}

void write_line(std::string_view prefix, std::string_view text) {
  char line[kMaxRecord];
  write_record(STDERR_FILENO, {line, format_line(prefix, text, line)});
}

void keep(Level level, std::string_view text) {
  char record[kMaxRecord];
  const std::size_t size = format_record(sink.format, level, now(), text, record);
  if (size > sizeof pending.bytes - pending.size) {
    return;  // the earlier warnings are worth as much
  }
  for (std::size_t i = 0; i < size; ++i) {
    pending.bytes[pending.size++] = record[i];
  }
}

// Podman reads the log of a failed command as one JSON document: the error must be alone in it.
bool warnings_wait() { return sink.file >= 0 && sink.format == Format::json && !sink.debug; }

// Records, as opposed to lines for people: in a file, and on stderr when somebody asked for them.
bool writes_records() { return sink.file >= 0 || sink.format == Format::json || sink.debug; }

int record_fd() { return sink.file >= 0 ? sink.file : STDERR_FILENO; }

}  // namespace

std::size_t format_record(Format format, Level level, std::int64_t seconds, std::string_view text,
                          char (&out)[kMaxRecord]) {
  constexpr std::size_t kTail = 64;  // what follows the text
  Writer writer(out, sizeof out - kTail - kCut.size());
  if (format == Format::json) {
    writer.put("{\"level\":\"");
    writer.put(level_name(level));
    writer.put("\",\"msg\":\"");
    put_escaped(writer, text, Quoting::json);
    writer.add_room(kTail);
    writer.put("\",\"time\":\"");
    put_time(writer, seconds);
    writer.put("\"}\n");
    return writer.size();
  }
  writer.put("time=\"");
  put_time(writer, seconds);
  writer.put("\" level=");
  writer.put(level_name(level));
  writer.put(" msg=\"");
  put_escaped(writer, text, Quoting::text);
  writer.add_room(kTail);
  writer.put("\"\n");
  return writer.size();
}

std::size_t format_line(std::string_view prefix, std::string_view text, char (&out)[kMaxRecord]) {
  Writer writer(out, sizeof out - 1 - kCut.size());
  writer.put(prefix);
  put_escaped(writer, text, Quoting::none);
  writer.add_room(1);
  writer.put("\n");
  return writer.size();
}

void set_up(Setup setup) {
  if (sink.file >= 0) {
    close_fd(sink.file);
  }
  sink = {.file = setup.file.release(),
          .format = setup.format,
          .debug = setup.debug,
          .output_is_data = setup.output_is_data};
  pending.size = 0;
}

bool debug_enabled() { return sink.debug; }

void warning(std::string_view text) {
  if (warnings_wait()) {
    keep(Level::warning, text);
  } else if (sink.file < 0 && sink.output_is_data && !sink.debug) {
    return;
  } else if (writes_records()) {
    write_formatted(record_fd(), Level::warning, text);
  } else {
    write_line("plimsoll: warning: ", text);
  }
}

void debug(std::string_view text) {
  if (sink.debug) {
    write_formatted(record_fd(), Level::debug, text);
  }
}

void failed(std::string_view message) {
  pending.size = 0;
  if (writes_records()) {
    write_formatted(record_fd(), Level::error, message);
  }
  if (sink.file >= 0) {
    write_line("", message);
  } else if (!writes_records()) {
    write_line("plimsoll: ", message);
  }
}

void succeeded() {
  if (pending.size > 0) {
    write_record(record_fd(), {pending.bytes, pending.size});
    pending.size = 0;
  }
}

}  // namespace plimsoll::log
