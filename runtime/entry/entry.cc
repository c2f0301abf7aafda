// The program's first instructions, before libc's own start (docs/decisions/0007-before-libc.md):
// the sealed copy is made here, so that a process which is about to be replaced does not relocate
// itself, choose its string functions and touch its heap first. Then the segment that relocation is
// about to write is taken in one call.
//
// Nothing of libc works yet: no relocation has been applied, there is no thread-local storage and
// no stack protector. So this file calls no function of another (runtime/entry/check-freestanding),
// and a failure only means that main does the work. SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "runtime/linux/sealed_copy.h"
#include "runtime/sys/populate.h"
#include "runtime/sys/raw.h"

#if defined(__x86_64__)
// The System V ABI (figure 3.9): the stack pointer is at argc, %rdx is a function to register with
// atexit.
__asm__(
    ".pushsection .text.plimsoll_entry, \"ax\", @progbits\n"
    ".globl plimsoll_entry\n"
    ".type plimsoll_entry, @function\n"
    "plimsoll_entry:\n"
    "  endbr64\n"
    "  xor %ebp, %ebp\n"
    "  mov %rdx, %r12\n"
    "  mov %rsp, %r13\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call plimsoll_before_libc\n"
    "  mov %r13, %rsp\n"
    "  mov %r12, %rdx\n"
    "  jmp _start\n"
    ".size plimsoll_entry, . - plimsoll_entry\n"
    ".popsection\n");
#elif defined(__aarch64__)
__asm__(
    ".pushsection .text.plimsoll_entry, \"ax\", @progbits\n"
    ".globl plimsoll_entry\n"
    ".type plimsoll_entry, %function\n"
    "plimsoll_entry:\n"
    "  bti c\n"
    "  mov x29, xzr\n"
    "  mov x30, xzr\n"
    "  mov x19, x0\n"
    "  mov x0, sp\n"
    "  bl plimsoll_before_libc\n"
    "  mov x0, x19\n"
    "  b _start\n"
    ".size plimsoll_entry, . - plimsoll_entry\n"
    ".popsection\n");
#else
#error "runtime/entry needs this architecture's first instructions"
#endif

// The program's own first byte (ld, "Symbols defined by the linker").
extern "C" [[gnu::visibility("hidden")]] const Elf64_Ehdr __ehdr_start;

namespace plimsoll {

namespace {

// What the kernel leaves at the top of the stack (man 3 getauxval).
struct Start {
  char** argv = nullptr;
  char** envp = nullptr;
  const char* file_name = nullptr;  // AT_EXECFN
  std::uint64_t uid = ~0ULL;
  std::uint64_t effective_uid = ~0ULL;
  bool secure = true;
};

Start read_start(std::uintptr_t* stack) {
  Start start;
  std::uintptr_t* next = stack + 1;
  start.argv = reinterpret_cast<char**>(next);
  next += stack[0] + 1;
  start.envp = reinterpret_cast<char**>(next);
  while (*next != 0) {
    ++next;
  }
  ++next;
  for (; next[0] != AT_NULL; next += 2) {
    switch (next[0]) {
      case AT_EXECFN:
        start.file_name = reinterpret_cast<const char*>(next[1]);
        break;
      case AT_UID:
        start.uid = next[1];
        break;
      case AT_EUID:
        start.effective_uid = next[1];
        break;
      case AT_SECURE:
        start.secure = next[1] != 0;
        break;
      default:
        break;
    }
  }
  return start;
}

bool begins_with(const char* text, const char* begin) {
  while (*begin != '\0') {
    if (*text++ != *begin++) {
      return false;
    }
  }
  return true;
}

bool is(const char* text, const char* word) {
  while (*word != '\0') {
    if (*text++ != *word++) {
      return false;
    }
  }
  return *text == '\0';
}

// The commands that main protects. A word that only looks like one costs a copy that was not
// needed.
bool names_a_start(char** argv) {
  if (*argv == nullptr) {
    return false;
  }
  for (char** argument = argv + 1; *argument != nullptr; ++argument) {
    const char* word = *argument;
    if (is(word, "create") || is(word, "run") || is(word, "exec") || is(word, "restore")) {
      return true;
    }
  }
  return false;
}

// As linux::ensure_sealed_executable decides for root; what needs a closer look is left to it.
bool needs_copy(long self, std::uint64_t& size) {
  struct statx facts;
  if (sys::raw(SYS_statx, self, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &facts) < 0 ||
      facts.stx_uid == linux::kOverflowId || (facts.stx_attributes & STATX_ATTR_VERITY) != 0) {
    return false;
  }
  struct statfs filesystem;
  if (sys::raw(SYS_fstatfs, self, &filesystem) < 0) {
    return false;
  }
  for (const std::uint64_t type : linux::kReadOnlyFilesystems) {
    if (static_cast<std::uint64_t>(filesystem.f_type) == type) {
      return false;
    }
  }
  size = facts.stx_size;
  return true;
}

bool fill_and_seal(long self, long copy, std::uint64_t size) {
  std::int64_t offset = 0;
  while (size > 0) {
    const long sent = sys::raw(SYS_sendfile, copy, self, &offset, size);
    if (sent <= 0) {
      return false;
    }
    size -= static_cast<std::uint64_t>(sent);
  }
  long sealed = sys::raw(SYS_fcntl, copy, F_ADD_SEALS, linux::kCopySeals | linux::kCopySealExec);
  if (sealed == -EINVAL) {
    sealed = sys::raw(SYS_fcntl, copy, F_ADD_SEALS, linux::kCopySeals);
  }
  return sealed == 0;
}

void execute_copy(const Start& start, long self) {
  std::uint64_t size = 0;
  if (!needs_copy(self, size)) {
    return;
  }
  char name[linux::kLongestCopyName + 1];
  const long length = sys::raw(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", name, sizeof name);
  if (length <= 0 || length >= static_cast<long>(sizeof name)) {
    return;
  }
  name[length] = '\0';
  long copy =
      sys::raw(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING | linux::kCopyExecutable);
  if (copy == -EINVAL) {
    copy = sys::raw(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
  if (copy < 0) {
    return;
  }
  if (fill_and_seal(self, copy, size)) {
    (void)sys::raw(SYS_execveat, copy, "", start.argv, start.envp, AT_EMPTY_PATH);
  }
  (void)sys::raw(SYS_close, copy);
}

// The copy is executed by its descriptor, which the kernel names so. Whoever claims it falsely gets
// main's own look at the seals.
bool may_be_the_copy(const Start& start) {
  return start.file_name == nullptr || begins_with(start.file_name, "/dev/fd/");
}

// Relocation is about to write nearly all of it.
void populate_writable_segment() {
  const auto base = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  const auto* header = reinterpret_cast<const Elf64_Phdr*>(base + __ehdr_start.e_phoff);
  for (std::size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (header[i].p_type == PT_LOAD && (header[i].p_flags & PF_W) != 0) {
      sys::populate_for_writing(base + header[i].p_vaddr, header[i].p_memsz);
    }
  }
}

}  // namespace

}  // namespace plimsoll

extern "C" [[gnu::used, gnu::visibility("hidden")]] void plimsoll_before_libc(
    std::uintptr_t* stack) {
  using namespace plimsoll;
  const Start start = read_start(stack);
  if (!may_be_the_copy(start) && !start.secure && start.uid == 0 && start.effective_uid == 0 &&
      names_a_start(start.argv)) {
    const long self = sys::raw(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (self >= 0) {
      execute_copy(start, self);
      (void)sys::raw(SYS_close, self);
    }
  }
  populate_writable_segment();
}
