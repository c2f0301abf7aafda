// Fuzzes the device rules: lists made from the input, for the eBPF filter of cgroup v2 and for the
// lines of cgroup v1. Oracles: an interpreter of the filter, a model of the v1 controller, and the
// meaning of the list, written here once more, agree on every request near the rules.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/device_filter.h"
#include "runtime/cgroup/device_rules.h"

namespace {

using namespace plimsoll;
using cgroup::DeviceRequest;
using cgroup::DeviceWrite;
using cgroup::Rules;
using fuzz::Input;
using fuzz::require;

Rules make_rules(Input& input) {
  Rules rules;
  const auto number = [&]() -> std::int64_t {
    const std::uint8_t choice = input.byte();
    return choice < 64    ? -1
           : choice < 240 ? choice % 4
                          : std::int64_t{input.number<std::uint32_t>()};
  };
  while (!input.done() && rules.size() < 40) {
    const std::uint8_t bits = input.byte();
    plan::DeviceRule& rule = rules.emplace_back();
    rule = {.allow = (bits & 1) != 0, .type = "abca"[bits >> 1 & 3]};
    rule.read = (bits & 8) != 0;
    rule.write = (bits & 16) != 0;
    rule.mknod = (bits & 32) != 0;
    rule.major = number();
    rule.minor = number();
  }
  return rules;
}

// config-linux.md: the last rule that matches decides each bit that is asked for.
bool meaning(const Rules& rules, const DeviceRequest& request) {
  for (const std::uint32_t bit :
       {cgroup::kAccessMknod, cgroup::kAccessRead, cgroup::kAccessWrite}) {
    if ((request.access & bit) == 0) {
      continue;
    }
    bool allowed = false;
    for (const plan::DeviceRule& rule : rules) {
      const bool asked = bit == cgroup::kAccessMknod  ? rule.mknod
                         : bit == cgroup::kAccessRead ? rule.read
                                                      : rule.write;
      if (asked && (rule.type == 'a' || rule.type == request.type) &&
          (rule.major == -1 || rule.major == request.major) &&
          (rule.minor == -1 || rule.minor == request.minor)) {
        allowed = rule.allow;
      }
    }
    if (!allowed) {
      return false;
    }
  }
  return true;
}

// What the kernel would answer; -1 for a program that its verifier would refuse.
int interpret(const std::vector<bpf_insn>& program, const DeviceRequest& request) {
  const std::array<std::uint32_t, 3> context = {
      request.access << 16 | (request.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
      request.major, request.minor};
  std::array<std::uint64_t, 16> reg = {};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const bpf_insn& op = program[at];
    std::uint64_t& to = reg[op.dst_reg];
    const auto value = static_cast<std::uint64_t>(std::int64_t{op.imm});
    switch (op.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        if (op.off < 0 || op.off > 8 || op.off % 4 != 0) {
          return -1;
        }
        to = context[static_cast<std::size_t>(op.off) / 4];
        break;
      case BPF_ALU64 | BPF_MOV | BPF_X:
        to = reg[op.src_reg];
        break;
      case BPF_ALU64 | BPF_MOV | BPF_K:
        to = value;
        break;
      case BPF_ALU64 | BPF_AND | BPF_K:
        to &= value;
        break;
      case BPF_ALU64 | BPF_RSH | BPF_K:
        to >>= value & 63;
        break;
      case BPF_JMP | BPF_JNE | BPF_K:
      case BPF_JMP | BPF_JEQ | BPF_K:
        if (op.off < 0) {
          return -1;  // a loop
        }
        if ((to == value) == (op.code == (BPF_JMP | BPF_JEQ | BPF_K))) {
          at += static_cast<std::size_t>(op.off);
        }
        break;
      case BPF_JMP | BPF_EXIT:
        return static_cast<int>(reg[0]);
      default:
        return -1;
    }
  }
  return -1;
}

// security/device_cgroup.c in short: a default and its exceptions, changed by lines.
class V1Model {
 public:
  void write(const DeviceWrite& write) {
    if (write.line == "a") {
      allow_ = write.allow;
      exceptions_.clear();
      return;
    }
    const auto words = split(write.line, ' ');
    const auto numbers = split(words.at(1), ':');
    const auto number = [](std::string_view text) {
      return text == "*" ? std::int64_t{-1} : static_cast<std::int64_t>(*parse_unsigned(text));
    };
    Exception change = {words[0][0], number(numbers.at(0)), number(numbers.at(1)), 0};
    change.access = (words.at(2).contains('r') ? cgroup::kAccessRead : 0) |
                    (words[2].contains('w') ? cgroup::kAccessWrite : 0) |
                    (words[2].contains('m') ? cgroup::kAccessMknod : 0);
    for (Exception& known : exceptions_) {
      if (known.type == change.type && known.major == change.major && known.minor == change.minor) {
        known.access =
            write.allow == allow_ ? known.access & ~change.access : known.access | change.access;
        return;
      }
    }
    if (write.allow != allow_) {
      exceptions_.push_back(change);
    }
  }
  bool allows(const DeviceRequest& request) const {
    for (const Exception& known : exceptions_) {
      if (known.type != request.type || (known.major != -1 && known.major != request.major) ||
          (known.minor != -1 && known.minor != request.minor)) {
        continue;
      }
      // Denied by default: one exception must allow all. Allowed by default: one that touches
      // denies.
      if (allow_ ? (known.access & request.access) != 0 : (request.access & ~known.access) == 0) {
        return !allow_;
      }
    }
    return allow_;
  }

