// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/environment.h"

namespace plimsoll::cli {

const char* Environment::find(std::string_view name) const {
  for (char* const* entry = envp_; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name)) {
      return *entry + name.size() + 1;
    }
  }
  return nullptr;
}

}  // namespace plimsoll::cli
