// `list`: every container below the state root. One that cannot be read is shown with the reason;
// it never keeps the others from being shown. SPDX-License-Identifier: Apache-2.0
#include "runtime/container/lookup.h"

namespace plimsoll::container {

namespace {

Result<state::View> look_up_id(BorrowedFd root, const std::string& id) {
  const auto dir = TRY(state::ContainerDir::open(root, id, state::ContainerDir::Lock::none));
  auto view = look_up(dir);
  if (!view) {
    // A container that is being deleted loses its files one by one: seen whole, or not at all.
    TRY(state::ContainerDir::open(root, id, state::ContainerDir::Lock::none));
  }
  return view;
}

}  // namespace

Result<std::vector<ListEntry>> list(const Globals& globals) {
  const UniqueFd root = TRY(state::open_root(globals.root, false));
  std::vector<ListEntry> entries;
  for (const std::string& id : TRY(state::list_ids(root))) {
    ListEntry entry;
    auto view = look_up_id(root, id);
    if (view) {
      entry.view = *std::move(view);
    } else if (view.error().kind() == ErrorKind::not_found) {
      continue;
    } else {
      entry.view.id = id;
      entry.problem = view.error().message();
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace plimsoll::container
