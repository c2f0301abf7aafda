// Page faults taken in advance: memory that is sure to be written costs one call for all of its
// pages instead of a fault for each (man 2 madvise, MADV_POPULATE_WRITE). SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/sys/raw.h"

namespace plimsoll::sys {

// The pages that hold [begin, begin + size) bytes. A kernel before Linux 5.14, or a tight memory
// limit, answers with an error: then the faults come one by one, and nothing is lost.
[[gnu::always_inline]] inline void populate_for_writing(std::uintptr_t begin, std::size_t size) {
  constexpr std::uintptr_t kPage = 4096;
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE
  const std::uintptr_t first = begin & ~(kPage - 1);
  const std::uintptr_t end = (begin + size + kPage - 1) & ~(kPage - 1);
  (void)raw(SYS_madvise, first, end - first, kPopulateWrite);
}

}  // namespace plimsoll::sys
