// SPDX-License-Identifier: Apache-2.0
#include "runtime/entry/heap.h"

#include <cstdint>
#include <cstdlib>

#include "runtime/sys/populate.h"

namespace plimsoll::entry {

void populate_heap() {
  constexpr std::size_t kUsed = 40 * 1024;  // by a `run` of a small bundle
  // glibc's first allocation moves the program break by 132 KB and is given out from its bottom.
  void* first = std::malloc(1);
  if (first != nullptr) {
    sys::populate_for_writing(reinterpret_cast<std::uintptr_t>(first), kUsed);
    std::free(first);
  }
}

}  // namespace plimsoll::entry
