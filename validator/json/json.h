// Strict JSON (RFC 8259): a reader that drives a Handler and knows the place of each event, a small
// document tree, and a writer. Bytes in, values out; nothing here opens a file or throws.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace plimsoll::json {

struct Limits {
  std::size_t max_bytes = std::size_t{16} << 20;
  std::size_t max_depth = 128;
};

// Where in a document: lines and columns count from 1, columns in characters.
struct Position {
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
  std::uint64_t column = 1;
};
Position position_at(std::string_view bytes, std::uint64_t offset);

// What is wrong with a document, and where: `pointer` (RFC 6901) is the value that was being read.
struct SyntaxError {
  std::string message;
  std::string pointer;
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
  std::uint64_t column = 1;
  // "config.json:12:5: /process/user/uid: expected …"; the pointer of the whole document is left
  // out.
  std::string text(std::string_view document = "config.json") const;
};

// One token of a JSON pointer, with '~' and '/' escaped, appended to `out` after a '/'.
void append_pointer_token(std::string& out, std::string_view token);

// -- reading by events --

struct ReaderState;

// Receives the events of read(). Each returns false to stop, after a call of fail(). The strings
// belong to the reader and are valid during the call only.
class Handler {
 public:
  // Called by read() before the first event and after the last.
  virtual void attach(ReaderState* state) { state_ = state; }

  virtual bool on_null() = 0;
  virtual bool on_bool(bool value) = 0;
  virtual bool on_unsigned(std::uint64_t value) = 0;
  virtual bool on_negative(std::int64_t value) = 0;
  // Every other number: with a fraction or an exponent, or an integer beyond 64 bits.
  virtual bool on_real(double value, std::string_view text) = 0;
  virtual bool on_string(std::string_view value) = 0;
  virtual bool on_start_object() = 0;
  virtual bool on_key(std::string_view key) = 0;
  virtual bool on_end_object() = 0;
  virtual bool on_start_array() = 0;
  virtual bool on_end_array() = 0;
  // The value being read, for error messages.
  virtual std::string pointer() const = 0;

 protected:
  ~Handler() = default;
  // The first byte of the token of the event that is being handled.
  std::uint64_t offset() const;
  // Ends the reading with this error, at the current token or at `at`. Returns false.
  bool fail(std::string message);
  bool fail_at(std::string message, std::uint64_t at, std::optional<std::string> pointer = {});

 private:
  ReaderState* state_ = nullptr;
};

// Reads one document and nothing after it. Refuses what RFC 8259 refuses, and a byte order mark,
// NUL in any string or name, and what is beyond the limits. Duplicate names are the handler's to
// find (DuplicateNames).
std::expected<void, SyntaxError> read(std::string_view bytes, const Limits& limits,
                                      Handler& handler);

// Finds repeated member names of nested objects in linearithmic time.
class DuplicateNames {
 public:
  void open();
  void add(std::string_view name, std::uint64_t offset);
  // Closes the innermost object; gives the name and place of its first repetition.
  std::optional<std::pair<std::string, std::uint64_t>> close();

 private:
  struct Name {
    std::size_t begin;
    std::size_t size;
    std::uint64_t offset;
  };
  std::string text_;
  std::vector<Name> names_;
  std::vector<std::size_t> objects_;  // index in names_ of each open object's first name
};

// Where the value that `pointer` names begins; where there is none, its nearest parent. The
// document must be well formed.
Position locate(std::string_view bytes, std::string_view pointer);

// -- document tree --

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  // in document order

// A JSON value. A non-negative integer is held as uint64, a negative one as int64, any other
// number as double. The accessors give nullptr or nullopt for a value of another type.
class Value {
 public:
  Value() = default;
  explicit Value(bool value) : data_(value) {}
  explicit Value(std::int64_t value);
  explicit Value(std::uint64_t value) : data_(value) {}
  explicit Value(double value) : data_(value) {}
  explicit Value(std::string value) : data_(std::move(value)) {}
  explicit Value(Array value) : data_(std::move(value)) {}
  explicit Value(Object value) : data_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  std::optional<bool> boolean() const;
  std::optional<std::uint64_t> unsigned_integer() const;
  std::optional<std::int64_t> signed_integer() const;  // also of a uint64 that fits
  std::optional<double> real() const;                  // of any number
  const std::string* string() const { return std::get_if<std::string>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  Array* array() { return std::get_if<Array>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }

  // The member of an object; nullptr where this is no object or has no such member.
  const Value* find(std::string_view name) const;
  // The same with a type: value.find_string("bundle").
  const std::string* find_string(std::string_view name) const;
  std::optional<std::uint64_t> find_unsigned(std::string_view name) const;
  std::optional<std::int64_t> find_signed(std::string_view name) const;
  std::optional<bool> find_bool(std::string_view name) const;
  const Array* find_array(std::string_view name) const;
  const Object* find_object(std::string_view name) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      data_;
};

// The whole document as a tree. A repeated member name is an error.
std::expected<Value, SyntaxError> parse(std::string_view bytes, const Limits& limits = {});

// -- writing --

// Appends JSON to a string as it is told, compact or indented; commas and line ends are its
// business. The caller keeps begin and end, key and value in order. Bytes that are not UTF-8
// become U+FFFD: the output is always valid.
//
//   json::Writer w(out, 2);
//   w.begin_object().member("id", id).key("pids").begin_array();
//   for (pid_t pid : pids) w.value(pid);
//   w.end_array().end_object();
class Writer {
 public:
  // `indent` spaces for each level; 0 is compact.
  explicit Writer(std::string& out, unsigned indent = 0) : out_(out), indent_(indent) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& null();
  Writer& value(std::string_view text);
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(std::same_as<bool> auto flag) { return boolean(flag); }
  Writer& value(std::integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    if constexpr (std::signed_integral<decltype(number)>) {
      return signed_integer(static_cast<std::int64_t>(number));
    } else {
      return unsigned_integer(static_cast<std::uint64_t>(number));
    }
  }
  Writer& value(double number);  // not finite: null
  Writer& value(const Value& tree);
  // Text that is a JSON value already; put in as it is.
  Writer& raw(std::string_view json);

  template <typename T>
  Writer& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }
  // An array of anything value() takes.
  template <typename List>
  Writer& list(const List& items) {
    begin_array();
    for (const auto& item : items) {
      value(item);
    }
    return end_array();
  }
  // An object of string to string, as StringMap is.
  template <typename Map>
  Writer& map(const Map& entries) {
    begin_object();
    for (const auto& [name, content] : entries) {
      member(name, content);
    }
    return end_object();
  }

 private:
  Writer& boolean(bool flag);
  Writer& signed_integer(std::int64_t number);
  Writer& unsigned_integer(std::uint64_t number);
  void before_value();
  void new_line();
  void close(char bracket);

  std::string& out_;
  unsigned indent_;
  unsigned depth_ = 0;
  bool first_ = true;  // nothing was written in the innermost object or array
  bool after_key_ = false;
};

// "text" with quotes and escapes, appended.
void append_string(std::string& out, std::string_view text);

}  // namespace plimsoll::json
