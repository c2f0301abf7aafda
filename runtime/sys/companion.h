// Where this program's companions are (plimsoll-validate, plimsoll-systemd), and host programs in
// PATH. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::sys {

// The path of the running program as it was installed: a sealed copy is named after its original,
// and a program in a clone of its mount has it in argv[0] (linux/mount_clone.h), with the name that
// its caller used. Empty when it cannot be read.
std::string own_executable();

// The places where `program` is looked for, best first: ../libexec/plimsoll from the folder of
// `executable`, that folder, then each folder of `path`, a colon-separated list. Relative entries
// are left out: they would run a program of whoever made the current folder.
std::vector<std::string> companion_candidates(std::string_view program, std::string_view executable,
                                              std::string_view path);

}  // namespace plimsoll::sys
