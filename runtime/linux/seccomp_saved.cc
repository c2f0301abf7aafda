// The program of a container, saved by create for exec. SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <utility>

#include "runtime/linux/seccomp.h"
#include "runtime/linux/seccomp_parts.h"

namespace plimsoll::linux {

namespace {

// The key of the entry.
struct Place {
  std::uint64_t config_size = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

}  // namespace

std::string encode_saved_seccomp(const SavedSeccomp& saved) {
  const Place place = {.config_size = saved.config_size, .begin = saved.begin, .end = saved.end};
  return seccomp::encode_entry({reinterpret_cast<const char*>(&place), sizeof place},
                               {.instructions = saved.program.instructions,
                                .notify = false,
                                .load_flags = saved.program.load_flags});
}

std::optional<SavedSeccomp> decode_saved_seccomp(std::string_view bytes) {
  auto entry = seccomp::decode_entry(bytes);
  Place place;
  if (!entry || entry->key.size() != sizeof place || entry->filter.notify) {
    return std::nullopt;
  }
  std::memcpy(&place, entry->key.data(), sizeof place);
  if (place.begin >= place.end || place.end > place.config_size) {
    return std::nullopt;
  }
  return SavedSeccomp{.config_size = place.config_size,
                      .begin = place.begin,
                      .end = place.end,
                      .program = {.instructions = std::move(entry->filter.instructions),
                                  .load_flags = entry->filter.load_flags,
                                  .notify = false}};
}

}  // namespace plimsoll::linux
