// `update`: from its options or a JSON document to container::update.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>

#include "runtime/base/text.h"
#include "runtime/cli/invocation.h"
#include "runtime/cli/update_options.h"
#include "runtime/container/update.h"
#include "runtime/sys/file.h"
#include "validator/spec/parse.h"

namespace plimsoll::cli {
namespace {

Result<std::string> read_document(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  if (path == "-") {
    return sys::read_to_end(BorrowedFd::of(STDIN_FILENO), kLimit);
  }
  return sys::read_named_file(path.c_str(), kLimit);
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
