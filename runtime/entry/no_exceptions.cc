// What libstdc++ calls when it throws, catches and unwinds, for a program that does none of it:
// each ends the program with one line. Without these the linker would bring the unwinder, its
// emergency pool (72 KB allocated before main) and the demangler. Only what the library's own
// objects ask for by name. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdint>
#include <new>
#include <string_view>

#include "runtime/entry/heap.h"

namespace {

[[noreturn, gnu::cold, gnu::noinline]] void end_program(std::string_view why) {
  constexpr std::string_view kBefore = "plimsoll: ";
  (void)!write(STDERR_FILENO, kBefore.data(), kBefore.size());
  (void)!write(STDERR_FILENO, why.data(), why.size());
  (void)!write(STDERR_FILENO, "\n", 1);
  _exit(1);  // ban-ok: nothing is cleaned up after a bug; a child of ours would flush what is not
             // its own
}

[[noreturn, gnu::cold, gnu::noinline]] void end_after_bug() { end_program("a bug: terminated"); }

constinit plimsoll::entry::Heap heap;

void* allocate(std::size_t size) {
  void* memory = heap.allocate(size);
  if (memory == nullptr) {
    end_program("out of memory");
  }
  return memory;
}

void release(void* memory) {
  if (!heap.release(memory)) {
    end_program("a bug: memory was released twice or overwritten");
  }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace std {

[[noreturn]] void __throw_bad_alloc() { end_program("out of memory"); }
[[noreturn]] void __throw_bad_array_new_length() { end_program("out of memory"); }
[[noreturn]] void __throw_bad_cast() { end_after_bug(); }
[[noreturn]] void __throw_bad_function_call() { end_after_bug(); }
[[noreturn]] void __throw_logic_error(const char* why) { end_program(why); }
[[noreturn]] void __throw_length_error(const char* why) { end_program(why); }
[[noreturn]] void __throw_invalid_argument(const char* why) { end_program(why); }
[[noreturn]] void __throw_out_of_range(const char* why) { end_program(why); }
[[noreturn]] void __throw_out_of_range_fmt(const char* why, ...) { end_program(why); }
[[noreturn]] void __throw_runtime_error(const char* why) { end_program(why); }
[[noreturn]] void __throw_system_error(int) { end_after_bug(); }
[[noreturn]] void terminate() noexcept { end_after_bug(); }

}  // namespace std

// The Itanium C++ ABI's names (Level II, "C++ ABI"), and the unwinder's (Level I).
extern "C" {
[[noreturn]] void __cxa_throw(void*, void*, void (*)(void*)) { end_after_bug(); }
[[noreturn]] void __cxa_rethrow() { end_after_bug(); }
[[noreturn]] void* __cxa_allocate_exception(std::size_t) noexcept { end_after_bug(); }
void __cxa_free_exception(void*) noexcept {}
[[noreturn]] void* __cxa_begin_catch(void*) noexcept { end_after_bug(); }
[[noreturn]] void __cxa_end_catch() { end_after_bug(); }
[[noreturn]] void __cxa_call_terminate(void*) noexcept { end_after_bug(); }
[[noreturn]] void __cxa_call_unexpected(void*) { end_after_bug(); }
[[noreturn]] int __gxx_personality_v0(int, int, std::uint64_t, void*, void*) { end_after_bug(); }
[[noreturn]] int __gcc_personality_v0(int, int, std::uint64_t, void*, void*) { end_after_bug(); }
[[noreturn]] void _Unwind_Resume(void*) { end_after_bug(); }
}
