// The messages of CRIU's RPC, as much of them as a runtime needs, in the wire format of protocol
// buffers. Source: https://criu.org/RPC; the numbers are those of CRIU's rpc.proto. Pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace plimsoll::checkpoint {

enum class RequestType : std::uint8_t { dump = 1, restore = 2, pre_dump = 4, notify = 6 };

enum class CgroupMode : std::uint8_t { ignore = 0, soft = 3, full = 4, strict = 5, usual = 6 };

struct ExternalMount {
  std::string key;
  std::string value;
};
struct JoinNamespace {
  std::string type;  // as /proc/PID/ns has it
  std::string path;
};
struct InheritedFd {
  std::string key;
  int number = -1;  // of the descriptor in CRIU
};
struct CgroupRoot {
  std::string controllers;
  std::string path;
};

// criu_opts. What is false, empty or absent is not sent: CRIU's default holds.
struct Options {
  // Descriptors of this process: CRIU opens them by its peer's /proc/PID/fd. All others are its
  // own.
  int images_dir = -1;
  int work_dir = -1;
  std::optional<std::int32_t> pid;
  std::string log_file;
  std::string root;
  std::string parent_image;
  std::string freeze_cgroup;
  std::string lsm_profile;
  std::string lsm_mount_context;
  std::optional<std::string> config_file;
  std::string page_server_address;
  std::int32_t page_server_port = 0;
  bool leave_running = false;
  bool ext_unix_sk = false;
  bool tcp_established = false;
  bool tcp_skip_in_flight = false;
  bool shell_job = false;
  bool file_locks = false;
  bool link_remap = false;
  bool auto_dedup = false;
  bool lazy_pages = false;
  bool track_memory = false;
  bool evasive_devices = false;
  bool restore_sibling = false;
  CgroupMode cgroup_mode = CgroupMode::usual;
  std::uint32_t empty_namespaces = 0;  // CLONE_NEW*
  std::vector<ExternalMount> external_mounts;
  std::vector<std::string> external;
  std::vector<JoinNamespace> join_namespaces;
  std::vector<InheritedFd> inherited_fds;
  std::vector<CgroupRoot> cgroup_roots;
};

std::string encode_request(RequestType type, const Options& options);
// The answer to a notification.
std::string encode_notified(bool success);

struct Response {
  std::uint64_t type = 0;
  bool success = false;
  std::int32_t restored_pid = 0;  // of a restore
  std::string notification{};     // its name
  std::int32_t notified_pid = 0;
  std::int32_t error_number = 0;
  std::string error_text{};
};

// Fails for bytes that are no such message; fields that are unknown are skipped.
Result<Response> decode_response(std::string_view bytes);

}  // namespace plimsoll::checkpoint
