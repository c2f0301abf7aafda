// Makes a seccomp program shorter without changing one of its answers. The kernel translates and
// compiles the whole program for each container, and runs it for each call whose answer depends on
// arguments. libseccomp tests one number after the other; here every number with the same answer as
// its neighbours is one range, and what an answer needs of the arguments is kept as it was found.
//
// The number and the architecture are all that a program knows at its start. For one pair of them
// what it does is followed: tests of the two are decided, tests of arguments stay. Numbers between
// two neighbouring constants of the program cannot be told apart by it, so one of them speaks for
// all. SPDX-License-Identifier: Apache-2.0
#include <linux/seccomp.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>

#include "runtime/linux/seccomp_parts.h"

namespace plimsoll::linux::seccomp {

namespace {

using Code = std::vector<sock_filter>;
using Program = std::span<const sock_filter>;

constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
constexpr std::uint32_t kArch = offsetof(seccomp_data, arch);
constexpr std::size_t kFurthest = std::numeric_limits<__u8>::max();  // of jt and jf

bool same(const Code& left, const Code& right) {
  return std::ranges::equal(left, right, [](const sock_filter& a, const sock_filter& b) {
    return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
  });
}

bool is_test(const sock_filter& op) {
  return op.code == (BPF_JMP | BPF_JEQ | BPF_K) || op.code == (BPF_JMP | BPF_JGT | BPF_K) ||
         op.code == (BPF_JMP | BPF_JGE | BPF_K) || op.code == (BPF_JMP | BPF_JSET | BPF_K);
}

bool holds(const sock_filter& op, std::uint32_t value) {
  switch (BPF_OP(op.code)) {
    case BPF_JEQ:
      return value == op.k;
    case BPF_JGT:
      return value > op.k;
    case BPF_JGE:
      return value >= op.k;
    default:
      return (value & op.k) != 0;
  }
}

std::size_t target(std::size_t at, const sock_filter& op, bool taken) {
  return at + 1 + (taken ? op.jt : op.jf);
}

// -- which numbers and architectures a program can tell apart --

struct Constants {
  std::vector<std::uint32_t> architectures;
  std::vector<std::uint32_t> numbers;  // the first of each range, ascending, 0 included
};

class ConstantFinder {
 public:
  // nullopt for what this file does not know how to follow.
  std::optional<Constants> find(Program program) {
    may_hold_.assign(program.size(), 0);
    may_hold_.front() = kZero;
    found_.numbers = {0};
    for (std::size_t at = 0; at < program.size(); ++at) {
      if (may_hold_[at] != 0 && !visit(program[at], at)) {
        return std::nullopt;
      }
    }
    std::ranges::sort(found_.numbers);
    const auto rest = std::ranges::unique(found_.numbers);
    found_.numbers.erase(rest.begin(), rest.end());
    return std::move(found_);
  }

 private:
  static constexpr unsigned kArgument = 1;
  static constexpr unsigned kNumberBit = 2;
  static constexpr unsigned kArchBit = 4;
  static constexpr unsigned kZero = 8;  // as every program begins

  bool go(std::size_t to, unsigned holds) {
    if (to >= may_hold_.size()) {
      return false;
    }
    may_hold_[to] |= holds;
    return true;
  }

  bool visit(const sock_filter& op, std::size_t at) {
    const unsigned now = may_hold_[at];
    if (is_test(op)) {
      return note(op, now) && go(target(at, op, true), now) && go(target(at, op, false), now);
    }
    switch (op.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        return go(at + 1, op.k == kNumber ? kNumberBit : op.k == kArch ? kArchBit : kArgument);
      case BPF_ALU | BPF_AND | BPF_K:
        return now == kArgument && go(at + 1, kArgument);
      case BPF_JMP | BPF_JA:
        return go(at + 1 + op.k, now);
      case BPF_RET | BPF_K:
        return true;
      default:
        return false;
    }
  }

  bool note(const sock_filter& op, unsigned now) {
    if ((now & kArchBit) != 0) {
      if (BPF_OP(op.code) != BPF_JEQ) {
        return false;
      }
      if (std::ranges::find(found_.architectures, op.k) == found_.architectures.end()) {
        found_.architectures.push_back(op.k);
      }
    }
    return (now & kNumberBit) == 0 || note_number(op);
  }

