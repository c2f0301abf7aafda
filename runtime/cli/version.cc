// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/version.h"

#include "runtime/base/text.h"
#include "runtime/container/host.h"

namespace plimsoll::cli {

std::string_view program_version() { return PLIMSOLL_VERSION; }
std::string_view program_commit() { return PLIMSOLL_COMMIT; }

// go-runc wants "NAME version X", "commit: " and "spec: " on the first three lines, and Docker
// shows the version only for the name runc. So the name is the one we were called by: a link called
// runc makes a complete drop-in.
std::string version_text(std::string_view program) {
  std::string out = cat(program, " version ", program_version(), "\n");
  cat_to(out, "commit: ", program_commit(), "\n");
  cat_to(out, "spec: ", kSpecVersion, "\n");
  cat_to(out, "libseccomp: ", container::libseccomp_version(), "\n");
  if (program != "plimsoll") {
    cat_to(out, "runtime: plimsoll\n");
  }
  return out;
}

}  // namespace plimsoll::cli
