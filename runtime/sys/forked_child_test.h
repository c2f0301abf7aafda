// For tests: runs code in a process of its own, so that what it does to its process (signals, a
// terminal, a filter) ends with it. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace plimsoll::sys::testing {

// What `body` returns, or 128 + N when the child died of signal N. A child that takes more than a
// minute is killed.
template <typename Body>
int status_of_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(body());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace plimsoll::sys::testing
