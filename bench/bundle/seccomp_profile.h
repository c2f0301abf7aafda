// A seccomp profile of the size and shape that container engines give: about 400 names, rules by
// capability, by argument and by errno, three architectures.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/bundle/bundle.h"

namespace plimsoll::bench {

Json engine_seccomp_profile();

}  // namespace plimsoll::bench
