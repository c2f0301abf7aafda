// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <linux/audit.h>

#include <cstddef>
#include <random>
#include <set>

#include "runtime/linux/seccomp_interpreter.h"
#include "runtime/linux/seccomp_parts.h"
#include "runtime/linux/seccomp_profile_test.h"

namespace plimsoll::linux::seccomp {
namespace {

using Program = std::vector<sock_filter>;

sock_filter load(std::size_t offset) {
  return {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = static_cast<__u32>(offset)};
}
sock_filter load_number() { return load(offsetof(seccomp_data, nr)); }
sock_filter load_arch() { return load(offsetof(seccomp_data, arch)); }
sock_filter load_argument(std::size_t index) {
  return load(offsetof(seccomp_data, args) + index * sizeof(__u64));
}
sock_filter test(unsigned op, std::uint32_t value, unsigned when_true, unsigned when_false) {
  return {.code = static_cast<__u16>(BPF_JMP | op | BPF_K),
          .jt = static_cast<__u8>(when_true),
          .jf = static_cast<__u8>(when_false),
          .k = value};
}
sock_filter answer(std::uint32_t value) {
  return {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = value};
}
sock_filter jump(std::uint32_t distance) {
  return {.code = BPF_JMP | BPF_JA, .jt = 0, .jf = 0, .k = distance};
}

bool identical(const Program& left, const Program& right) {
  return std::ranges::equal(left, right, [](const sock_filter& a, const sock_filter& b) {
    return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
  });
}

// Every constant of the program and its neighbours: what it can tell apart.
std::vector<std::uint32_t> probes(const Program& program) {
  std::set<std::uint32_t> values = {0, 1, 0x40000000, 0xffffffff};
  for (const sock_filter& op : program) {
    if (BPF_CLASS(op.code) == BPF_JMP && BPF_OP(op.code) != BPF_JA) {
      values.insert({op.k - 1, op.k, op.k + 1});
    }
  }
  return {values.begin(), values.end()};
}

void expect_same_answers(const Program& program, const Program& folded, std::mt19937_64& random,
                         int count) {
  const std::vector<std::uint32_t> values = probes(program);
  const auto pick = [&] { return values[random() % values.size()]; };
  for (int i = 0; i < count; ++i) {
    seccomp_data data = {};
    data.nr = static_cast<int>(pick());
    data.arch = pick();
    for (__u64& argument : data.args) {
      argument = std::uint64_t{pick()} << 32 | pick();
    }
    const auto want = interpret(program, data);
    ASSERT_TRUE(want.has_value());
    ASSERT_EQ(interpret(folded, data), want) << "number " << data.nr << " arch " << data.arch;
  }
}

// Jumps lead forward, so the last instructions are answers.
Program random_program(std::mt19937_64& random) {
  Program program;
  const std::size_t size = 8 + random() % 40;
  for (std::size_t at = 0; at < size; ++at) {
    const auto distance = [&] {
      return static_cast<unsigned>(random() % std::min<std::size_t>(size - at, 9));
    };
    const auto value =
        static_cast<std::uint32_t>(random() % 6 + (random() % 8 == 0 ? 0x40000000U : 0U));
    switch (random() % 10) {
      case 0:
        program.push_back(load_number());
        break;
      case 1:
        program.push_back(load_arch());
        break;
      case 2:
        program.push_back(load_argument(random() % 6));
        break;
      case 3:
        program.push_back(answer(value));
        break;
      case 4:
        program.push_back(jump(distance()));
        break;
      case 5:
        program.push_back(test(BPF_JGE, value, distance(), distance()));
        break;
      case 6:
        program.push_back(test(BPF_JGT, value, distance(), distance()));
        break;
      case 7:
        program.push_back(test(BPF_JSET, 0x40000000U, distance(), distance()));
        break;
      default:
        program.push_back(test(BPF_JEQ, value, distance(), distance()));
        break;
    }
  }
  for (std::uint32_t i = 0; i < 10; ++i) {
    program.push_back(answer(100 + i));
  }
  return program;
}

TEST(SeccompFold, RandomProgramsKeepTheirAnswers) {
  std::mt19937_64 random(7);
  int shorter = 0;
  for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
    const Program program = random_program(random);
    const Program folded = fold(program);
    ASSERT_LE(folded.size(), program.size());
    shorter += folded.size() < program.size() ? 1 : 0;
    expect_same_answers(program, folded, random, 60);
  }
  EXPECT_GT(shorter, 1000);
}

plan::Seccomp engine_profile() {
  plan::Seccomp profile = large_profile();
  std::size_t number = 0;
  std::erase_if(profile.syscalls[0].names, [&number](const std::string&) {
    return ++number % 11 == 0;
  });  // engines leave holes
  for (const std::uint64_t value : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, ~0ULL}) {
    profile.syscalls.push_back(
        {.names = {"personality"},
         .action = "SCMP_ACT_ALLOW",
         .errno_ret = {},
         .args = {{.index = 0, .value = value, .value_two = 0, .op = "SCMP_CMP_EQ"}}});
  }
  profile.syscalls.push_back(
      {.names = {"clone"},
       .action = "SCMP_ACT_ALLOW",
       .errno_ret = {},
       .args = {{.index = 0, .value = 2114060288, .value_two = 0, .op = "SCMP_CMP_MASKED_EQ"}}});
  return profile;
}

