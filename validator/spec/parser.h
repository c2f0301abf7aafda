// The handler that fills a document of ours from the reader's events. Private to this module.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "validator/json/json.h"
#include "validator/spec/field.h"
#include "validator/spec/parse.h"

namespace plimsoll::spec {

class Parser final : public json::Handler {
 public:
  Parser(const Type& type, void* document, Observations* observations, Extent* seccomp = nullptr)
      : type_(type), document_(document), observations_(observations), seccomp_(seccomp) {
    frames_.reserve(16);
  }

  bool on_null() override;
  bool on_bool(bool value) override;
  bool on_unsigned(std::uint64_t value) override;
  bool on_negative(std::int64_t value) override;
  bool on_real(double value, std::string_view text) override;
  bool on_string(std::string_view value) override;
  bool on_start_object() override;
  bool on_key(std::string_view key) override;
  bool on_end_object() override;
  bool on_start_array() override;
  bool on_end_array() override;
  std::string pointer() const override;

 private:
  // A container that is open.
  struct Frame {
    const Type* type = nullptr;  // shape list, object, map or skipped
    void* container = nullptr;
    bool array = false;
    const Field* field = nullptr;  // object: of the current member; nullptr when it is unknown
    std::size_t next_field = 0;  // object: where the search begins, as members often come in order
    std::uint64_t seen = 0;      // object: bit i for fields[i]
    std::uint64_t start = 0;     // offset of its bracket
    std::uint64_t count = 0;     // elements or members begun
    void* slot = nullptr;        // map: of the current member
    std::string key;             // of the current member where no field has it
  };
  // Where the value that begins goes.
  struct Target {
    const Type* type;
    void* slot;
  };

  Target target();
  bool mismatch(const Type& type, std::string_view got);
  bool open(bool array, Shape shape, Shape other_shape, std::string_view got);
  // True where the parsing goes on after the fault.
  bool collected(const std::string& message, std::uint64_t at, std::string pointer, bool duplicate);
  bool unknown_key(Frame& frame, std::string_view key);
  bool check_required(const Frame& frame);
  bool is_at_seccomp() const;

  const Type& type_;
  void* document_;
  Observations* observations_;
  Extent* seccomp_;  // nobody asks where there is none
  std::vector<Frame> frames_;
  json::DuplicateNames names_;  // of maps, unknown members and what is in them
};

}  // namespace plimsoll::spec
