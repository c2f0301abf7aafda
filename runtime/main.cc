// plimsoll: the container runtime. Everything is in cli/. SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/cli.h"

int main(int argc, char** argv, char** envp) { return plimsoll::cli::run(argc, argv, envp); }
