# Configurations whose members have another JSON type than the specification gives them, from tables/types.json.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=table:types
@test "a value of another JSON type is refused" {
  table types
}
