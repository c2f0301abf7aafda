// The heap's first pages. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace plimsoll::entry {

// Takes the pages of the heap that every command writes, in one call. Once, first in main.
void populate_heap();

}  // namespace plimsoll::entry
