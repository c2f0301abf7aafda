// A classic BPF interpreter for tests: says what the kernel would do with a seccomp program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace plimsoll::linux::seccomp {

// The SECCOMP_RET_* value, or nullopt for a program that the kernel would not have accepted.
inline std::optional<std::uint32_t> interpret(std::span<const sock_filter> program,
                                              const seccomp_data& data) {
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  std::array<std::uint32_t, 16> memory = {};
  for (std::size_t pc = 0; pc < program.size(); ++pc) {
    const sock_filter& op = program[pc];
    switch (op.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (op.k % 4 != 0 || op.k + 4 > sizeof data) {
          return std::nullopt;
        }
        std::memcpy(&a, reinterpret_cast<const char*>(&data) + op.k, 4);
        break;
      case BPF_LD | BPF_IMM:
        a = op.k;
        break;
      case BPF_LD | BPF_MEM:
        a = memory.at(op.k);
        break;
      case BPF_ST:
        memory.at(op.k) = a;
        break;
      case BPF_MISC | BPF_TAX:
        x = a;
        break;
      case BPF_MISC | BPF_TXA:
        a = x;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= op.k;
        break;
      case BPF_JMP | BPF_JA:
        pc += op.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        pc += a == op.k ? op.jt : op.jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        pc += a > op.k ? op.jt : op.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        pc += a >= op.k ? op.jt : op.jf;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        pc += (a & op.k) != 0 ? op.jt : op.jf;
        break;
      case BPF_RET | BPF_K:
        return op.k;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace plimsoll::linux::seccomp
