// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/update_options.h"

#include <limits>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cli/units.h"

namespace plimsoll::cli {
namespace {

using OptionalSigned = std::optional<std::int64_t>;
using OptionalUnsigned = std::optional<std::uint64_t>;

std::unexpected<Error> bad_value(const char* option, std::string_view text) {
  return fail(Error::invalid(cat("invalid value for ", option, ": '", text, "'")));
}

// "" counts as not given, as callers send it so.
template <typename T>
Result<> take(const Arguments& arguments, const char* option, std::optional<T>& into,
              std::optional<T> (*parse)(std::string_view)) {
  const std::string text = arguments.text(option);
  if (text.empty()) {
    return {};
  }
  into = parse(text);
  return into ? Result<>() : bad_value(option, text);
}

OptionalSigned parse_limit(std::string_view text) {
  return text == "-1" ? OptionalSigned(-1) : parse_size(text);
}

Result<spec::Memory> memory_of(const Arguments& arguments) {
  spec::Memory memory;
  TRY(take(arguments, "memory", memory.limit, parse_limit));
  TRY(take(arguments, "memory-swap", memory.swap, parse_limit));
  TRY(take(arguments, "memory-reservation", memory.reservation, parse_limit));
  OptionalSigned ignored;
  for (const char* option : {"kernel-memory", "kernel-memory-tcp"}) {
    TRY(take(arguments, option, ignored, parse_limit));
  }
  if (ignored) {
    log::warning("ignoring kernel memory limits: the kernel has none any more");
  }
  return memory;
}

Result<spec::Cpu> cpu_of(const Arguments& arguments) {
  spec::Cpu cpu;
  TRY(take(arguments, "cpu-period", cpu.period, parse_unsigned));
  TRY(take(arguments, "cpu-quota", cpu.quota, parse_signed));
  TRY(take(arguments, "cpu-burst", cpu.burst, parse_unsigned));
  TRY(take(arguments, "cpu-share", cpu.shares, parse_unsigned));
  TRY(take(arguments, "cpu-rt-period", cpu.realtime_period, parse_unsigned));
  TRY(take(arguments, "cpu-rt-runtime", cpu.realtime_runtime, parse_signed));
  TRY(take(arguments, "cpu-idle", cpu.idle, parse_signed));
  if (std::string cpus = arguments.text("cpuset-cpus"); !cpus.empty()) {
    cpu.cpus = std::move(cpus);
  }
  if (std::string mems = arguments.text("cpuset-mems"); !mems.empty()) {
    cpu.mems = std::move(mems);
  }
  return cpu;
}

}  // namespace

Result<spec::Resources> resources_of(const Arguments& arguments) {
  spec::Resources resources;
  resources.memory = TRY(memory_of(arguments));
  resources.cpu = TRY(cpu_of(arguments));
  if (const OptionalSigned weight = arguments.integer("blkio-weight"); weight && *weight != 0) {
    if (*weight < 0 || *weight > std::numeric_limits<std::uint16_t>::max()) {
      return bad_value("blkio-weight", cat(*weight));
    }
    resources.block_io.emplace().weight = static_cast<std::uint16_t>(*weight);
  }
  if (const OptionalSigned limit = arguments.integer("pids-limit")) {
    resources.pids.emplace().limit = limit;
  }
  return resources;
}

}  // namespace plimsoll::cli
