// The device filter against the meaning of its rules: by an interpreter of the few eBPF
// instructions it uses, and by the kernel's verifier. SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/device_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <random>

#include "runtime/plan/resources.h"
#include "runtime/sys/bpf.h"
#include "runtime/sys/heap_use_test.h"

namespace plimsoll::cgroup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// -1: the program is wrong.
int run(const std::vector<bpf_insn>& program, const DeviceRequest& request) {
  const std::array<std::uint32_t, 3> context = {
      (request.access << 16) | (request.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
      request.major, request.minor};
  std::array<std::uint64_t, 11> regs = {};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const bpf_insn& insn = program[at];
    std::uint64_t& to = regs[insn.dst_reg];
    const auto immediate = static_cast<std::uint64_t>(std::int64_t{insn.imm});
    switch (insn.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        to = context.at(static_cast<std::size_t>(insn.off) / 4);
        break;
      case BPF_ALU64 | BPF_MOV | BPF_X:
        to = regs[insn.src_reg];
        break;
      case BPF_ALU64 | BPF_MOV | BPF_K:
        to = immediate;
        break;
      case BPF_ALU64 | BPF_AND | BPF_K:
        to &= immediate;
        break;
      case BPF_ALU64 | BPF_RSH | BPF_K:
        to >>= insn.imm;
        break;
      case BPF_JMP | BPF_JNE | BPF_K:
        at += to != immediate ? static_cast<std::size_t>(insn.off) : 0;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += to == immediate ? static_cast<std::size_t>(insn.off) : 0;
        break;
      case BPF_JMP | BPF_EXIT:
        return static_cast<int>(regs[0]);
      default:
        return -1;
    }
  }
  return -1;
}

plan::DeviceRule rule(bool allow, char type, std::int64_t major, std::int64_t minor,
                      std::string_view access) {
  return {.allow = allow,
          .type = type,
          .major = major,
          .minor = minor,
          .read = access.contains('r'),
          .write = access.contains('w'),
          .mknod = access.contains('m')};
}

Rules random_rules(std::mt19937& random) {
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  Rules rules;
  for (unsigned count = below(12); count > 0; --count) {
    const unsigned access = 1 + below(7);
    rules.push_back({.allow = below(2) == 1,
                     .type = "abc"[below(3)],
                     .major = static_cast<std::int64_t>(below(4)) - 1,
                     .minor = static_cast<std::int64_t>(below(4)) - 1,
                     .read = (access & kAccessRead) != 0,
                     .write = (access & kAccessWrite) != 0,
                     .mknod = (access & kAccessMknod) != 0});
  }
  return rules;
}

template <typename Check>
void for_all_requests(Check check) {
  for (const char type : {'b', 'c'}) {
    for (std::uint32_t major = 0; major < 4; ++major) {
      for (std::uint32_t minor = 0; minor < 4; ++minor) {
        for (std::uint32_t access = 0; access <= kAccessAll; ++access) {
          check(DeviceRequest{.type = type, .major = major, .minor = minor, .access = access});
        }
      }
    }
  }
}

TEST(DeviceRules, NothingIsAllowedByAnEmptyList) {
  EXPECT_FALSE(is_allowed({}, {.major = 1, .minor = 3, .access = kAccessRead}));
  EXPECT_FALSE(is_allowed({}, {.major = 1, .minor = 3, .access = 0}));
}

// linux.resources.devices.order
TEST(DeviceRules, LaterRulesOverruleEarlierOnes) {
  const DeviceRequest null = {.major = 1, .minor = 3, .access = kAccessRead};
  const auto deny = rule(false, 'a', -1, -1, "rwm");
  const auto allow = rule(true, 'c', 1, 3, "rwm");
  EXPECT_TRUE(is_allowed({deny, allow}, null));
  EXPECT_FALSE(is_allowed({allow, deny}, null));
}

TEST(DeviceRules, DeniedWritingCannotBeHadTogetherWithReading) {
  const Rules rules = {rule(true, 'c', 1, 3, "rwm"), rule(false, 'c', 1, 3, "w")};
  EXPECT_TRUE(is_allowed(rules, {.major = 1, .minor = 3, .access = kAccessRead}));
  EXPECT_FALSE(is_allowed(rules, {.major = 1, .minor = 3, .access = kAccessWrite}));
  EXPECT_FALSE(is_allowed(rules, {.major = 1, .minor = 3, .access = kAccessRead | kAccessWrite}));
}

