// The form of a floor script: a list of system calls that the bench has worked out from a bundle,
// and that the floor program carries out. One file: header, steps, then bytes that arguments point
// into. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace plimsoll::bench {

inline constexpr unsigned kScriptMagic = 0x504c4631;  // "PLF1"
inline constexpr int kRegisters = 192;
inline constexpr unsigned char kNoRegister = 0xff;

enum class StepKind : unsigned char {
  call,   // the system call `number`; its answer goes to `save`
  spawn,  // clone3 with the struct clone_args at args[0]: the child goes on with the next step, on
          // a stack of its own in shared memory; the parent with the step args[1]; the pid goes to
          // `save`
  text,   // writes args[1] (bytes), the decimal digits of args[2], args[3] (bytes) to args[0], with
          // a NUL; the length goes to `save`
  load,   // the 32-bit number at args[0] goes to `save`
  store,  // args[1] is written to the `number` bytes (4 or 8) at args[0]
  finish,  // ends the process with status args[0]: an exit status or what wait4 gave
};

enum class Argument : unsigned char { value, bytes, saved };

struct Step {
  StepKind kind;
  unsigned char may_fail;  // 0: a failure ends the process with a message
  unsigned char save;      // register or kNoRegister
  Argument kinds[6];
  unsigned char unused[7];
  long number;
  long args[6];  // a number, an offset into the bytes, or a register
};

struct ScriptHeader {
  unsigned magic;
  unsigned steps;
};

}  // namespace plimsoll::bench
