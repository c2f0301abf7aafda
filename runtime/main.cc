// plimsoll: the container runtime. Everything is in cli/. SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/cli.h"
#include "runtime/entry/heap.h"

int main(int argc, char** argv, char** envp) {
  plimsoll::entry::populate_heap();
  return plimsoll::cli::run(argc, argv, envp);
}
