// The command line: from argv to a verb of container/, and from its result to output and an exit
// status. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace plimsoll::cli {

// The whole program; returns its exit status. `argv` and `envp` are the process's own.
int run(int argc, char** argv, char** envp);

}  // namespace plimsoll::cli