TEST(DeviceRules, TwoRulesCanAllowAnAccessTogether) {
  const Rules rules = {rule(true, 'c', 1, -1, "r"), rule(true, 'c', -1, 3, "w")};
  EXPECT_TRUE(is_allowed(rules, {.major = 1, .minor = 3, .access = kAccessRead | kAccessWrite}));
}

TEST(DeviceFilter, DecidesAsTheRulesDo) {
  std::mt19937 random(1);
  for (int round = 0; round < 1000; ++round) {
    const Rules rules = random_rules(random);
    const std::vector<bpf_insn> program = build_device_filter(rules);
    const Rules shorter = without_overruled(rules);
    const bool everything = allows_everything(rules);
    for_all_requests([&](const DeviceRequest& request) {
      const bool allowed = is_allowed(rules, request);
      ASSERT_EQ(run(program, request), allowed ? 1 : 0) << "round " << round;
      ASSERT_EQ(is_allowed(shorter, request), allowed) << "round " << round;
      ASSERT_TRUE(!everything || allowed) << "round " << round;
    });
  }
}

// The devices that every container has.
TEST(DeviceFilter, ManyAllowedDevicesTakeFewInstructions) {
  const Rules rules = plan::plan_device_rules({}).value();
  EXPECT_GT(rules.size(), 8U);
  EXPECT_LT(build_device_filter(rules).size(), rules.size() * 6);
}

TEST(DeviceFilter, ALongListOfAllowedDevicesIsDecidedAsItsRulesSay) {
  Rules rules = {rule(false, 'a', -1, -1, "rwm")};
  for (int i = 0; i < 2500; ++i) {
    rules.push_back(rule(true, 'c', i % 7, i % 400, "rwm"));
    if (i % 900 == 0) {
      rules.push_back(rule(true, 'b', 3, i, "rwm"));
    }
  }
  const std::vector<bpf_insn> program = build_device_filter(rules);
  for (std::uint32_t major = 0; major < 9; ++major) {
    for (std::uint32_t minor = 0; minor < 402; ++minor) {
      for (const char type : {'c', 'b'}) {
        const DeviceRequest request = {
            .type = type, .major = major, .minor = minor, .access = kAccessAll};
        ASSERT_EQ(run(program, request), is_allowed(rules, request) ? 1 : 0)
            << major << ':' << minor;
      }
    }
  }
  const auto loaded = sys::bpf_load_device_program(program, "plimsoll_test");
  if (!loaded && loaded.error().err() == EPERM) {
    GTEST_SKIP() << "no right to load eBPF programs";
  }
  EXPECT_TRUE(loaded.has_value()) << loaded.error().message();
}

TEST(DeviceFilter, NumbersBeyondAnyDeviceMatchNothing) {
  const auto program = build_device_filter({rule(true, 'c', 0xffffffff, -1, "rwm")});
  EXPECT_EQ(run(program, {.major = 0xffffffff, .minor = 0, .access = kAccessRead}), 0);
}

TEST(DeviceFilter, TheVerifierTakesEveryProgram) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const auto program =
        sys::bpf_load_device_program(build_device_filter(random_rules(random)), "plimsoll_test");
    if (!program && program.error().err() == EPERM) {
      GTEST_SKIP() << "no right to load eBPF programs: " << program.error().message();
    }
    ASSERT_TRUE(program.has_value()) << program.error().message();
    EXPECT_EQ(sys::bpf_program_name(*program).value(), "plimsoll_test");
  }
}

TEST(DeviceFilter, TheVerifierTakesALongList) {
  Rules rules = plan::plan_device_rules({}).value();
  for (int i = 0; i < 2000; ++i) {
    rules.push_back(rule(i % 3 != 0, "bc"[i % 2], i % 200, i % 77, i % 5 == 0 ? "rw" : "m"));
  }
  const auto program = sys::bpf_load_device_program(build_device_filter(rules), "plimsoll_test");
  if (!program && program.error().err() == EPERM) {
    GTEST_SKIP() << "no right to load eBPF programs";
  }
  EXPECT_TRUE(program.has_value()) << program.error().message();
}

