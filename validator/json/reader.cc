// read(): nlohmann/json's SAX parser over a counting iterator, with the checks that it does not
// make: byte order mark, NUL, depth, size. SPDX-License-Identifier: Apache-2.0

// A throw is a bug here; the SAX interface reports errors by a call.
#define JSON_NOEXCEPTION 1
#define JSON_NO_IO 1
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "validator/json/json.h"
#include "validator/json/reader_state.h"

namespace plimsoll::json {
namespace {

// Walks the bytes and leaves its place where others can see it.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  explicit CountingIterator(const char** place) : place_(place) {}
  explicit CountingIterator(const char* end) : end_(end) {}

  reference operator*() const { return **place_; }
  CountingIterator& operator++() {
    ++*place_;
    return *this;
  }
  bool operator!=(const CountingIterator& end) const { return *place_ != end.end_; }

 private:
  const char** place_ = nullptr;
  const char* end_ = nullptr;
};

bool is_number_byte(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool is_word_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What nlohmann's message says about the fault itself: between " - " and "; last read".
std::string fault_of(std::string_view what) {
  if (const std::size_t dash = what.find(" - "); dash != std::string_view::npos) {
    what.remove_prefix(dash + 3);
  }
  what = what.substr(0, what.find("; last read"));
  return std::string(what);
}

// The last byte before `offset` that is not white space, or NUL.
char byte_before(std::string_view bytes, std::uint64_t offset) {
  while (offset > 0) {
    const char c = bytes[--offset];
    if (!is_space(c)) {
      return c;
    }
  }
  return '\0';
}

// The SAX interface as nlohmann wants it, handing on to ours.
class Adapter {
 public:
  // nlohmann looks these up by name.
  using number_integer_t = std::int64_t;
  using number_unsigned_t = std::uint64_t;
  using number_float_t = double;
  using string_t = std::string;
  using binary_t = nlohmann::json::binary_t;

  Adapter(ReaderState& state, const Limits& limits, Handler& handler)
      : state_(state), limits_(limits), handler_(handler) {}

  bool null() { return other() && handler_.on_null(); }
  bool boolean(bool value) { return other() && handler_.on_bool(value); }
  bool number_integer(std::int64_t value) { return number() && handler_.on_negative(value); }
  bool number_unsigned(std::uint64_t value) { return number() && handler_.on_unsigned(value); }
  bool number_float(double value, const std::string& text) {
    return number() && handler_.on_real(value, text);
  }
  bool string(std::string& value) { return other() && handler_.on_string(value) && no_nul(value); }
  bool binary(binary_t& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) {
    return other() && enter() && handler_.on_start_object();
  }
  bool key(std::string& value) { return other() && no_nul(value) && handler_.on_key(value); }
  bool end_object() { return other() && leave() && handler_.on_end_object(); }
  bool start_array(std::size_t /*size*/) { return other() && enter() && handler_.on_start_array(); }
  bool end_array() { return other() && leave() && handler_.on_end_array(); }

  bool parse_error(std::size_t /*position*/, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& exception) {
    state_.failure = diagnose(exception.what());
    return false;
  }

 private:
  bool other() {
    state_.number = false;
    started_ = true;
    return true;
  }
  bool number() {
    state_.number = true;
    started_ = true;
    return true;
  }
  bool enter() {
    if (++state_.depth > limits_.max_depth) {
      state_.failure = {.message = "nesting is deeper than " + std::to_string(limits_.max_depth),
                        .offset = state_.token_start(),
                        .pointer = {}};
      return false;
    }
    return true;
  }
  bool leave() {
    --state_.depth;
    return true;
  }
  // The kernel would see the string cut short.
  bool no_nul(const std::string& text) {
    if (text.find('\0') != std::string::npos) {
      state_.failure = {
          .message = "NUL (\\u0000) in a string", .offset = state_.token_start(), .pointer = {}};
      return false;
    }
    return true;
  }

  ReaderState::Failure diagnose(std::string_view what) const;

  ReaderState& state_;
  const Limits& limits_;
  Handler& handler_;
  bool started_ = false;  // with depth 0: the document is complete
};

ReaderState::Failure Adapter::diagnose(std::string_view what) const {
  const std::string_view bytes = state_.bytes;
  std::string fault = fault_of(what);
  const std::uint64_t end = state_.end();
  if (end > 0 && bytes[end - 1] == '\0' && !fault.starts_with("invalid string")) {
    return {.message = "NUL byte in the document", .offset = end - 1, .pointer = {}};
  }
  if (fault.starts_with("unexpected end of input") || (end == bytes.size() && end == 0)) {
    const bool empty = byte_before(bytes, bytes.size()) == '\0';
    return {.message = empty ? "the document is empty" : "unexpected end of input",
            .offset = bytes.size(),
            .pointer = {}};
  }
  const bool at_token = fault.starts_with("unexpected");
  std::uint64_t offset = end == 0 ? 0 : end - 1;
  if (at_token) {
    // A token can be a number here, which ends before the byte read last.
    ReaderState at = state_;
    at.number = fault.starts_with("unexpected number");
    offset = at.token_start();
  } else if (fault.find("missing closing quote") != std::string::npos) {
    offset = bytes.size();
  }
  const char c = offset < bytes.size() ? bytes[offset] : '\0';
  if (started_ && state_.depth == 0) {
    return {.message = "bytes after the end of the document", .offset = offset, .pointer = {}};
  }
  if (c == '/' && fault == "invalid literal") {
    fault = "comments are not allowed in JSON";
  } else if (c == '\'' && fault == "invalid literal") {
    fault = "strings are written in double quotes";
  } else if ((c == '}' || c == ']') && byte_before(bytes, offset) == ',') {
    fault = std::string("trailing comma before '") + c + "'";
  }
  return {.message = std::move(fault), .offset = offset, .pointer = {}};
}

SyntaxError to_error(std::string_view bytes, const ReaderState::Failure& failure,
                     const Handler& handler) {
  const Position at = position_at(bytes, failure.offset);
  return {.message = failure.message,
          .pointer = failure.pointer ? *failure.pointer : handler.pointer(),
          .offset = at.offset,
          .line = at.line,
          .column = at.column};
}

}  // namespace

std::uint64_t ReaderState::token_start() const {
  std::uint64_t start = end();
  if (start == 0) {
    return 0;
  }
  if (number) {
    if (!is_number_byte(bytes[start - 1])) {
      --start;
    }
    while (start > 0 && is_number_byte(bytes[start - 1])) {
      --start;
    }
    return start;
  }
  --start;
  if (bytes[start] == '"') {
    // The opening quote is the nearest one that an even number of backslashes precedes.
    while (start > 0) {
      if (bytes[--start] != '"') {
        continue;
      }
      std::uint64_t slashes = 0;
      while (slashes < start && bytes[start - 1 - slashes] == '\\') {
        ++slashes;
      }
      if (slashes % 2 == 0) {
        break;
      }
    }
    return start;
  }
  while (start > 0 && is_word_byte(bytes[start]) && is_word_byte(bytes[start - 1])) {
    --start;
  }
  return start;
}

std::uint64_t Handler::offset() const { return state_->token_start(); }

bool Handler::fail(std::string message) {
  return fail_at(std::move(message), state_->token_start());
}

bool Handler::fail_at(std::string message, std::uint64_t at, std::optional<std::string> pointer) {
  state_->failure = {.message = std::move(message), .offset = at, .pointer = std::move(pointer)};
  return false;
}

std::expected<void, SyntaxError> read(std::string_view bytes, const Limits& limits,
                                      Handler& handler) {
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): `bytes` beside it says where it ends
  ReaderState state{.bytes = bytes, .current = bytes.data(), .failure = {}};
  if (bytes.size() > limits.max_bytes) {
    state.failure = {
        .message = "the document is larger than " + std::to_string(limits.max_bytes) + " bytes",
        .offset = 0,
        .pointer = ""};
  } else if (bytes.starts_with("\xef\xbb\xbf")) {
    state.failure = {.message = "the document starts with a byte order mark, which JSON forbids",
                     .offset = 0,
                     .pointer = ""};
  } else {
    handler.attach(&state);
    Adapter adapter(state, limits, handler);
    const bool done = nlohmann::json::sax_parse(
        CountingIterator(&state.current), CountingIterator(bytes.data() + bytes.size()), &adapter);
    handler.attach(nullptr);
    // nlohmann takes a NUL byte for the end of the document.
    if (done && state.end() > 0 && bytes[state.end() - 1] == '\0') {
      state.failure = {
          .message = "NUL byte in the document", .offset = state.end() - 1, .pointer = ""};
    } else if (!done && !state.failure) {
      state.failure = {.message = "refused", .offset = state.token_start(), .pointer = {}};
    }
  }
  if (state.failure) {
    return std::unexpected(to_error(bytes, *state.failure, handler));
  }
  return {};
}

}  // namespace plimsoll::json
