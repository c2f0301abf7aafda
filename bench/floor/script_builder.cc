// Puts a floor script together.
// SPDX-License-Identifier: Apache-2.0
#include "bench/floor/script_builder.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <stdexcept>

namespace plimsoll::bench {

ScriptBuilder::Value ScriptBuilder::bytes(std::string_view data) {
  bytes_.resize((bytes_.size() + 7) / 8 * 8);
  const auto offset = static_cast<long>(bytes_.size());
  bytes_ += data;
  return {Argument::bytes, offset};
}

ScriptBuilder::Value ScriptBuilder::text(std::string_view text) {
  const Value place = bytes(text);
  bytes_ += '\0';
  return place;
}

ScriptBuilder::Value ScriptBuilder::space(std::size_t size) {
  return bytes(std::string(size, '\0'));
}

ScriptBuilder::Value ScriptBuilder::behind(const Value& start, long offset) {
  return {Argument::bytes, start.value + offset};
}

Step& ScriptBuilder::add(StepKind kind, long number, std::initializer_list<Value> args) {
  Step step{};
  step.kind = kind;
  step.number = number;
  step.save = kNoRegister;
  std::size_t index = 0;
  for (const Value& arg : args) {
    step.kinds[index] = arg.kind;
    step.args[index++] = arg.value;
  }
  steps_.push_back(step);
  return steps_.back();
}

Saved ScriptBuilder::save(Step& step) {
  if (registers_ == kRegisters) {
    throw std::runtime_error("the floor has no register left for so many mounts");
  }
  step.save = registers_++;
  return {step.save};
}

Saved ScriptBuilder::call(long number, std::initializer_list<Value> args) {
  // Only answers that are descriptors or pids are used again.
  Step& step = add(StepKind::call, number, args);
  switch (number) {
    case SYS_openat:
    case SYS_open_tree:
    case SYS_bpf:
    case SYS_pidfd_open:
    case SYS_socket:
    case SYS_read:
      return save(step);
    default:
      return {};
  }
}

void ScriptBuilder::try_call(long number, std::initializer_list<Value> args) {
  add(StepKind::call, number, args).may_fail = 1;
}

Saved ScriptBuilder::spawn(const Value& clone_args) {
  open_spawns_.push_back(steps_.size());
  return save(add(StepKind::spawn, SYS_clone3, {clone_args}));
}

void ScriptBuilder::in_parent() {
  steps_.at(open_spawns_.back()).args[1] = static_cast<long>(steps_.size());
  open_spawns_.pop_back();
}

Saved ScriptBuilder::number_text(const Value& target, std::string_view before, const Value& number,
                                 std::string_view after) {
  const Value begin = text(before);
  const Value end = text(after);
  return save(add(StepKind::text, 0, {target, begin, number, end}));
}

Saved ScriptBuilder::load(const Value& place) { return save(add(StepKind::load, 0, {place})); }

void ScriptBuilder::store(const Value& place, const Value& value, long size) {
  add(StepKind::store, size, {place, value});
}

void ScriptBuilder::finish(const Value& status) { add(StepKind::finish, 0, {status}); }

Saved ScriptBuilder::open(std::string_view path, long flags, long mode) {
  return call(SYS_openat, {AT_FDCWD, text(path), flags | O_CLOEXEC, mode});
}

void ScriptBuilder::write_file(std::string_view path, std::string_view content) {
  const Saved file = open(path, O_WRONLY);
  call(SYS_write, {file, bytes(content), static_cast<long>(content.size())});
  call(SYS_close, {file});
}

ScriptBuilder::Value ScriptBuilder::text_array(const std::vector<std::string>& texts) {
  std::vector<Value> places;
  places.reserve(texts.size());
  for (const std::string& one : texts) {
    places.push_back(text(one));
  }
  const Value array = space((texts.size() + 1) * sizeof(long));
  long offset = 0;
  for (const Value& place : places) {
    store(behind(array, offset), place);
    offset += static_cast<long>(sizeof(long));
  }
  return array;
}

std::string ScriptBuilder::script() const {
  const ScriptHeader header{.magic = kScriptMagic, .steps = static_cast<unsigned>(steps_.size())};
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(reinterpret_cast<const char*>(steps_.data()), steps_.size() * sizeof(Step));
  return out + bytes_;
}

}  // namespace plimsoll::bench