  bool note_number(const sock_filter& op) {
    constexpr std::uint32_t kLast = std::numeric_limits<std::uint32_t>::max();
    switch (BPF_OP(op.code)) {
      case BPF_JEQ:
        found_.numbers.push_back(op.k);
        [[fallthrough]];
      case BPF_JGT:
        if (op.k != kLast) {
          found_.numbers.push_back(op.k + 1);
        }
        return true;
      case BPF_JGE:
        found_.numbers.push_back(op.k);
        return true;
      default:
        break;
    }
    // x32's bit: it changes where a multiple of it begins.
    constexpr std::uint32_t kLowestBit = 1U << 28;
    if (!std::has_single_bit(op.k) || op.k < kLowestBit) {
      return false;
    }
    for (std::uint64_t multiple = op.k; multiple <= kLast; multiple += op.k) {
      found_.numbers.push_back(static_cast<std::uint32_t>(multiple));
    }
    return true;
  }

  std::vector<unsigned> may_hold_;  // before each instruction; 0: not reached
  Constants found_;
};

// -- what a program does for one number of one architecture --

struct Call {
  std::uint32_t architecture;
  std::uint32_t number;
};

class Follower {
 public:
  Follower(Program program, Call call) : program_(program), call_(call) {}

  // One return, or the tests of arguments that lead to several; nullopt when it cannot be said.
  std::optional<Code> follow() {
    std::uint32_t value = 0;
    std::size_t at = 0;
    for (;;) {
      const sock_filter& op = program_[at];
      if (is_test(op)) {
        at = target(at, op, holds(op, value));
      } else if (op.code == (BPF_JMP | BPF_JA)) {
        at += 1 + op.k;
      } else if (op.code == (BPF_RET | BPF_K)) {
        return Code{op};
      } else if (const auto loaded = known(op)) {
        value = *loaded;
        ++at;
      } else {
        return follow_arguments(at);
      }
    }
  }

 private:
  struct Before {
    bool reached = false;
    bool mixed = false;  // known on one way here, unknown or another on a second
    std::optional<std::uint32_t> value;
  };

  std::optional<std::uint32_t> known(const sock_filter& op) const {
    if (op.code == (BPF_LD | BPF_W | BPF_ABS) && (op.k == kNumber || op.k == kArch)) {
      return op.k == kNumber ? call_.number : call_.architecture;
    }
    return std::nullopt;
  }

  void go(std::size_t to, std::optional<std::uint32_t> value, bool mixed = false) {
    Before& there = before_[to];
    there.mixed = there.mixed || mixed || (there.reached && there.value != value);
    there.value = value;
    there.reached = true;
  }

  std::optional<Code> follow_arguments(std::size_t start) {
    before_.assign(program_.size(), {});
    next_.assign(program_.size(), 0);
    std::vector<std::size_t> kept;
    go(start, std::nullopt);
    for (std::size_t at = start; at < program_.size(); ++at) {
      if (before_[at].reached && !visit(at, kept)) {
        return std::nullopt;
      }
    }
    return lay_out(kept);
  }

  // `next_` of what is not kept is the only instruction that can follow.
  bool visit(std::size_t at, std::vector<std::size_t>& kept) {
    const sock_filter& op = program_[at];
    const Before& now = before_[at];
    if (const auto loaded = known(op)) {
      next_[at] = at + 1;
      go(at + 1, loaded);
      return true;
    }
    if (op.code == (BPF_JMP | BPF_JA)) {
      next_[at] = at + 1 + op.k;
      go(next_[at], now.value, now.mixed);
      return true;
    }
    if (is_test(op)) {
      if (now.mixed) {
        return false;
      }
      if (now.value) {
        next_[at] = target(at, op, holds(op, *now.value));
        go(next_[at], now.value);
        return true;
      }
      kept.push_back(at);
      go(target(at, op, true), std::nullopt);
      go(target(at, op, false), std::nullopt);
      return true;
    }
    kept.push_back(at);
    if (op.code == (BPF_RET | BPF_K)) {
      return true;
    }
    if (op.code == (BPF_ALU | BPF_AND | BPF_K) && (now.mixed || now.value)) {
      return false;
    }
    go(at + 1, std::nullopt);  // an argument was loaded, or masked
    return true;
  }

  // The kept instruction that is reached from `at` first.
  std::size_t first_kept(std::size_t at) const {
    while (next_[at] != 0) {
      at = next_[at];
    }
    return at;
  }

