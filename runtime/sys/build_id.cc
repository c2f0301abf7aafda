// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/build_id.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>

// The program's own first byte (ld, "Symbols defined by the linker").
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): ld's name
extern "C" [[gnu::visibility("hidden")]] const Elf64_Ehdr __ehdr_start;

namespace plimsoll::sys {

namespace {

template <typename T>
const T* at(std::uint64_t offset) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what the compiler sees as behind the object
  return reinterpret_cast<const T*>(reinterpret_cast<std::uintptr_t>(&__ehdr_start) + offset);
}

// Of one PT_NOTE segment (elf(5), "Notes").
std::string_view find_in(const Elf64_Phdr& segment) {
  const std::uint64_t alignment = segment.p_align == 8 ? 8 : 4;
  const auto aligned = [alignment](std::uint64_t size) {
    return (size + alignment - 1) & ~(alignment - 1);
  };
  constexpr std::string_view kOwner("GNU", sizeof "GNU");
  for (std::uint64_t offset = 0; offset + sizeof(Elf64_Nhdr) <= segment.p_memsz;) {
    const auto* note = at<Elf64_Nhdr>(segment.p_vaddr + offset);
    const char* name = at<char>(segment.p_vaddr + offset + sizeof *note);
    const std::uint64_t value = aligned(sizeof *note + note->n_namesz);
    if (note->n_type == NT_GNU_BUILD_ID && std::string_view(name, note->n_namesz) == kOwner) {
      return {at<char>(segment.p_vaddr + offset + value), note->n_descsz};
    }
    offset += value + aligned(note->n_descsz);
  }
  return {};
}

}  // namespace

std::string_view build_id() {
  const auto* header = at<Elf64_Phdr>(__ehdr_start.e_phoff);
  for (std::size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (header[i].p_type != PT_NOTE) {
      continue;
    }
    if (const std::string_view id = find_in(header[i]); !id.empty()) {
      return id;
    }
  }
  return {};
}

}  // namespace plimsoll::sys