TEST(SeccompFold, AnEnginesProfileIsAThirdAsLong) {
  const auto whole = compile_unfolded(engine_profile());
  ASSERT_TRUE(whole) << whole.error().message();
  const Program folded = fold(whole->instructions);
  EXPECT_GT(whole->instructions.size(), 600U);
  EXPECT_LT(folded.size() * 3, whole->instructions.size());
  std::mt19937_64 random(8);
  expect_same_answers(whole->instructions, folded, random, 60000);
  // Each number of each architecture, with arguments that meet no condition.
  for (const std::uint32_t arch : {std::uint32_t{AUDIT_ARCH_X86_64}, std::uint32_t{AUDIT_ARCH_I386},
                                   std::uint32_t{AUDIT_ARCH_AARCH64}}) {
    for (const int base : {0, 0x40000000}) {
      for (int number = 0; number < 600; ++number) {
        const seccomp_data data = {
            .nr = base + number, .arch = arch, .instruction_pointer = 0, .args = {}};
        ASSERT_EQ(interpret(folded, data), interpret(whole->instructions, data)) << number;
      }
    }
  }
}

TEST(SeccompFold, WhatItCannotFollowStays) {
  // Could be folded well, whatever comes before.
  Program tail;
  for (std::uint32_t number = 0; number < 60; ++number) {
    tail.insert(tail.end(), {load_number(), test(BPF_JEQ, number, 0, 1), answer(5)});
  }
  tail.push_back(answer(6));
  const auto followed_by_tail = [&tail](Program begin) {
    begin.insert(begin.end(), tail.begin(), tail.end());
    return begin;
  };
  const Program good = followed_by_tail({load_number(), test(BPF_JEQ, 1, 0, 1), answer(1)});
  EXPECT_LT(fold(good).size(), 20U);
  const std::vector<Program> beginnings = {
      // Part of a number that no range describes.
      {load_number(), test(BPF_JSET, 1, 0, 1), answer(1)},
      // An order among architectures.
      {load_arch(), test(BPF_JGT, 5, 0, 1), answer(1)},
      // Arithmetic on the number, and on nothing.
      {load_number(),
       {.code = BPF_ALU | BPF_AND | BPF_K, .jt = 0, .jf = 0, .k = 3},
       test(BPF_JEQ, 1, 0, 1),
       answer(1)},
      {{.code = BPF_ALU | BPF_AND | BPF_K, .jt = 0, .jf = 0, .k = 3}},
      // Memory.
      {load_number(), {.code = BPF_ST, .jt = 0, .jf = 0, .k = 0}},
      // A jump to behind the end.
      {load_number(), test(BPF_JEQ, 1, 0, 255)},
  };
  for (const Program& beginning : beginnings) {
    const Program program = followed_by_tail(beginning);
    EXPECT_TRUE(identical(fold(program), program)) << &beginning - beginnings.data();
  }
  EXPECT_TRUE(fold(Program()).empty());
}

// One number's tests of arguments are longer than a test can jump.
TEST(SeccompFold, LongAnswersAreReached) {
  Program arguments;
  for (std::uint32_t value = 0; value < 200; ++value) {
    arguments.insert(arguments.end(),
                     {load_argument(0), test(BPF_JEQ, value, 0, 1), answer(1000 + value)});
  }
  arguments.push_back(answer(1));
  Program program = {load_number(), test(BPF_JEQ, 7, 1, 0),
                     jump(static_cast<std::uint32_t>(arguments.size()))};
  program.insert(program.end(), arguments.begin(), arguments.end());
  for (std::uint32_t number = 0; number < 300; ++number) {
    program.push_back(load_number());
    program.push_back(test(BPF_JEQ, number * 2, 0, 1));
    program.push_back(answer(2 + number % 3));
  }
  program.push_back(answer(9));
  const Program folded = fold(program);
  EXPECT_LT(folded.size(), program.size());
  std::mt19937_64 random(9);
  expect_same_answers(program, folded, random, 20000);
}

}  // namespace
}  // namespace plimsoll::linux::seccomp
