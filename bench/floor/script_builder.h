// Puts a floor script together, step by step, in the order of execution.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "bench/floor/script.h"

namespace plimsoll::bench {

// A register that holds the answer of an earlier step.
struct Saved {
  unsigned char index = kNoRegister;
};

class ScriptBuilder {
 public:
  struct Value {
    Argument kind = Argument::value;
    long value = 0;
    // NOLINTBEGIN(google-explicit-constructor): arguments read like those of the system call.
    Value(long number) : value(number) {}
    Value(Saved saved) : kind(Argument::saved), value(saved.index) {}
    Value(Argument of, long number) : kind(of), value(number) {}
    // NOLINTEND(google-explicit-constructor)
  };

  // Bytes of the script; a text gets a NUL.
  Value text(std::string_view text);
  Value bytes(std::string_view data);
  Value space(std::size_t size);
  // The place `offset` bytes behind `start`.
  static Value behind(const Value& start, long offset);

  // A system call that must succeed.
  Saved call(long number, std::initializer_list<Value> args);
  // One whose failure says nothing: what is asked for may be absent or there already.
  void try_call(long number, std::initializer_list<Value> args);
  // The steps from here to the next call of in_parent are the child's.
  Saved spawn(const Value& clone_args);
  void in_parent();
  Saved number_text(const Value& target, std::string_view before, const Value& number,
                    std::string_view after);
  Saved load(const Value& place);
  void store(const Value& place, const Value& value, long size = 8);
  void finish(const Value& status);

  // -- calls that need several steps --

  Saved open(std::string_view path, long flags, long mode = 0);
  void write_file(std::string_view path, std::string_view text);
  // An array of pointers to texts, with a null pointer at its end.
  Value text_array(const std::vector<std::string>& texts);

  std::string script() const;

 private:
  Step& add(StepKind kind, long number, std::initializer_list<Value> args);
  Saved save(Step& step);

  std::vector<Step> steps_;
  std::string bytes_;
  std::vector<std::size_t> open_spawns_;
  unsigned char registers_ = 0;
};

}  // namespace plimsoll::bench
