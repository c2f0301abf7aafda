// `state`: what a container is doing now. Takes no lock: a hook of create may ask.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/lookup.h"

namespace plimsoll::container {

Result<state::View> state_of(const Globals& globals, const std::string& id) {
  const auto dir = TRY(open_container(globals, id, state::ContainerDir::Lock::none));
  return look_up(dir);
}

}  // namespace plimsoll::container
