// The program's first instructions, before libc's own start (docs/decisions/0007-before-libc.md):
// the read-only clone is entered here, so that a process which is about to be replaced does not
// relocate itself, choose its string functions and touch its heap first. Then the segment that
// relocation is about to write is taken in one call, and with a libc that does not know packed
// relocations (musl before 1.2.4), it is relocated and protected here.
//
// Nothing of libc works yet: no relocation has been applied, there is no thread-local storage and
// no stack protector. So this file calls no function of another (runtime/entry/check-freestanding),
// and a failure only means that main does the work. SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include <cstddef>
#include <cstdint>

#include "runtime/linux/mount_clone.h"
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
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): ld's name
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
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives a pointer as a number
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

// The commands that main protects, but for restore, which asks for a copy. A word that only looks
// like one costs a second start that was not needed.
bool names_a_start(char** argv) {
  if (*argv == nullptr) {
    return false;
  }
  for (char** argument = argv + 1; *argument != nullptr; ++argument) {
    const char* word = *argument;
    if (is(word, "create") || is(word, "run") || is(word, "exec")) {
      return true;
    }
  }
  return false;
}

// As linux::ensure_sealed_executable decides for root; what needs a closer look is left to it.
bool needs_protection() {
  struct statx facts;
  if (sys::raw(SYS_statx, AT_FDCWD, "/proc/self/exe", 0, STATX_BASIC_STATS, &facts) < 0 ||
      // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the kernel wrote it
      facts.stx_uid == linux::kOverflowId || (facts.stx_attributes & STATX_ATTR_VERITY) != 0) {
    return false;
  }
  struct statfs filesystem;
  if (sys::raw(SYS_statfs, "/proc/self/exe", &filesystem) < 0) {
    return false;
  }
  for (const std::uint64_t type : linux::kReadOnlyFilesystems) {
    if (static_cast<std::uint64_t>(filesystem.f_type) == type) {
      return false;
    }
  }
  return true;
}

// The second start is by descriptor, which the kernel names so. Whoever claims it falsely gets
// main's own look.
bool may_be_the_second_start(const Start& start) {
  return start.file_name == nullptr || begins_with(start.file_name, "/dev/fd/");
}

// What stands `offset` bytes behind the program's first one.
template <typename T>
T* at(std::uint64_t offset) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what the compiler sees as behind the object
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(&__ehdr_start) + offset);
}

// Relocation is about to write nearly all that the file holds of it; of the zeroed rest a short
// command does not touch half.
void populate_writable_segment() {
  const auto* header = at<const Elf64_Phdr>(__ehdr_start.e_phoff);
  for (std::size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (header[i].p_type == PT_LOAD && (header[i].p_flags & PF_W) != 0) {
      sys::populate_for_writing(reinterpret_cast<std::uintptr_t>(at<char>(header[i].p_vaddr)),
                                header[i].p_filesz);
    }
  }
}

#if defined(PLIMSOLL_MUSL)

// The gABI's packed relative relocations (DT_RELR), the only ones that the linker may leave in the
// program (runtime/checks/binary): an even word is the place of an address; an odd one has a bit
// for each of the 63 words that follow.
void relocate(const Elf64_Dyn* dynamic) {
  const std::uint64_t* entry = nullptr;
  std::size_t count = 0;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    if (dynamic->d_tag == DT_RELR) {
      entry = at<const std::uint64_t>(dynamic->d_un.d_ptr);
    } else if (dynamic->d_tag == DT_RELRSZ) {
      count = dynamic->d_un.d_val / sizeof *entry;
    }
  }
  const auto base = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  std::uint64_t* word = nullptr;
  for (; count > 0; --count, ++entry) {
    if ((*entry & 1) == 0) {
      word = at<std::uint64_t>(*entry);
      *word++ += base;
      continue;
    }
    std::uint64_t* marked = word;
    for (std::uint64_t bits = *entry >> 1; bits != 0; bits >>= 1, ++marked) {
      if ((bits & 1) != 0) {
        *marked += base;
      }
    }
    word += 63;
  }
}

// The program's only segment of that type.
const Elf64_Phdr& segment(Elf64_Word type) {
  const auto* header = at<const Elf64_Phdr>(__ehdr_start.e_phoff);
  while (header->p_type != type) {
    ++header;
  }
  return *header;
}

void relocate_and_protect() {
  relocate(at<const Elf64_Dyn>(segment(PT_DYNAMIC).p_vaddr));
  const Elf64_Phdr& relro = segment(PT_GNU_RELRO);
  constexpr std::uintptr_t kPage = 4096;
  const auto address = reinterpret_cast<std::uintptr_t>(at<char>(relro.p_vaddr));
  const std::uintptr_t begin = address & ~(kPage - 1);
  const std::uintptr_t end = (address + relro.p_memsz) & ~(kPage - 1);
  if (sys::raw(SYS_mprotect, begin, end - begin, PROT_READ) < 0) {
    sys::raw(SYS_exit_group, 127);  // as glibc does: no start without it
  }
}

#endif

}  // namespace

}  // namespace plimsoll

extern "C" [[gnu::used, gnu::visibility("hidden")]] void plimsoll_before_libc(
    std::uintptr_t* stack) {
  using namespace plimsoll;
  const Start start = read_start(stack);
  if (!may_be_the_second_start(start) && !start.secure && start.uid == 0 &&
      start.effective_uid == 0 && names_a_start(start.argv) && needs_protection()) {
    (void)linux::execute_from_clone(start.argv, start.envp);
  }
  populate_writable_segment();
#if defined(PLIMSOLL_MUSL)
  relocate_and_protect();
#endif
}
