// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/update_command.h"

#include <unistd.h>

#include <array>
#include <limits>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/cli/invocation.h"
#include "runtime/cli/units.h"
#include "runtime/container/update.h"
#include "runtime/sys/file.h"
#include "validator/spec/parse.h"

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

Result<std::string> read_document(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  if (path == "-") {
    return sys::read_to_end(BorrowedFd::of(STDIN_FILENO), kLimit);
  }
  return sys::read_file_at(sys::cwd(), path.c_str(), kLimit);
}

Result<spec::Resources> resources_from(const std::string& path) {
  const std::string bytes = TRY(read_document(path));
  auto resources = spec::parse_resources(bytes);
  if (!resources) {
    return fail(Error::invalid(resources.error().text(path == "-" ? "stdin" : path)));
  }
  return std::move(*resources);
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
    resources.pids.emplace().limit = *limit;
  }
  return resources;
}

Result<int> run_update(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  container::UpdateOptions options;
  options.id = arguments.operand(0);
  const std::string path = arguments.text("resources");
  options.resources = TRY(path.empty() ? resources_of(arguments) : resources_from(path));
  options.l3_cache_schema = arguments.text("l3-cache-schema");
  options.mem_bw_schema = arguments.text("mem-bw-schema");
  TRY(container::update(invocation.globals, options));
  return 0;
}

}  // namespace plimsoll::cli
