// The program in a measured container: ends at once, or waits to be killed when it is given an
// argument. SPDX-License-Identifier: Apache-2.0
#include <asm/unistd.h>

#include "bench/floor/system_call.h"

using plimsoll::bench::bare::call;

extern "C" void bare_main(long argc, char**) {
  while (argc > 1) {
    // pselect6 without descriptors and time: pause(2) is not there on every architecture.
    call(__NR_pselect6, 0, 0, 0, 0, 0, 0);
  }
  for (;;) {
    call(__NR_exit_group, 0);
  }
}
