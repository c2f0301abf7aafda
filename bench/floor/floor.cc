// The floor: carries out a script of system calls and does nothing else. What it costs is what the
// kernel asks for the work, so no runtime can be faster. SPDX-License-Identifier: Apache-2.0
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "bench/floor/clone3.h"
#include "bench/floor/script.h"
#include "bench/floor/system_call.h"

namespace plimsoll::bench {
namespace {

using bare::call;

constexpr long kCloneArgsSize = 88;  // CLONE_ARGS_SIZE_VER2

long registers[kRegisters];
const ScriptHeader* header;
const Step* steps;
char* bytes;
// The child's. Init keeps it until exec; it never returns.
alignas(16) char child_stack[16 * 1024];

char* put_number(char* out, unsigned long number) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) {
    *out++ = digits[--count];
  }
  return out;
}

char* put_text(char* out, const char* text) {
  while (*text != 0) {
    *out++ = *text++;
  }
  return out;
}

[[noreturn]] void finish(long status) {
  for (;;) {
    call(__NR_exit_group, status);
  }
}

[[noreturn]] void fail(unsigned step, long number, long error) {
  char text[128];
  char* end = put_text(text, "floor: step ");
  end = put_number(end, step);
  end = put_text(end, ", system call ");
  end = put_number(end, static_cast<unsigned long>(number));
  end = put_text(end, ": errno ");
  end = put_number(end, static_cast<unsigned long>(-error));
  *end++ = '\n';
  call(__NR_write, 2, reinterpret_cast<long>(text), end - text);
  finish(1);
}

long argument(const Step& step, int index) {
  const long value = step.args[index];
  switch (step.kinds[index]) {
    case Argument::bytes:
      return reinterpret_cast<long>(bytes + value);
    case Argument::saved:
      return registers[value];
    case Argument::value:
      break;
  }
  return value;
}

// Interprets steps from the one with number `step`, in whichever process this is.
[[noreturn]] void carry_out(long step);

// The parent's answer of clone3, whose child calls carry_out(child_step) on child_stack. It could
// not return through a frame that both use.
long spawn(long clone_args, long child_step) {
  auto* fields = reinterpret_cast<unsigned long*>(clone_args);
  fields[5] = reinterpret_cast<unsigned long>(child_stack);  // stack
  fields[6] = sizeof child_stack;                            // stack_size
  return bare_clone3(clone_args, kCloneArgsSize, carry_out, child_step);
}

void perform(const Step& step, unsigned number) {
  const long target = argument(step, 0);
  long answer = 0;
  switch (step.kind) {
    case StepKind::call:
      answer = call(step.number, target, argument(step, 1), argument(step, 2), argument(step, 3),
                    argument(step, 4), argument(step, 5));
      break;
    case StepKind::spawn:
      answer = spawn(target, number + 1);
      break;
    case StepKind::text: {
      char* begin = reinterpret_cast<char*>(target);
      char* end = put_text(begin, reinterpret_cast<const char*>(argument(step, 1)));
      end = put_number(end, static_cast<unsigned long>(argument(step, 2)));
      end = put_text(end, reinterpret_cast<const char*>(argument(step, 3)));
      *end = 0;
      answer = end - begin;
      break;
    }
    case StepKind::load:
      answer = *reinterpret_cast<const int*>(target);
      break;
    case StepKind::store:
      if (step.number == 4) {
        *reinterpret_cast<int*>(target) = static_cast<int>(argument(step, 1));
      } else {
        *reinterpret_cast<long*>(target) = argument(step, 1);
      }
      break;
    case StepKind::finish:
      // wait4 gives the exit status in the second byte.
      finish(target > 0xff ? target >> 8 : target);
  }
  if (answer < 0 && step.may_fail == 0) {
    fail(number, step.number, answer);
  }
  if (step.save != kNoRegister) {
    registers[step.save] = answer;
  }
}

void carry_out(long step) {
  const auto end = static_cast<long>(header->steps);
  while (step < end) {
    const Step& now = steps[step];
    perform(now, static_cast<unsigned>(step));
    step = now.kind == StepKind::spawn ? now.args[1] : step + 1;
  }
  finish(0);
}

}  // namespace
}  // namespace plimsoll::bench

extern "C" void bare_main(long argc, char** argv) {
  using namespace plimsoll::bench;
  if (argc != 2) {
    fail(0, 0, -22);
  }
  const long file =
      call(__NR_openat, AT_FDCWD, reinterpret_cast<long>(argv[1]), O_RDONLY | O_CLOEXEC, 0);
  const long size = call(__NR_lseek, file, 0, 2);
  const long memory =
      call(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, file, 0);
  call(__NR_close, file);
  if (file < 0 || size < 0 || memory < 0) {
    fail(0, __NR_openat, file < 0 ? file : memory);
  }
  header = reinterpret_cast<const ScriptHeader*>(memory);
  if (header->magic != kScriptMagic) {
    fail(0, 0, -8);
  }
  steps = reinterpret_cast<const Step*>(header + 1);
  bytes = reinterpret_cast<char*>(memory) + sizeof(ScriptHeader) + header->steps * sizeof(Step);
  carry_out(0);
}
