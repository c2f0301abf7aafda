// The heap of the release. SPDX-License-Identifier: Apache-2.0
#include "runtime/entry/heap.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace plimsoll::entry {
namespace {

struct Block {
  unsigned char* memory = nullptr;
  std::size_t size = 0;
  unsigned char fill = 0;

  bool intact() const {
    for (std::size_t i = 0; i < size; ++i) {
      if (memory[i] != fill) {
        return false;
      }
    }
    return true;
  }
};

TEST(Heap, BlocksDoNotOverlapWhateverIsTakenAndReleased) {
  std::mt19937_64 random(1);
  const auto heap = std::make_unique<Heap>();
  std::vector<Block> blocks;
  for (int round = 0; round < 20'000; ++round) {
    if (blocks.empty() || random() % 5 < 3) {
      // Most are small; some lie around each border between classes and mappings.
      const std::size_t limit = std::size_t{1} << random() % 18;
      Block block{.size = random() % (limit + 1), .fill = static_cast<unsigned char>(round)};
      block.memory = static_cast<unsigned char*>(heap->allocate(block.size));
      ASSERT_NE(block.memory, nullptr);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block.memory) % alignof(std::max_align_t), 0u);
      std::memset(block.memory, block.fill, block.size);
      blocks.push_back(block);
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      ASSERT_TRUE(blocks.back().intact()) << blocks.back().size;
      ASSERT_TRUE(heap->release(blocks.back().memory));
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) {
    EXPECT_TRUE(block.intact()) << block.size;
  }
}

TEST(Heap, TakesAgainWhatWasReleased) {
  const auto heap = std::make_unique<Heap>();
  for (const std::size_t size :
       std::to_array<std::size_t>({0, 1, 16, 100, 1008, 1009, 5000, 65'536})) {
    void* first = heap->allocate(size);
    ASSERT_TRUE(heap->release(first));
    EXPECT_EQ(heap->allocate(size), first) << size;
  }
}

TEST(Heap, WhatGrowsTakesWhatHasGrownBefore) {
  const auto heap = std::make_unique<Heap>();
  void* large = heap->allocate(8000);
  ASSERT_TRUE(heap->release(large));
  void* fitting = heap->allocate(2000);
  EXPECT_EQ(fitting, large);
  void* other = heap->allocate(2000);
  EXPECT_NE(other, large);
  ASSERT_TRUE(heap->release(fitting));
  EXPECT_NE(heap->allocate(1100), large) << "more than four times as large";
  EXPECT_EQ(heap->allocate(8000), large) << "it is as large as before";
}

TEST(Heap, SmallBlocksLieTogether) {
  const auto heap = std::make_unique<Heap>();
  auto* first = static_cast<char*>(heap->allocate(24));
  for (int i = 1; i < 80; ++i) {
    heap->allocate(24);
  }
  EXPECT_EQ(static_cast<char*>(heap->allocate(24)) - first, 80 * 48);
}

TEST(Heap, LargeBlocksGoBackToTheKernel) {
  const auto heap = std::make_unique<Heap>();
  auto* block = static_cast<unsigned char*>(heap->allocate(Heap::kLargest + 1));
  ASSERT_NE(block, nullptr);
  block[Heap::kLargest] = 1;
  ASSERT_TRUE(heap->release(block));
  auto page = reinterpret_cast<std::uintptr_t>(block) & ~std::uintptr_t{4095};
  EXPECT_EQ(sys::raw(SYS_msync, page, 4096, MS_ASYNC), -ENOMEM) << "it is still mapped";
}

TEST(Heap, SeesASecondReleaseAndAnOverwrittenFront) {
  const auto heap = std::make_unique<Heap>();
  auto* block = static_cast<unsigned char*>(heap->allocate(100));
  auto* neighbour = static_cast<unsigned char*>(heap->allocate(100));
  std::memset(block, 0xff, 112 + 8);  // into the neighbour's front
  EXPECT_FALSE(heap->release(neighbour));
  EXPECT_TRUE(heap->release(block));
  EXPECT_FALSE(heap->release(block));
  EXPECT_TRUE(heap->release(nullptr));
}

TEST(Heap, UnderATightLimitItAsksForLess) {
  const pid_t child = fork();
  if (child == 0) {
    rlim_t mapped = 0;
    {
      std::ifstream status("/proc/self/status");
      for (std::string line; std::getline(status, line);) {
        mapped = line.starts_with("VmData:") ? std::stoull(line.substr(7)) << 10 : mapped;
      }
    }
    Heap heap;
    rlimit limit = {};
    bool good = getrlimit(RLIMIT_DATA, &limit) == 0;
    limit.rlim_cur = mapped;
    good = good && setrlimit(RLIMIT_DATA, &limit) == 0 && heap.allocate(5000) == nullptr;
    limit.rlim_cur = mapped + (rlim_t{64} << 10);
    good = good && setrlimit(RLIMIT_DATA, &limit) == 0 && heap.allocate(5000) != nullptr;
    _exit(good ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Heap, TooMuchIsRefused) {
  const auto heap = std::make_unique<Heap>();
  EXPECT_EQ(heap->allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(heap->allocate(std::size_t{1} << 60), nullptr);
  EXPECT_NE(heap->allocate(std::size_t{1} << 20), nullptr);
}

}  // namespace
}  // namespace plimsoll::entry