  std::optional<Code> lay_out(const std::vector<std::size_t>& kept) {
    std::vector<std::size_t> place(program_.size(), 0);
    std::size_t size = 0;
    const auto runs_on = [this](std::size_t at) {
      return !is_test(program_[at]) && program_[at].code != (BPF_RET | BPF_K);
    };
    for (std::size_t i = 0; i < kept.size(); ++i) {
      place[kept[i]] = size;
      const bool jump =
          runs_on(kept[i]) && (i + 1 == kept.size() || first_kept(kept[i] + 1) != kept[i + 1]);
      size += jump ? 2 : 1;
    }
    Code out;
    for (const std::size_t at : kept) {
      sock_filter op = program_[at];
      if (is_test(op)) {
        const std::size_t when_true = place[first_kept(target(at, op, true))] - out.size() - 1;
        const std::size_t when_false = place[first_kept(target(at, op, false))] - out.size() - 1;
        if (when_true > kFurthest || when_false > kFurthest) {
          return std::nullopt;
        }
        op.jt = static_cast<__u8>(when_true);
        op.jf = static_cast<__u8>(when_false);
      }
      out.push_back(op);
      if (runs_on(at) && place[first_kept(at + 1)] != out.size()) {
        const auto distance = static_cast<__u32>(place[first_kept(at + 1)] - out.size() - 1);
        out.push_back({.code = BPF_JMP | BPF_JA, .jt = 0, .jf = 0, .k = distance});
      }
    }
    return out;
  }

  Program program_;
  Call call_;
  std::vector<Before> before_;
  std::vector<std::size_t> next_;  // 0: kept, or not reached
};

// -- the new program --

// Numbers from `start` to the next leaf's: one answer, but for a few single numbers.
struct Hole {
  std::uint32_t number;
  std::size_t answer;
};
struct Leaf {
  std::uint32_t start;
  std::size_t answer;
  std::vector<Hole> holes;
};
struct Range {
  std::uint32_t start;
  std::size_t answer;  // index
};

std::vector<Leaf> leaves_of(const std::vector<Range>& ranges) {
  constexpr std::size_t kMostHoles = 3;  // they are tested one after the other
  std::vector<Leaf> leaves;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    Leaf& leaf = leaves.emplace_back(
        Leaf{.start = ranges[i].start, .answer = ranges[i].answer, .holes = {}});
    while (leaf.holes.size() < kMostHoles && i + 2 < ranges.size() &&
           ranges[i + 2].start == ranges[i + 1].start + 1 && ranges[i + 2].answer == leaf.answer) {
      leaf.holes.push_back({.number = ranges[i + 1].start, .answer = ranges[i + 1].answer});
      i += 2;
    }
  }
  return leaves;
}

// Tests of the number in the accumulator, then the answers that they lead to.
class Block {
 public:
  explicit Block(const std::vector<Code>& answers) : answers_(&answers) {}

  // False when an answer would be further away than a test can jump.
  bool build(std::span<const Leaf> leaves) {
    const std::size_t root = search(leaves);
    std::vector<std::size_t> place(answers_->size(), 0);
    std::size_t size = tests_.size();
    for (const std::size_t answer : used_) {
      place[answer] = size;
      size += (*answers_)[answer].size();
    }
    const auto distance = [&](std::size_t to, std::size_t from) {
      return (to >= kAnswers ? place[to - kAnswers] : to) - from - 1;
    };
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      const std::size_t when_true = distance(tests_[i].when_true, i);
      const std::size_t when_false = distance(tests_[i].when_false, i);
      if (when_true > kFurthest || when_false > kFurthest) {
        return false;
      }
      out_.push_back({.code = static_cast<__u16>(BPF_JMP | tests_[i].test | BPF_K),
                      .jt = static_cast<__u8>(when_true),
                      .jf = static_cast<__u8>(when_false),
                      .k = tests_[i].value});
    }
    if (tests_.empty()) {
      use(root);
    }
    for (const std::size_t answer : used_) {
      const Code& code = (*answers_)[answer];
      out_.insert(out_.end(), code.begin(), code.end());
    }
    return true;
  }
  Code take() { return std::move(out_); }

 private:
  struct Test {
    unsigned test;
    std::uint32_t value;
    std::size_t when_true;  // a test's index, or kAnswers + an answer's
    std::size_t when_false;
  };
  static constexpr std::size_t kAnswers = 1U << 20;

  std::size_t use(std::size_t target) {
    const std::size_t answer = target - kAnswers;
    if (std::ranges::find(used_, answer) == used_.end()) {
      used_.push_back(answer);
    }
    return target;
  }

