// The memory of operator new in a released program, which lives for some milliseconds: what is
// freed is taken again by sizes near its own, and all of it lies together. A general allocator
// spreads its sizes over pages, and each page costs a fault (docs/decisions/0011-musl.md).
// One thread, or two processes in turns (docs/decisions/0003-shared-memory-child.md). Nothing is
// given back to the kernel but what is larger than kLargest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "runtime/sys/populate.h"
#include "runtime/sys/raw.h"

namespace plimsoll::entry {

// Sizes of blocks: up to kFine bytes they differ by 16, beyond by a quarter of a power of two.
namespace heap_classes {

constexpr std::size_t kFine = 1024;
constexpr std::size_t kFineClasses = kFine / 16 + 1;
constexpr std::size_t kCount = kFineClasses + 4 * 7;

// The first class whose blocks have `size` bytes.
constexpr std::size_t class_of(std::size_t size) {
  if (size <= kFine) {
    return (size + 15) / 16;
  }
  const auto power = static_cast<std::size_t>(63 - std::countl_zero(size - 1));
  const std::size_t quarter = (size - 1 - (std::size_t{1} << power)) >> (power - 2);
  return kFineClasses + 4 * (power - 10) + quarter;
}

constexpr std::size_t size_of(std::size_t index) {
  if (index < kFineClasses) {
    return index * 16;
  }
  const std::size_t power = 10 + (index - kFineClasses) / 4;
  const std::size_t quarters = (index - kFineClasses) % 4 + 1;
  return (std::size_t{1} << power) + (quarters << (power - 2));
}

static_assert(class_of(kFine) + 1 == class_of(kFine + 1));
static_assert(size_of(class_of(kFine + 1)) == kFine + kFine / 4);
static_assert(size_of(class_of(2 * kFine)) == 2 * kFine);
static_assert(size_of(class_of(2 * kFine + 1)) == 2 * kFine + kFine / 2);

}  // namespace heap_classes

class Heap {
 public:
  // At least `size` bytes, aligned for every fundamental type; nullptr when the kernel has no more.
  void* allocate(std::size_t size) {
    if (size > kLargest) {
      return allocate_alone(size);
    }
    const std::size_t index = usable(heap_classes::class_of(size + sizeof(Header)));
    Header* block = free_[index];
    if (block != nullptr) {
      free_[index] = block->next;
    } else {
      block = static_cast<Header*>(carve(heap_classes::size_of(index)));
      if (block == nullptr) {
        return nullptr;
      }
    }
    block->state = kUsed;
    block->index = static_cast<std::uint32_t>(index);
    return block + 1;
  }

  // What allocate() gave. False: it is none of ours, or was released before, or what stands in
  // front of it was overwritten.
  [[nodiscard]] bool release(void* memory) {
    if (memory == nullptr) {
      return true;
    }
    Header* block = static_cast<Header*>(memory) - 1;
    if (block->state != kUsed || (block->index >= heap_classes::kCount && block->index != kAlone)) {
      return false;
    }
    block->state = kFree;
    if (block->index == kAlone) {
      (void)sys::raw(SYS_munmap, block, block->size);
      return true;
    }
    block->next = free_[block->index];
    free_[block->index] = block;
    return true;
  }

  static constexpr std::size_t kLargest = std::size_t{64} << 10;

 private:
  struct alignas(16) Header {
    std::uint32_t state;
    std::uint32_t index;
    union {
      Header* next;      // of a free block
      std::size_t size;  // of one that has a mapping of its own
    };
  };
  static_assert(sizeof(Header) == 16);

  static constexpr std::uint32_t kUsed = 0x75736564;
  static constexpr std::uint32_t kFree = 0x66726565;
  static constexpr std::uint32_t kAlone = 0xffffffff;
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kRegion = std::size_t{256} << 10;
  static constexpr std::size_t kAhead = 3 * kPage;

  static_assert(heap_classes::class_of(kLargest + sizeof(Header)) < heap_classes::kCount);
  static_assert(kRegion >= 2 * kLargest);

  // What grows leaves blocks behind, which grow too: a large one may be up to four times as large
  // as was asked for, rather than new memory.
  std::size_t usable(std::size_t index) const {
    constexpr std::size_t kUpTo = 8;
    if (free_[index] == nullptr && index >= heap_classes::kFineClasses) {
      for (std::size_t i = index + 1; i <= index + kUpTo && i < heap_classes::kCount; ++i) {
        if (free_[i] != nullptr) {
          return i;
        }
      }
    }
    return index;
  }

  void* carve(std::size_t size) {
    if (end_ < next_ || static_cast<std::size_t>(end_ - next_) < size) {
      std::size_t length = kRegion;
      void* region = map(length);
      if (region == nullptr) {  // RLIMIT_DATA or RLIMIT_AS of the container, in its init
        length = (size + kPage - 1) / kPage * kPage;
        region = map(length);
      }
      if (region == nullptr) {
        return nullptr;
      }
      // An init that shares this memory may be killed at any instruction: between these stores
      // there is no room.
      end_ = nullptr;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      next_ = static_cast<char*>(region);
      ready_ = next_ + kPage;  // a short command needs no more: one fault
      std::atomic_signal_fence(std::memory_order_seq_cst);
      end_ = next_ + length;
    }
    void* block = next_;
    next_ += size;
    if (next_ > ready_) {
      // One call instead of a fault for each page; that it fails costs those faults.
      char* ahead = next_ + kAhead < end_ ? next_ + kAhead : end_;
      ahead -= reinterpret_cast<std::uintptr_t>(ahead) % kPage;
      if (ahead > ready_) {
        sys::populate_for_writing(reinterpret_cast<std::uintptr_t>(ready_),
                                  static_cast<std::size_t>(ahead - ready_));
        ready_ = ahead;
      }
    }
    return block;
  }

  static void* allocate_alone(std::size_t size) {
    if (size > PTRDIFF_MAX - 2 * kPage) {
      return nullptr;
    }
    const std::size_t whole = (size + sizeof(Header) + kPage - 1) / kPage * kPage;
    auto* block = static_cast<Header*>(map(whole));
    if (block == nullptr) {
      return nullptr;
    }
    block->state = kUsed;
    block->index = kAlone;
    block->size = whole;
    return block + 1;
  }

  static void* map(std::size_t size) {
    const long memory = sys::raw(SYS_mmap, nullptr, size, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives a pointer as a number
    return memory < 0 ? nullptr : reinterpret_cast<void*>(memory);
  }

  std::array<Header*, heap_classes::kCount> free_{};
  char* next_ = nullptr;
  char* end_ = nullptr;
  char* ready_ = nullptr;  // up to here pages were asked for
};

}  // namespace plimsoll::entry
