// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/globals.h"

#include "runtime/base/log.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace plimsoll::cli {

DefaultRoot default_root(const Environment& environment, const Caller& caller) {
  const std::string_view xdg = environment.get("XDG_RUNTIME_DIR");
  const bool real_root = caller.privileged && !caller.in_user_namespace;
  // Root in a user namespace that calls itself root has a /run of its own, as in a container.
  const bool own_run = caller.privileged && environment.get("USER") == "root";
  // The XDG specification: a relative path is to be ignored.
  if (real_root || own_run || !xdg.starts_with('/')) {
    return {.path = "/run/plimsoll"};
  }
  return {.path = cat(xdg, "/plimsoll"), .from_xdg = true};
}

Result<std::string> resolve_root(std::string_view given, std::string_view current_dir) {
  if (given.empty()) {
    return fail(Error::invalid("option --root: the folder's name is empty"));
  }
  std::string root =
      clean_path(given.starts_with('/') ? std::string(given) : cat(current_dir, "/", given));
  if (root == "/") {
    return fail(Error::invalid("option --root: '/' cannot hold the containers' state"));
  }
  return root;
}

Result<std::optional<bool>> parse_rootless(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (lower.empty() || lower == "auto") {
    return std::nullopt;
  }
  const std::optional<bool> value = parse_bool(text);
  if (!value) {
    return fail(Error::invalid(cat("option --rootless: '", text, "' is not true, false or auto")));
  }
  return value;
}

Result<> set_up_log(const Arguments& globals, bool output_is_data) {
  log::Setup setup{.debug = globals.flag("debug"), .output_is_data = output_is_data};
  const std::string format = globals.text("log-format");
  if (format == "json") {
    setup.format = log::Format::json;
  } else if (format != "text" && !format.empty()) {
    return fail(Error::invalid(cat("invalid log-format: ", format)));
  }
  if (const std::string file = globals.text("log"); !file.empty()) {
    // Not O_NONBLOCK: a FIFO is a fair log, and its reader decides how fast it is read.
    setup.file = TRY_DOING(
        "option --log",
        sys::open_at(sys::cwd(), file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0644));
  }
  log::set_up(std::move(setup));
  return {};
}

}  // namespace plimsoll::cli
