// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/state_output.h"

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/base/text.h"
#include "validator/json/json.h"

namespace plimsoll::cli {
namespace {

void append_state(json::Writer& writer, const state::View& view, std::string_view owner) {
  writer.begin_object()
      .member("ociVersion", view.oci_version)
      .member("id", view.id)
      .member("pid", view.pid)
      .member("status", state::status_name(view.status))
      .member("bundle", view.bundle)
      .member("rootfs", view.rootfs)
      .member("created", view.created);
  if (!view.annotations.empty()) {
    writer.key("annotations").map(view.annotations);
  }
  writer.member("owner", owner).end_object();
}

using Cells = std::array<std::string, 6>;

// Columns as wide as their widest cell and three spaces, at least twelve; the last is not padded.
std::string align(const std::vector<Cells>& rows) {
  constexpr std::size_t kNarrowest = 12;
  constexpr std::size_t kGap = 3;
  std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max({widths[i], row[i].size() + kGap, kNarrowest});
    }
  }
  std::string out;
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      cat_to(out, row[i], std::string(widths[i] - row[i].size(), ' '));
    }
    cat_to(out, row.back(), "\n");
  }
  return out;
}

// A bundle's path may hold anything but NUL: the table must not draw on the terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < 0x20 || byte == 0x7F ? '?' : c);
  }
  return out;
}

}  // namespace

std::string owner_name(std::string_view passwd, uid_t uid) {
  for (const std::string_view line : split(passwd, '\n')) {
    const std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() > 2 && !fields[0].empty() && parse_unsigned(fields[2]) == uid) {
      return std::string(fields[0]);
    }
  }
  return cat("#", uid);
}

std::string state_json(const state::View& view) {
  std::string out;
  json::Writer writer(out, 2);
  append_state(writer, view, "");
  return out;
}

std::string list_json(std::span<const container::ListEntry> entries) {
  std::string out;
  json::Writer writer(out);
  if (entries.empty()) {
    writer.null();
  } else {
    writer.begin_array();
    for (const container::ListEntry& entry : entries) {
      append_state(writer, entry.view, entry.owner);
    }
    writer.end_array();
  }
  out += "\n";
  return out;
}

std::string list_table(std::span<const container::ListEntry> entries) {
  std::vector<Cells> rows{{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
  for (const container::ListEntry& entry : entries) {
    const state::View& view = entry.view;
    rows.push_back({view.id, cat(view.pid), std::string(state::status_name(view.status)),
                    printable(view.bundle), view.created, printable(entry.owner)});
  }
  return align(rows);
}

}  // namespace plimsoll::cli
