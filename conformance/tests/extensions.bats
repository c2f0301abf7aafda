# What a runtime must take: members that it does not know and members that are left out, from tables/extensions.json.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=table:extensions
@test "unknown members and omitted members change nothing" {
  table extensions
}
