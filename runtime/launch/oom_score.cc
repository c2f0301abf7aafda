// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/oom_score.h"

#include <string>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/linux/process_setup.h"

namespace plimsoll::launch {

Result<> OomScore::lend(const plan::Process& process) {
  if (!process.oom_score_adj) {
    return {};
  }
  const linux::Procfs proc = TRY(linux::Procfs::open_subset());
  const std::string text = TRY(proc.read("self/oom_score_adj", 64));
  const auto own = parse_signed(trim(text));
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