  std::size_t search(std::span<const Leaf> leaves) {
    if (leaves.size() == 1) {
      return test_holes(leaves[0]);
    }
    const std::size_t middle = leaves.size() / 2;
    const std::size_t at = tests_.size();
    tests_.push_back(
        {.test = BPF_JGE, .value = leaves[middle].start, .when_true = 0, .when_false = 0});
    const std::size_t below = search(leaves.first(middle));
    const std::size_t above = search(leaves.subspan(middle));
    tests_[at].when_false = below;
    tests_[at].when_true = above;
    return at;
  }

  std::size_t test_holes(const Leaf& leaf) {
    const std::size_t first = tests_.size();
    for (const Hole& hole : leaf.holes) {
      tests_.push_back({.test = BPF_JEQ,
                        .value = hole.number,
                        .when_true = use(kAnswers + hole.answer),
                        .when_false = tests_.size() + 1});
    }
    if (leaf.holes.empty()) {
      // Used only by a test: a block of one leaf has none.
      return tests_.empty() ? kAnswers + leaf.answer : use(kAnswers + leaf.answer);
    }
    tests_.back().when_false = use(kAnswers + leaf.answer);
    return first;
  }

  const std::vector<Code>* answers_;
  std::vector<Test> tests_;
  std::vector<std::size_t> used_;  // answers, in their order in the block
  Code out_;
};

Code decide(std::span<const Leaf> leaves, const std::vector<Code>& answers) {
  Block block(answers);
  if (block.build(leaves)) {
    return block.take();
  }
  // One leaf has at most four answers; a block of one that is too long cannot be divided, but its
  // answers are then longer than anything that libseccomp makes.
  if (leaves.size() == 1) {
    return {};
  }
  const std::size_t middle = leaves.size() / 2;
  const Code below = decide(leaves.first(middle), answers);
  const Code above = decide(leaves.subspan(middle), answers);
  if (below.empty() || above.empty()) {
    return {};
  }
  Code out = {{.code = BPF_JMP | BPF_JGE | BPF_K, .jt = 0, .jf = 1, .k = leaves[middle].start},
              {.code = BPF_JMP | BPF_JA, .jt = 0, .jf = 0, .k = static_cast<__u32>(below.size())}};
  out.insert(out.end(), below.begin(), below.end());
  out.insert(out.end(), above.begin(), above.end());
  return out;
}

// What follows once the architecture is known: the number is loaded and decided. Empty on failure.
Code section_of(Program program, const std::vector<std::uint32_t>& numbers,
                std::uint32_t architecture) {
  std::vector<Code> answers;
  std::vector<Range> ranges;
  for (const std::uint32_t number : numbers) {
    auto answer = Follower(program, {.architecture = architecture, .number = number}).follow();
    if (!answer) {
      return {};
    }
    const auto known = std::ranges::find_if(
        answers, [&answer](const Code& earlier) { return same(earlier, *answer); });
    const auto index = static_cast<std::size_t>(known - answers.begin());
    if (known == answers.end()) {
      answers.push_back(std::move(*answer));
    }
    if (ranges.empty() || ranges.back().answer != index) {
      ranges.push_back({.start = number, .answer = index});
    }
  }
  if (ranges.size() == 1) {
    return answers[0];
  }
  const Code decided = decide(leaves_of(ranges), answers);
  if (decided.empty()) {
    return {};
  }
  Code out = {{.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = kNumber}};
  out.insert(out.end(), decided.begin(), decided.end());
  return out;
}

}  // namespace

std::vector<sock_filter> fold(std::span<const sock_filter> program) {
  Code unchanged(program.begin(), program.end());
  if (program.empty()) {
    return unchanged;
  }
  const auto constants = ConstantFinder().find(program);
  if (!constants) {
    return unchanged;
  }
  std::uint32_t other = 0;
  while (std::ranges::find(constants->architectures, other) != constants->architectures.end()) {
    ++other;
  }
  Code out = {{.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = kArch}};
  for (const std::uint32_t architecture : constants->architectures) {
    const Code section = section_of(program, constants->numbers, architecture);
    if (section.empty()) {
      return unchanged;
    }
    out.push_back({.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 1, .jf = 0, .k = architecture});
    out.push_back(
        {.code = BPF_JMP | BPF_JA, .jt = 0, .jf = 0, .k = static_cast<__u32>(section.size())});
    out.insert(out.end(), section.begin(), section.end());
  }
  const Code rest = section_of(program, constants->numbers, other);
  out.insert(out.end(), rest.begin(), rest.end());
  return !rest.empty() && out.size() < program.size() ? out : unchanged;
}

}  // namespace plimsoll::linux::seccomp
