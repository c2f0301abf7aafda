// Counts what a test's code takes from the heap: what works beside an init that shares the memory
// takes nothing (docs/decisions/0012-beside-init.md). In one file of a test program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace plimsoll::sys {

inline std::atomic<int> heap_uses = 0;

template <typename Work>
int heap_uses_of(const Work& work) {
  const int before = heap_uses;
  work();
  return heap_uses - before;
}

}  // namespace plimsoll::sys

void* operator new(std::size_t size) {
  ++plimsoll::sys::heap_uses;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  std::abort();
}
void operator delete(void* memory) noexcept {
  plimsoll::sys::heap_uses += memory != nullptr ? 1 : 0;
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept { ::operator delete(memory); }
