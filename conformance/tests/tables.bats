# Configurations that differ from a valid one in one thing; the tables are in tables/. One line of the report for each case.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=table:members
@test "required members: none may be missing" {
  table members
}

# bats test_tags=table:values
@test "values outside their range, format or vocabulary are refused" {
  table values
}

# bats test_tags=table:documents
@test "documents that are no JSON are refused" {
  table documents
}
