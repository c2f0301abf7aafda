// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/controllers.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/base/text.h"

namespace plimsoll::cgroup {

namespace {

using Words = std::vector<std::string>;

// Those that work in a threaded cgroup (man 7 cgroups).
constexpr auto kThreaded = std::to_array<std::string_view>({"cpu", "cpuset", "perf_event", "pids"});

bool has(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Words read_words(const Tree& tree, const std::string& path) {
  Words words;
  const std::string text = tree.read_word(path);
  for (const std::string_view word : split(text, ' ')) {
    if (!word.empty()) {
      words.emplace_back(word);
    }
  }
  return words;
}

Words without(const Words& words, const Words& known) {
  Words missing;
  for (const std::string& word : words) {
    if (!has(known, word)) {
      missing.push_back(word);
    }
  }
  return missing;
}

std::string joined(const Words& words, std::string_view prefix) {
  std::string out;
  for (const std::string& word : words) {
    cat_to(out, out.empty() ? "" : " ", prefix, word);
  }
  return out;
}

std::string reason_of(int err) {
  switch (err) {
    case EBUSY:
      return "it has processes of its own, and a cgroup with processes gives no domain controller "
             "to its children (man 7 cgroups, \"no internal processes\")";
    case EOPNOTSUPP:
      return "it is threaded";
    case ENOENT:
      return "its own parent does not pass it on";
    default:
      return errno_text(err);
  }
}

// The folders from `mount` down to the parent of `path`.
Words folders_above(const std::string& mount, const std::string& path) {
  Words folders;
  for (std::string_view folder = parent_of(path); folder.size() >= mount.size() && !folder.empty();
       folder = parent_of(folder)) {
    folders.insert(folders.begin(), std::string(folder));
  }
  return folders;
}

// A cgroup below a threaded one is "domain invalid" and takes no process. With threaded controllers
// only, it can become threaded itself.
Result<> settle_type(const Tree& tree, const std::string& path, const Words& needed) {
  const std::string type = tree.read_word(cat(path, "/cgroup.type"));
  if (type.empty() || type == "domain") {
    return {};
  }
  const auto domain = std::ranges::find_if(needed, [](const std::string& controller) {
    return std::ranges::find(kThreaded, controller) == kThreaded.end();
  });
  if (domain != needed.end()) {
    return fail(Error::unsupported(
        cat("controller '", *domain, "' not available: cgroup '", path, "' is ", type,
            ", where only cpu, cpuset, perf_event and pids work: an ancestor is threaded or has "
            "processes of its own")));
  }
  if (type == "domain invalid") {
    return tree.write(cat(path, "/cgroup.type"), "threaded");
  }
  return {};
}

// What a folder refused, for the error.
struct Refusal {
  std::string controller;
  std::string folder;
  int err;
};

void enable_in(const Tree& tree, const std::string& folder, const Words& wanted,
               std::vector<Refusal>& refusals) {
  const std::string file = cat(folder, "/cgroup.subtree_control");
  const Words missing = without(wanted, read_words(tree, file));
  if (missing.empty() || tree.write(file, joined(missing, "+"))) {
    return;
  }
  // One that is refused must not keep the others out.
  for (const std::string& controller : missing) {
    if (const auto one = tree.write(file, cat("+", controller)); !one) {
      refusals.push_back({.controller = controller, .folder = folder, .err = one.error().err()});
    }
  }
}

}  // namespace

std::vector<std::string> needed_controllers(const std::vector<plan::CgroupWrite>& writes) {
  Words needed;
  for (const plan::CgroupWrite& write : writes) {
    if (!write.controller.empty() && !has(needed, write.controller)) {
      needed.push_back(write.controller);
    }
  }
  return needed;
}

Result<> enable_controllers(const Tree& tree, const std::string& mount, const std::string& path,
                            const std::vector<std::string>& needed, Enable what) {
  const Words available = read_words(tree, cat(mount, "/cgroup.controllers"));
  for (const std::string& controller : needed) {
    if (!has(available, controller)) {
      return fail(Error::unsupported(cat("controller '", controller, "' not available: '", mount,
                                         "' has only '", joined(available, ""), "'")));
    }
  }
  const std::string own = cat(path, "/cgroup.controllers");
  const Words& wanted = what == Enable::all ? available : needed;
  if (without(wanted, read_words(tree, own)).empty()) {
    return {};
  }
  std::vector<Refusal> refusals;
  for (const std::string& folder : folders_above(mount, path)) {
    enable_in(tree, folder, wanted, refusals);
  }
  TRY(settle_type(tree, path, needed));
  const Words missing = without(needed, read_words(tree, own));
  if (missing.empty()) {
    return {};
  }
  for (const Refusal& refusal : refusals) {
    if (refusal.controller == missing.front()) {
      return fail(Error::unsupported(
          cat("controller '", refusal.controller, "' not available in cgroup '", path, "': '",
              refusal.folder, "' does not delegate it: ", reason_of(refusal.err))));
    }
  }
  return fail(Error::unsupported(
      cat("controller '", missing.front(), "' not available in cgroup '", path, "'")));
}

}  // namespace plimsoll::cgroup
