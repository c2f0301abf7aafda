// `spec`: writes a config.json to start from. SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <optional>
#include <string>

#include "runtime/cli/example_config.h"
#include "runtime/cli/invocation.h"
#include "runtime/container/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace plimsoll::cli {

Result<int> run_spec(const Invocation& invocation) {
  const std::string bundle = invocation.arguments.text("bundle");
  const UniqueFd dir =
      TRY(sys::open_at(sys::cwd(), bundle.empty() ? "." : bundle.c_str(), O_RDONLY | O_DIRECTORY));
  // O_EXCL follows no link and leaves no moment between looking and making.
  auto file = sys::open_at(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
  if (!file && file.error().err() == EEXIST) {
    return fail(Error::exists("File config.json exists. Remove it first"));
  }
  const UniqueFd config = TRY(std::move(file));
  std::optional<RootlessUser> rootless;
  if (invocation.arguments.flag("rootless")) {
    rootless = {.uid = sys::effective_user_id(), .gid = sys::effective_group_id()};
  }
  auto written = sys::write_all(config, example_config(container::unified_cgroups(), rootless));
  if (!written) {
    (void)sys::unlink_at(dir, "config.json");
    return fail(std::move(written).error());
  }
  return 0;
}

}  // namespace plimsoll::cli
