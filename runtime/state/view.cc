// The words for a container's status, and the state document of runtime.md#state.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "runtime/state/state.h"
#include "validator/json/json.h"

namespace plimsoll::state {

namespace {

constexpr auto kStatusNames = std::to_array<std::string_view>({
    "creating",
    "created",
    "running",
    "paused",
    "stopped",
});
static_assert(kStatusNames.size() == static_cast<std::size_t>(Status::stopped) + 1);

}  // namespace

std::string_view status_name(Status status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

View view_of(const Record& record, Status status) {
  return {.oci_version = record.oci_version,
          .id = record.id,
          .status = status,
          .pid = status == Status::stopped ? 0 : record.init.pid,
          .bundle = record.bundle,
          .rootfs = record.rootfs,
          .created = record.created,
          .owner = record.owner,
          .annotations = record.annotations};
}

std::string hook_json(const View& view) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .member("ociVersion", view.oci_version)
      .member("id", view.id)
      .member("status", status_name(view.status));
  // Required while created or running; there is no process to name before and after.
  if (view.pid > 0) {
    writer.member("pid", view.pid);
  }
  writer.member("bundle", view.bundle);
  if (!view.annotations.empty()) {
    writer.key("annotations").map(view.annotations);
  }
  writer.end_object();
  return out;
}

}  // namespace plimsoll::state
