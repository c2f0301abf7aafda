// `events`: statistics and out-of-memory events. SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/invocation.h"

namespace plimsoll::cli {

Result<int> run_events(const Invocation&) {
  return fail(Error::unsupported("events: not built into this version"));
}

}  // namespace plimsoll::cli
