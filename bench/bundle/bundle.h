// The bundles that are measured: three made here, so that figures of different machines mean the
// same, or one of the user's. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace plimsoll::bench {

using Json = nlohmann::ordered_json;

// What runs in the container: `busybox` is what the field's figures are made with; `minimal` is a
// program of our own without a C library, whose counts are the same everywhere.
enum class Payload : std::uint8_t { busybox, minimal };
std::string_view payload_name(Payload payload);
Payload payload_of(std::string_view name);

struct BundleOptions {
  Payload payload = Payload::busybox;
  // Limits are given only for controllers that exist here; without them every runtime would refuse.
  std::set<std::string> controllers{};
  // More than 0: linux.resources.memory.limit.
  std::uint64_t memory_limit = 0;
};

// What the container's program does.
enum class Work : std::uint8_t { end, wait };

// The names of the built-in bundles: "minimal" (7 mounts, 5 namespaces), "podman" (14 mounts,
// seccomp profile, limits, 11 capabilities), "userns" (podman in a user namespace).
bool is_built_in_bundle(std::string_view name);
// The config.json of a built-in bundle whose files are in `folder`.
Json built_in_config(std::string_view name, Work work, const std::string& folder,
                     const BundleOptions& options);
// Makes a built-in bundle in `folder` (root file system, bind sources, config.json).
void make_bundle(std::string_view name, Work work, const std::string& folder,
                 const BundleOptions& options);
// The user's bundle in `source`, used in place: its config, with the program that it names. A link
// to the root file system and a copy of config.json are put into `folder`.
void copy_bundle(const std::string& source, const std::string& folder);

}  // namespace plimsoll::bench