 private:
  struct Exception {
    char type;
    std::int64_t major;
    std::int64_t minor;
    std::uint32_t access;
  };
  bool allow_ = false;
  std::vector<Exception> exceptions_;
};

template <typename Check>
void for_requests(const Rules& rules, Check check) {
  std::set<std::uint32_t> numbers = {0, 1, 2, 3};
  for (const plan::DeviceRule& rule : rules) {
    for (const std::int64_t number : {rule.major, rule.minor}) {
      // What a dev_t cannot hold never reaches a filter.
      if (number >= 0 && number < (1 << 12) && numbers.size() < 8) {
        numbers.insert(static_cast<std::uint32_t>(number));
      }
    }
  }
  for (const char type : {'b', 'c'}) {
    for (const std::uint32_t major : numbers) {
      for (const std::uint32_t minor : numbers) {
        for (std::uint32_t access = 1; access <= cgroup::kAccessAll; ++access) {
          check(DeviceRequest{.type = type, .major = major, .minor = minor, .access = access});
        }
      }
    }
  }
}

void check_v1(const Rules& rules, const Rules& before) {
  const auto state = cgroup::device_state(rules);
  if (!state) {
    require(state.error().kind() == ErrorKind::unsupported);
    return;
  }
  V1Model fresh;
  for (const DeviceWrite& write : cgroup::device_set_up(*state)) {
    fresh.write(write);
  }
  for_requests(rules, [&](const DeviceRequest& request) {
    require(fresh.allows(request) == meaning(rules, request));
  });
  const auto old = cgroup::device_state(before);
  if (!old) {
    return;
  }
  V1Model model;
  for (const DeviceWrite& write : cgroup::device_set_up(*old)) {
    model.write(write);
  }
  const bool gentle = !old->allow_by_default && !state->allow_by_default;
  for (const DeviceWrite& write : cgroup::device_transition(*old, *state)) {
    model.write(write);
    for_requests(rules, [&](const DeviceRequest& request) {
      // What both lists allow is never denied on the way.
      require(!gentle || model.allows(request) || !meaning(rules, request) ||
              !meaning(before, request));
    });
  }
  for_requests(rules, [&](const DeviceRequest& request) {
    require(model.allows(request) == meaning(rules, request));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t split_at = input.byte();
  const Rules rules = make_rules(input);
  const std::vector<bpf_insn> program = cgroup::build_device_filter(rules);
  const Rules shorter = cgroup::without_overruled(rules);
  const bool everything = cgroup::allows_everything(rules);
  for_requests(rules, [&](const DeviceRequest& request) {
    const bool allowed = meaning(rules, request);
    require(cgroup::is_allowed(rules, request) == allowed);
    require(cgroup::is_allowed(shorter, request) == allowed);
    require(interpret(program, request) == (allowed ? 1 : 0));
    require(allowed || !everything);
  });
  const auto middle = rules.begin() + static_cast<std::ptrdiff_t>(std::min(split_at, rules.size()));
  check_v1(rules, Rules(rules.begin(), middle));
  // The kernel's own list, read back.
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto state = cgroup::parse_device_list(text)) {
    for (const auto& exception : state->exceptions) {
      require(exception.major >= -1 && exception.minor >= -1 && exception.access <= 7);
    }
  }
  return 0;
}