TEST(DeviceFilter, IsSetWithoutTheHeap) {
  const Rules rules = {rule(false, 'a', -1, -1, "rwm"), rule(true, 'c', 1, 3, "rwm")};
  const PendingFilter filter(BorrowedFd::of(-1), rules);
  int error = 0;
  EXPECT_EQ(sys::heap_uses_of([&] { error = filter.set(); }), 0);
  EXPECT_TRUE(error == EBADF || error == EPERM) << error;
  EXPECT_EQ(PendingFilter().set(), 0);
  const PendingFilter needless(BorrowedFd::of(-1), {rule(true, 'a', -1, -1, "rwm")});
  EXPECT_EQ(needless.set(), 0) << "what allows everything needs no filter";
}

TEST(DeviceFilter, TheVerifiersWordsAreInTheError) {
  const auto program = sys::bpf_load_device_program(std::vector<bpf_insn>(1), "plimsoll_test");
  ASSERT_FALSE(program.has_value());
  EXPECT_THAT(program.error().message(), HasSubstr("BPF_PROG_LOAD"));
}

// -- v1 --

// As the v1 controller decides: one exception must hold the whole access.
bool v1_allows(const DeviceState& state, const DeviceRequest& request) {
  for (const DeviceState::Exception& exception : state.exceptions) {
    const bool same = exception.type == request.type &&
                      (exception.major < 0 || exception.major == request.major) &&
                      (exception.minor < 0 || exception.minor == request.minor);
    if (!same) {
      continue;
    }
    if (state.allow_by_default && (request.access & exception.access) != 0) {
      return false;
    }
    if (!state.allow_by_default && (request.access & ~exception.access) == 0) {
      return true;
    }
  }
  return state.allow_by_default;
}

TEST(DeviceState, MeansWhatTheRulesMeanOrSaysThatItCannot) {
  std::mt19937 random(3);
  int expressible = 0;
  for (int round = 0; round < 2000; ++round) {
    const Rules rules = random_rules(random);
    const auto state = device_state(rules);
    if (!state) {
      EXPECT_THAT(state.error().message(), HasSubstr("cgroup v1 cannot express"));
      continue;
    }
    ++expressible;
    for_all_requests([&](const DeviceRequest& request) {
      if (request.access != 0) {
        ASSERT_EQ(v1_allows(*state, request), is_allowed(rules, request)) << "round " << round;
      }
    });
  }
  EXPECT_GT(expressible, 200);
}

TEST(DeviceState, ReadsDevicesList) {
  const auto state = parse_device_list("c 1:3 rwm\nb *:* m\nc 136:* rw\n");
  ASSERT_TRUE(state.has_value());
  EXPECT_FALSE(state->allow_by_default);
  EXPECT_THAT(state->exceptions,
              ElementsAre(DeviceState::Exception{'c', 1, 3, kAccessAll},
                          DeviceState::Exception{'b', -1, -1, kAccessMknod},
                          DeviceState::Exception{'c', 136, -1, kAccessRead | kAccessWrite}));
  EXPECT_TRUE(parse_device_list("a *:* rwm\n")->allow_by_default);
  for (const char* text :
       {"c 1:3\n", "c 1 rwm\n", "c x:3 rwm\n", "cc 1:3 rwm\n", "junk\n", "c 1:99999999999 rwm\n"}) {
    EXPECT_FALSE(parse_device_list(text).has_value()) << text;
  }
}

// peers' case "minimal transition rules": no moment in which what stays allowed is denied.
TEST(DeviceState, TransitionTouchesOnlyWhatChanges) {
  const DeviceState from =
      device_state({rule(true, 'c', 1, 3, "rwm"), rule(true, 'c', 5, 0, "rw")}).value();
  const DeviceState to =
      device_state({rule(true, 'c', 1, 3, "rwm"), rule(true, 'c', 1, 5, "r")}).value();
  EXPECT_THAT(device_transition(from, from), IsEmpty());
  EXPECT_THAT(device_transition(from, to),
              ElementsAre(DeviceWrite{true, "c 1:5 r"}, DeviceWrite{false, "c 5:0 rw"}));
  EXPECT_THAT(device_set_up(to),
              ElementsAre(DeviceWrite{false, "a"}, DeviceWrite{true, "c 1:3 rwm"},
                          DeviceWrite{true, "c 1:5 r"}));
  const DeviceState open = device_state({rule(true, 'a', -1, -1, "rwm")}).value();
  EXPECT_THAT(device_transition(to, open), ElementsAre(DeviceWrite{true, "a"}));
}

}  // namespace
}  // namespace plimsoll::cgroup
