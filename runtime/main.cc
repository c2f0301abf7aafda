// plimsoll: the container runtime. Everything is in cli/. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "runtime/cli/cli.h"

// The C++ library's own ends the program too, but first names the exception, for which it brings
// 100 KB of demangler and stdio. This program throws nothing: what ends here is a failed allocation
// or a bug.
namespace __gnu_cxx {
[[noreturn]] void __verbose_terminate_handler();
void __verbose_terminate_handler() {
  constexpr char kText[] = "plimsoll: out of memory, or a bug: terminated\n";
  (void)!write(STDERR_FILENO, kText, sizeof kText - 1);
  _exit(1);  // ban-ok: nothing is cleaned up after a bug; a child of ours would flush what is not
             // its own
}
}  // namespace __gnu_cxx

int main(int argc, char** argv, char** envp) { return plimsoll::cli::run(argc, argv, envp); }
