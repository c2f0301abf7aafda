// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/device_filter.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/sys/bpf.h"

namespace plimsoll::cgroup {

namespace {

// Tells our filter from systemd's and other managers' when it is replaced.
constexpr const char* kFilterName = "plimsoll_device";

// What lives in which register; r1 is the context, r0 the answer. Type and numbers are loaded anew
// for each rule: a register that a comparison has narrowed lets the verifier foresee later ones,
// and it then follows every such path by itself, which is quadratic in the number of rules.
constexpr std::uint8_t kUndecided = BPF_REG_2;  // access bits that no rule has decided yet
constexpr std::uint8_t kScratch = BPF_REG_3;

class Assembler {
 public:
  void load(std::uint8_t to, std::int16_t context_offset) {
    emit(BPF_LDX | BPF_MEM | BPF_W, to, BPF_REG_1, context_offset, 0);
  }
  void move(std::uint8_t to, std::uint8_t from) {
    emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
  }
  void bit_and(std::uint8_t to, std::int32_t mask) {
    emit(BPF_ALU64 | BPF_AND | BPF_K, to, 0, 0, mask);
  }
  void shift_right(std::uint8_t to, std::int32_t bits) {
    emit(BPF_ALU64 | BPF_RSH | BPF_K, to, 0, 0, bits);
  }
  // Jumps whose target is the start of the next rule, which end_rule() fills in.
  void skip_rule_unless_equal(std::uint8_t reg, std::int32_t value) {
    open_jumps_.push_back(jump_unless_equal(reg, value));
  }
  // Jumps to where lead_here() is called with what they return.
  std::size_t jump_unless_equal(std::uint8_t reg, std::int32_t value) {
    emit(BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, value);
    return program_.size() - 1;
  }
  std::size_t jump_if_equal(std::uint8_t reg, std::int32_t value) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 0, value);
    return program_.size() - 1;
  }
  void lead_here(std::size_t jump) {
    program_[jump].off = static_cast<std::int16_t>(program_.size() - jump - 1);
  }
  void skip_rule_if_zero(std::uint8_t reg) {
    open_jumps_.push_back(program_.size());
    emit(BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 0, 0);
  }
  void answer(bool allow) {
    emit(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow ? 1 : 0);
    emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  void end_rule() {
    for (const std::size_t jump : open_jumps_) {
      lead_here(jump);
    }
    open_jumps_.clear();
  }
  std::vector<bpf_insn> take() { return std::move(program_); }

 private:
  void emit(int code, std::uint8_t to, std::uint8_t from, std::int16_t offset, std::int32_t value) {
    bpf_insn instruction = {};
    instruction.code = static_cast<std::uint8_t>(code);
    instruction.dst_reg = to & 0xf;
    instruction.src_reg = from & 0xf;
    instruction.off = offset;
    instruction.imm = value;
    program_.push_back(instruction);
  }

  std::vector<bpf_insn> program_;
  std::vector<std::size_t> open_jumps_;
};

bool never_matches(std::int64_t number) {
  // Beyond what a comparison with an immediate can say, and beyond what a dev_t can hold (12 bits
  // and 20 bits).
  return number > std::numeric_limits<std::int32_t>::max();
}

void test_type(Assembler& code, char type) {
  code.load(kScratch, offsetof(bpf_cgroup_dev_ctx, access_type));
  code.bit_and(kScratch, 0xffff);
  code.skip_rule_unless_equal(kScratch, type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
}

void emit_rule(Assembler& code, const plan::DeviceRule& rule) {
  const std::uint32_t access = access_of(rule);
  if (rule.major >= 0) {
    code.load(kScratch, offsetof(bpf_cgroup_dev_ctx, major));
    code.skip_rule_unless_equal(kScratch, static_cast<std::int32_t>(rule.major));
  }
  if (rule.minor >= 0) {
    code.load(kScratch, offsetof(bpf_cgroup_dev_ctx, minor));
    code.skip_rule_unless_equal(kScratch, static_cast<std::int32_t>(rule.minor));
  }
  if (rule.type != 'a') {
    test_type(code, rule.type);
  }
  if (access == kAccessAll) {
    code.answer(rule.allow);
  } else if (rule.allow) {
    code.bit_and(kUndecided, static_cast<std::int32_t>(~access));
    code.skip_rule_unless_equal(kUndecided, 0);
    code.answer(true);
  } else {
    code.move(kScratch, kUndecided);
    code.bit_and(kScratch, static_cast<std::int32_t>(access));
    code.skip_rule_if_zero(kScratch);
    code.answer(false);
  }
  code.end_rule();
}

// Rules that allow all of a device each, as those for /dev/null and its kind: among neighbours of
// one type the order means nothing.
bool allows_one_device(const plan::DeviceRule& rule) {
  return rule.allow && rule.type != 'a' && rule.major >= 0 && rule.minor >= 0 &&
         access_of(rule) == kAccessAll;
}

constexpr std::size_t kMostTogether = 1000;  // a jump's distance has 15 bits

// One test of the type for all of them, and one of each major number: the verifier looks at each
// instruction of the program for each container.
void emit_devices(Assembler& code, std::span<const plan::DeviceRule> rules) {
  test_type(code, rules.front().type);
  std::vector<std::int64_t> done;
  for (const plan::DeviceRule& rule : rules) {
    if (std::ranges::find(done, rule.major) != done.end()) {
      continue;
    }
    done.push_back(rule.major);
    code.load(kScratch, offsetof(bpf_cgroup_dev_ctx, major));
    const std::size_t other_major =
        code.jump_unless_equal(kScratch, static_cast<std::int32_t>(rule.major));
    code.load(kScratch, offsetof(bpf_cgroup_dev_ctx, minor));
    std::vector<std::size_t> allowed;
    for (const plan::DeviceRule& same : rules) {
      if (same.major == rule.major && same.minor != rule.minor) {
        allowed.push_back(code.jump_if_equal(kScratch, static_cast<std::int32_t>(same.minor)));
      }
    }
    const std::size_t other_minor =
        code.jump_unless_equal(kScratch, static_cast<std::int32_t>(rule.minor));
    for (const std::size_t jump : allowed) {
      code.lead_here(jump);
    }
    code.answer(true);
    code.lead_here(other_major);
    code.lead_here(other_minor);
  }
  code.end_rule();
}

bool decides_everything(const plan::DeviceRule& rule) {
  return rule.type == 'a' && rule.major < 0 && rule.minor < 0 && access_of(rule) == kAccessAll;
}

// Our programs at this cgroup.
Result<std::vector<UniqueFd>> attached_filters(BorrowedFd cgroup_dir) {
  std::vector<UniqueFd> filters;
  for (const std::uint32_t id : TRY(sys::bpf_device_programs(cgroup_dir))) {
    auto program = sys::bpf_program_by_id(id);
    if (!program) {
      if (program.error().err() == ENOENT) {
        continue;  // gone in the meantime
      }
      return fail(std::move(program).error());
    }
    if (TRY(sys::bpf_program_name(*program)) == kFilterName) {
      filters.push_back(std::move(*program));
    }
  }
  return filters;
}

}  // namespace

std::vector<bpf_insn> build_device_filter(const Rules& rules) {
  Assembler code;
  code.load(kUndecided, offsetof(bpf_cgroup_dev_ctx, access_type));
  code.shift_right(kUndecided, 16);
  // From the last rule back: the first that decides a bit has the last word on it.
  const auto idle = [](const plan::DeviceRule& rule) {
    return access_of(rule) == 0 || never_matches(rule.major) || never_matches(rule.minor);
  };
  std::vector<plan::DeviceRule> last_first(rules.rbegin(), rules.rend());
  std::erase_if(last_first, idle);
  for (std::size_t i = 0; i < last_first.size();) {
    const plan::DeviceRule& rule = last_first[i];
    std::size_t end = i;
    while (end < last_first.size() && end - i < kMostTogether &&
           allows_one_device(last_first[end]) && last_first[end].type == rule.type) {
      ++end;
    }
    if (end > i + 1) {
      emit_devices(code, std::span(last_first).subspan(i, end - i));
      i = end;
      continue;
    }
    emit_rule(code, rule);
    if (decides_everything(rule)) {
      return code.take();  // the verifier refuses what cannot be reached
    }
    ++i;
  }
  code.answer(false);
  return code.take();
}

PendingFilter::PendingFilter(BorrowedFd cgroup_dir, const Rules& rules)
    : cgroup_dir_(cgroup_dir.get()),
      code_(allows_everything(rules) ? std::vector<bpf_insn>() : build_device_filter(rules)) {}

int PendingFilter::set() const {
  return code_.empty()
             ? 0
             : sys::bpf_try_set_device_program(BorrowedFd::of(cgroup_dir_), code_, kFilterName);
}

Result<> set_device_filter(BorrowedFd cgroup_dir, const Rules& rules, FilterOf state) {
  const bool needed = !allows_everything(rules);
  std::vector<UniqueFd> old;
  if (state == FilterOf::used_cgroup) {
    old = TRY(attached_filters(cgroup_dir));
  }
  std::size_t replaced = 0;
  if (needed) {
    const UniqueFd program =
        TRY(sys::bpf_load_device_program(build_device_filter(rules), kFilterName));
    const auto none = BorrowedFd::of(-1);
    auto attached = sys::bpf_attach_device_program(cgroup_dir, program,
                                                   old.empty() ? none : BorrowedFd(old.front()));
    if (attached) {
      replaced = old.empty() ? 0 : 1;
    } else if (!old.empty() && attached.error().err() == EINVAL) {
      // Before Linux 5.6: both are there for a moment, and the stricter of the two counts.
      TRY(sys::bpf_attach_device_program(cgroup_dir, program, none));
    } else {
      return attached;
    }
  }
  for (std::size_t i = replaced; i < old.size(); ++i) {
    TRY(sys::bpf_detach_device_program(cgroup_dir, old[i]));
  }
  return {};
}

}  // namespace plimsoll::cgroup
