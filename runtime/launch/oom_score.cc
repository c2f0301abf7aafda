// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/oom_score.h"

#include <fcntl.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"

namespace plimsoll::launch {

namespace {

// The driver's own, before anything of the container is near. Only writing needs a procfs that is
// known to be one.
std::optional<std::int64_t> own_oom_score() {
  const auto file =
      sys::open_at(sys::cwd(), "/proc/self/oom_score_adj", O_RDONLY | O_NONBLOCK | O_NOCTTY);
  std::array<char, 16> buffer;
  const auto size = file ? sys::read_some(*file, buffer.data(), buffer.size()) : fail(file.error());
  return size ? parse_signed(trim(std::string_view(buffer.data(), *size))) : std::nullopt;
}

}  // namespace

Result<> OomScore::lend(const plan::Process& process) {
  if (!process.oom_score_adj) {
    return {};
  }
  const auto own = own_oom_score();
  if (own && *own == *process.oom_score_adj) {
    return {};
  }
  std::vector<std::string> warnings;
  TRY(linux::set_oom_score_adj(*process.oom_score_adj, warnings));
  for (const std::string& warning : warnings) {
    log::warning(warning);
  }
  if (own) {
    own_ = static_cast<int>(*own);
  }
  return {};
}

void OomScore::take_back() {
  if (!own_) {
    return;
  }
  std::vector<std::string>
      ignored;  // a higher value than its own only makes this process the likelier victim
  (void)linux::set_oom_score_adj(*own_, ignored);
  own_.reset();
}

}  // namespace plimsoll::launch
