// Hands the seccomp listener to its agent. Runs in the parent.
// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <string_view>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/linux/seccomp.h"
#include "runtime/sys/raw.h"
#include "runtime/sys/socket.h"

namespace plimsoll::linux {

namespace {

// The version of the specification that this document follows, whatever the config's is.
constexpr std::string_view kProcessStateVersion = spec::kVersion;
// An agent that accepts nothing must not hang `create` for ever.
constexpr long kAgentSeconds = 30;

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      cat_to(out, "\\u00", kDigits[byte >> 4], kDigits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string process_state(bool with_pidfd, pid_t pid, const std::string& metadata,
                          const std::string& state_json) {
  std::string out = cat("{\"ociVersion\":\"", kProcessStateVersion, "\",\"fds\":[\"seccompFd\"",
                        with_pidfd ? ",\"pidFd\"" : "", "],\"pid\":", pid);
  if (!metadata.empty()) {
    out += ",\"metadata\":";
    append_json_string(out, metadata);
  }
  cat_to(out, ",\"state\":", trim(state_json), "}");
  return out;
}

}  // namespace

Result<> send_seccomp_listener(const std::string& path, BorrowedFd listener, BorrowedFd pidfd,
                               pid_t pid, const std::string& metadata,
                               const std::string& state_json) {
  const std::string doing = cat("send the seccomp listener to '", path, "'");
  const std::string document = process_state(pidfd.valid(), pid, metadata, state_json);
  const std::array<int, 2> fds = {listener.get(), pidfd.get()};
  const UniqueFd socket = TRY_DOING(doing, sys::unix_socket(SOCK_STREAM));
  const timeval limit = {.tv_sec = kAgentSeconds, .tv_usec = 0};
  (void)sys::raw(SYS_setsockopt, socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  // runc's words for the one fault that is a matter of set-up.
  TRY_DOING("failed to connect with seccomp agent", sys::connect_unix(socket, path));
  TRY_DOING(doing,
            sys::send_message(socket, document, std::span(fds.data(), pidfd.valid() ? 2U : 1U)));
  return {};
}

}  // namespace plimsoll::linux
