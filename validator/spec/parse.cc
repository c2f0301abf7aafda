// Fills a Spec from the JSON reader's events: each value goes straight to the member that the field
// tables name. SPDX-License-Identifier: Apache-2.0
#include "validator/spec/parse.h"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/json/json.h"
#include "validator/spec/field.h"
#include "validator/spec/parser.h"
#include "validator/spec/spec.h"

namespace plimsoll::spec {
namespace {

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string expectation(const Type& type) {
  switch (type.shape) {
    case Shape::boolean:
      return "a boolean";
    case Shape::integer:
      return "an integer from " + std::to_string(type.min) + " to " + std::to_string(type.max);
    case Shape::string:
      return "a string";
    case Shape::list:
      return "an array";
    case Shape::object:
    case Shape::map:
      return "an object";
    case Shape::skipped:
      break;
  }
  return "anything";
}

}  // namespace

bool Parser::mismatch(const Type& type, std::string_view got) {
  constexpr std::size_t kLongest = 40;
  std::string message = "expected " + expectation(type) + ", got ";
  message.append(got.substr(0, kLongest));
  if (got.size() > kLongest) {
    message += "...";
  }
  return collected(message, offset(), pointer(), false) || fail(std::move(message));
}

bool Parser::collected(const std::string& message, std::uint64_t at, std::string pointer,
                       bool duplicate) {
  if (observations_ == nullptr || !observations_->collect) {
    return false;
  }
  observations_->faults.push_back(
      {.pointer = std::move(pointer), .offset = at, .message = message, .duplicate = duplicate});
  return true;
}

Parser::Target Parser::target() {
  if (frames_.empty()) {
    return {&type_, document_};
  }
  Frame& frame = frames_.back();
  switch (frame.type->shape) {
    case Shape::list:
      ++frame.count;
      return {frame.type->element, frame.type->append(frame.container)};
    case Shape::map:
      return {frame.type->element, frame.slot};
    case Shape::object:
      if (frame.field != nullptr && frame.field->member != nullptr) {
        return {frame.field->type, frame.field->member(frame.container)};
      }
      return {frame.field != nullptr ? frame.field->type : &kSkipped, nullptr};
    case Shape::skipped:
      frame.count += frame.array ? 1 : 0;
      break;
    case Shape::boolean:
    case Shape::integer:
    case Shape::string:
      break;
  }
  return {&kSkipped, nullptr};
}

bool Parser::on_null() {
  if (seccomp_ != nullptr && is_at_seccomp()) {
    constexpr std::string_view kNull = "null";
    *seccomp_ = {.begin = offset(), .end = offset() + kNull.size()};
  }
  if (!frames_.empty() && frames_.back().type->shape == Shape::object) {
    const Frame& frame = frames_.back();
    if (frame.field == nullptr || frame.field->type->nullable) {
      return true;
    }
    return mismatch(*frame.field->type, "null");
  }
  const Target at = target();
  return at.type->shape == Shape::skipped || mismatch(*at.type, "null");
}

bool Parser::on_bool(bool value) {
  const Target at = target();
  if (at.type->shape == Shape::boolean) {
    at.type->set_bool(at.slot, value);
    return true;
  }
  if (at.type->shape == Shape::skipped) {
    if (at.slot != nullptr) {
      at.type->set_bool(at.slot, true);
    }
    return true;
  }
  return mismatch(*at.type, value ? "true" : "false");
}

bool Parser::on_unsigned(std::uint64_t value) {
  const Target at = target();
  if (at.type->shape == Shape::skipped) {
    return true;
  }
  if (at.type->shape != Shape::integer) {
    return mismatch(*at.type, "a number");
  }
  if (value > at.type->max) {
    return mismatch(*at.type, std::to_string(value));
  }
  at.type->set_integer(at.slot, value);
  return true;
}

bool Parser::on_negative(std::int64_t value) {
  const Target at = target();
  if (at.type->shape == Shape::skipped) {
    return true;
  }
  if (at.type->shape != Shape::integer) {
    return mismatch(*at.type, "a number");
  }
  if (value < at.type->min) {
    return mismatch(*at.type, std::to_string(value));
  }
  at.type->set_integer(at.slot, static_cast<std::uint64_t>(value));
  return true;
}

bool Parser::on_real(double /*value*/, std::string_view text) {
  const Target at = target();
  return at.type->shape == Shape::skipped || mismatch(*at.type, text);
}

bool Parser::on_string(std::string_view value) {
  const Target at = target();
  if (at.type->shape == Shape::string) {
    at.type->set_string(at.slot, value);
    return true;
  }
  return at.type->shape == Shape::skipped || mismatch(*at.type, "a string");
}

bool Parser::open(bool array, Shape shape, Shape other_shape, std::string_view got) {
  const Target at = target();
  Frame frame{.type = at.type, .array = array, .start = offset(), .key = {}};
  if (at.type->shape == shape || at.type->shape == other_shape) {
    frame.container = at.type->open(at.slot);
  } else if (at.type->shape == Shape::skipped) {
    if (at.slot != nullptr) {
      at.type->set_bool(at.slot, true);
    }
  } else {
    if (!mismatch(*at.type, got)) {
      return false;
    }
    frame.type = &kSkipped;
  }
  frames_.push_back(std::move(frame));
  return true;
}

bool Parser::on_start_object() {
  names_.open();
  return open(false, Shape::object, Shape::map, "an object");
}

bool Parser::on_start_array() { return open(true, Shape::list, Shape::list, "an array"); }

bool Parser::on_key(std::string_view key) {
  Frame& frame = frames_.back();
  ++frame.count;
  if (frame.type->shape != Shape::object) {
    names_.add(key, offset());
    frame.key = key;
    if (frame.type->shape == Shape::map) {
      frame.slot = frame.type->append_named(frame.container, key);
    }
    return true;
  }
  const std::span<const Field> fields = frame.type->fields;
  for (std::size_t step = 0; step < fields.size(); ++step) {
    std::size_t i = frame.next_field + step;
    i -= i < fields.size() ? 0 : fields.size();
    if (fields[i].name == key) {
      frame.field = &fields[i];
      frame.next_field = i + 1 < fields.size() ? i + 1 : 0;
      const std::uint64_t bit = std::uint64_t{1} << i;
      if ((frame.seen & bit) != 0) {
        std::string message = "duplicate member '" + std::string(key) + "'";
        if (!collected(message, offset(), pointer(), true)) {
          return fail(std::move(message));
        }
        frame.field = nullptr;
        frame.key = key;
      }
      frame.seen |= bit;
      return true;
    }
  }
  return unknown_key(frame, key);
}

bool Parser::unknown_key(Frame& frame, std::string_view key) {
  frame.field = nullptr;
  frame.key = key;
  const std::uint64_t at = offset();
  names_.add(key, at);
  if (observations_ == nullptr || observations_->unknown.size() >= observations_->most) {
    return true;  // config.md#extensibility: without effect and without an error
  }
  // runc takes a known name in any case, crun and youki only as written: what one of them enforces,
  // the other ignores.
  std::string_view meant;
  for (const Field& field : frame.type->fields) {
    if (equal_but_for_case(field.name, key)) {
      meant = field.name;
    }
  }
  observations_->unknown.push_back({.pointer = pointer(), .offset = at, .meant = meant});
  return true;
}

bool Parser::check_required(const Frame& frame) {
  std::uint64_t bit = 1;
  for (const Field& field : frame.type->fields) {
    if (field.required && (frame.seen & bit) == 0) {
      if (observations_ == nullptr) {
        return fail_at("missing member '" + std::string(field.name) + "'", frame.start);
      }
      std::string where = pointer();
      json::append_pointer_token(where, field.name);
      observations_->missing.push_back({.pointer = std::move(where), .offset = frame.start});
    }
    bit <<= 1;
  }
  return true;
}

bool Parser::on_end_object() {
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (const auto repeated = names_.close()) {
    std::string where = pointer();
    json::append_pointer_token(where, repeated->first);
    std::string message = "duplicate member '" + repeated->first + "'";
    if (!collected(message, repeated->second, where, true)) {
      return fail_at(std::move(message), repeated->second, std::move(where));
    }
  }
  if (seccomp_ != nullptr && is_at_seccomp()) {
    *seccomp_ = {.begin = frame.start, .end = offset() + 1};
  }
  return frame.type->shape != Shape::object || check_required(frame);
}

// The value that has just ended.
bool Parser::is_at_seccomp() const {
  const auto in = [](const Frame& frame, std::string_view member) {
    return frame.field != nullptr && frame.field->name == member;
  };
  return frames_.size() == 2 && in(frames_[0], "linux") && in(frames_[1], "seccomp");
}

bool Parser::on_end_array() {
  frames_.pop_back();
  return true;
}

std::string Parser::pointer() const {
  std::string out;
  for (const Frame& frame : frames_) {
    if (frame.count == 0) {
      break;
    }
    if (frame.array) {
      json::append_pointer_token(out, std::to_string(frame.count - 1));
    } else {
      json::append_pointer_token(out, frame.field != nullptr ? frame.field->name : frame.key);
    }
  }
  return out;
}

namespace {

template <typename Document>
std::expected<Document, ParseError> parse_as(const Type& type, std::string_view bytes,
                                             const Limits& limits, Observations* observations,
                                             Extent* seccomp = nullptr) {
  std::expected<Document, ParseError> document;
  Parser parser(type, &*document, observations, seccomp);
  if (auto done = json::read(bytes, limits, parser); !done) {
    document = std::unexpected(std::move(done).error());
  }
  return document;
}

}  // namespace

std::expected<Spec, ParseError> parse(std::string_view bytes, const Limits& limits,
                                      Observations* observations, Extent* seccomp) {
  return parse_as<Spec>(kSpecType, bytes, limits, observations, seccomp);
}

std::expected<Process, ParseError> parse_process(std::string_view bytes, const Limits& limits,
                                                 Observations* observations) {
  return parse_as<Process>(kProcessType, bytes, limits, observations);
}

std::expected<Resources, ParseError> parse_resources(std::string_view bytes, const Limits& limits,
                                                     Observations* observations) {
  return parse_as<Resources>(kResourcesType, bytes, limits, observations);
}

}  // namespace plimsoll::spec
