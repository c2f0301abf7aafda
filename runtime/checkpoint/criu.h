// CRIU, run as `criu swrk`: one request, its notifications, its result. CRIU is found in PATH.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/checkpoint/message.h"
#include "runtime/sys/process.h"

namespace plimsoll::checkpoint {

// "criu version check failed…" when it is missing, or older than `least` (31600 is 3.16).
struct Criu {
  std::string path;
  int version = 0;  // 31701 is 3.17.1
};
Result<Criu> find_criu();

struct Notification {
  std::string name;   // "post-dump", "setup-namespaces", "orphan-pts-master", …
  pid_t pid = 0;      // of init, where CRIU tells it
  UniqueFd terminal;  // with "orphan-pts-master": the master
};

struct Session {
  Criu criu;
  RequestType type = RequestType::dump;
  Options options;
  std::string log_folder;  // for messages: the work folder, else the images'
  // Become descriptors kFirstFd and up in CRIU, in this order; `options` names them by number.
  std::vector<int> fds;
  // The root file system to bind on `root_mount` in a mount namespace of CRIU's own, or empty.
  // (CRIU wants a restored root to be a mount point.)
  std::string root_source;
  std::string root_mount;
  // After CRIU exists, before it gets its request: puts it into the container's cgroup, so that
  // all that it makes is there. May add to the options.
  std::function<Result<>(const sys::Process& criu, Options& options)> before;
  std::function<Result<>(Notification& notification)> notify;
};

// 0-2 are the caller's own, 3 is the connection.
inline constexpr int kFirstFd = 4;

// Returns CRIU's response. On failure: "criu failed: type … errno …", with the first error of its
// log and the log's path.
Result<Response> run_criu(Session& session);

}  // namespace plimsoll::checkpoint
