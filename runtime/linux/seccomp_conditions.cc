// Exact code for calls with several conditional rules. libseccomp (2.5.4, 2.6.0) merges the rules
// of one call into a tree, and for orderings (LT, LE, GT, GE) and for rules that share an argument
// the tree can lose a rule or match too much: a deny rule without effect, or an allow rule for
// arguments that the profile does not allow. So these calls are decided in front of its filter.
// SPDX-License-Identifier: Apache-2.0
#include <linux/seccomp.h>

#include <algorithm>
#include <bit>
#include <cstddef>

#include "runtime/linux/seccomp_parts.h"

namespace plimsoll::linux::seccomp {

namespace {

// The jump to the next rule, until its distance is known. Of one rule with six conditions: 31
// instructions, so this is no distance.
constexpr std::uint8_t kFail = 255;

using Code = std::vector<sock_filter>;

void add(Code& out, unsigned code, std::uint32_t value, std::uint8_t when_true = 0,
         std::uint8_t when_false = 0) {
  out.push_back({.code = static_cast<__u16>(code), .jt = when_true, .jf = when_false, .k = value});
}
void jump(Code& out, unsigned test, std::uint32_t value, std::uint8_t when_true,
          std::uint8_t when_false) {
  add(out, BPF_JMP | test | BPF_K, value, when_true, when_false);
}

struct Word {
  std::uint32_t offset;  // in seccomp_data
  std::uint32_t value;
  std::uint32_t second;
};

Word half(const spec::SeccompArg& arg, bool high) {
  const std::size_t base = offsetof(seccomp_data, args) + arg.index * sizeof(std::uint64_t);
  const bool second_word = high == (std::endian::native == std::endian::little);
  const int shift = high ? 32 : 0;
  return {.offset = static_cast<std::uint32_t>(base + (second_word ? 4 : 0)),
          .value = static_cast<std::uint32_t>(arg.value >> shift),
          .second = static_cast<std::uint32_t>(arg.value_two >> shift)};
}

void load(Code& out, std::uint32_t offset) { add(out, BPF_LD | BPF_W | BPF_ABS, offset); }

// Falls through when the low word meets the condition; `high` words are equal then.
void test_low(Code& out, const spec::SeccompArg& arg) {
  const Word low = half(arg, false);
  load(out, low.offset);
  if (arg.op == "SCMP_CMP_EQ") {
    jump(out, BPF_JEQ, low.value, 0, kFail);
  } else if (arg.op == "SCMP_CMP_NE") {
    jump(out, BPF_JEQ, low.value, kFail, 0);
  } else if (arg.op == "SCMP_CMP_GT") {
    jump(out, BPF_JGT, low.value, 0, kFail);
  } else if (arg.op == "SCMP_CMP_GE") {
    jump(out, BPF_JGE, low.value, 0, kFail);
  } else if (arg.op == "SCMP_CMP_LT") {
    jump(out, BPF_JGE, low.value, kFail, 0);
  } else if (arg.op == "SCMP_CMP_LE") {
    jump(out, BPF_JGT, low.value, kFail, 0);
  } else {  // MASKED_EQ: bits outside of the mask are ignored on both sides, as libseccomp has it
    add(out, BPF_ALU | BPF_AND | BPF_K, low.value);
    jump(out, BPF_JEQ, low.second & low.value, 0, kFail);
  }
}

// Falls through when the 64-bit argument meets the condition.
void test_wide(Code& out, const spec::SeccompArg& arg) {
  constexpr std::uint8_t kPastLow = 2;  // test_low of these is two instructions
  const Word high = half(arg, true);
  load(out, high.offset);
  if (arg.op == "SCMP_CMP_EQ") {
    jump(out, BPF_JEQ, high.value, 0, kFail);
  } else if (arg.op == "SCMP_CMP_NE") {
    jump(out, BPF_JEQ, high.value, 0, kPastLow);
  } else if (arg.op == "SCMP_CMP_GT" || arg.op == "SCMP_CMP_GE") {
    jump(out, BPF_JGT, high.value, kPastLow + 1, 0);
    jump(out, BPF_JEQ, high.value, 0, kFail);
  } else if (arg.op == "SCMP_CMP_LT" || arg.op == "SCMP_CMP_LE") {
    jump(out, BPF_JGT, high.value, kFail, 0);
    jump(out, BPF_JEQ, high.value, 0, kPastLow);
  } else {
    add(out, BPF_ALU | BPF_AND | BPF_K, high.value);
    jump(out, BPF_JEQ, high.second & high.value, 0, kFail);
  }
  test_low(out, arg);
}

// All rules of a call, then the default.
Code decide(const ConditionalCall& call, std::uint32_t default_action) {
  Code out;
  for (const std::vector<spec::SeccompArg>& rule : call.rules) {
    const std::size_t start = out.size();
    for (const spec::SeccompArg& arg : rule) {
      call.wide ? test_wide(out, arg) : test_low(out, arg);
    }
    add(out, BPF_RET | BPF_K, call.action);
    for (std::size_t i = start; i < out.size(); ++i) {
      const auto distance = static_cast<std::uint8_t>(out.size() - i - 1);
      out[i].jt = out[i].jt == kFail ? distance : out[i].jt;
      out[i].jf = out[i].jf == kFail ? distance : out[i].jf;
    }
  }
  add(out, BPF_RET | BPF_K, default_action);
  return out;
}

// `code` for the word at `offset` being `value`; else the accumulator keeps that word.
void only_for(Code& out, std::uint32_t value, const Code& code) {
  jump(out, BPF_JEQ, value, 1, 0);
  add(out, BPF_JMP | BPF_JA, static_cast<std::uint32_t>(code.size()));
  out.insert(out.end(), code.begin(), code.end());
}

}  // namespace

bool in_doubt(const ConditionalCall& call) {
  if (call.rules.size() < 2) {
    return false;
  }
  // Values of one argument, as in the rules for personality(2), are safe with libseccomp.
  const auto is_value = [&call](const std::vector<spec::SeccompArg>& rule) {
    return rule.size() == 1 && rule[0].op == "SCMP_CMP_EQ" &&
           rule[0].index == call.rules[0][0].index;
  };
  return !std::all_of(call.rules.begin(), call.rules.end(), is_value);
}

std::vector<sock_filter> conditional_calls(std::span<const ConditionalCall> calls,
                                           std::uint32_t default_action) {
  std::vector<std::uint32_t> architectures;
  for (const ConditionalCall& call : calls) {
    if (std::find(architectures.begin(), architectures.end(), call.audit_arch) ==
        architectures.end()) {
      architectures.push_back(call.audit_arch);
    }
  }
  Code out;
  for (const std::uint32_t arch : architectures) {
    Code section;
    load(section, offsetof(seccomp_data, nr));
    for (const ConditionalCall& call : calls) {
      if (call.audit_arch == arch) {
        only_for(section, call.number, decide(call, default_action));
      }
    }
    load(out, offsetof(seccomp_data, arch));
    only_for(out, arch, section);
  }
  return out;
}

}  // namespace plimsoll::linux::seccomp
