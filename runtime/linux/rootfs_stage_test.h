// For tests of the root file system: a hostile or plain image on a tmpfs, a decoy folder beside it
// that nothing may touch, and a forked init with a mount namespace of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/linux/forked_child_test.h"
#include "runtime/linux/rootfs.h"

namespace plimsoll::linux::testing {

inline plan::Mount mount_of(plan::MountKind kind, std::string destination, std::string type,
                            std::uint64_t flags = 0, std::string data = "") {
  plan::Mount mount;
  mount.kind = kind;
  mount.destination = std::move(destination);
  mount.source = type;
  mount.type = std::move(type);
  mount.flags = flags;
  mount.data = std::move(data);
  return mount;
}

inline plan::Mount filesystem_of(std::string destination, std::string type, std::uint64_t flags = 0,
                                 std::string data = "") {
  return mount_of(plan::MountKind::filesystem, std::move(destination), std::move(type), flags,
                  std::move(data));
}

inline plan::Mount bind_of(std::string source, std::string destination, std::uint64_t flags = 0) {
  plan::Mount mount =
      mount_of(plan::MountKind::bind, std::move(destination), "bind", flags | MS_BIND);
  mount.source = std::move(source);
  return mount;
}

inline plan::Mount dev_tmpfs() {
  return filesystem_of("/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
}

inline std::vector<plan::DeviceNode> standard_devices() {
  std::vector<plan::DeviceNode> nodes;
  const auto add = [&nodes](std::string path, std::uint32_t major, std::uint32_t minor) {
    plan::DeviceNode node;
    node.path = std::move(path);
    node.type = S_IFCHR;
    node.major = major;
    node.minor = minor;
    node.standard = true;
    nodes.push_back(std::move(node));
  };
  add("/dev/null", 1, 3);
  add("/dev/zero", 1, 5);
  add("/dev/full", 1, 7);
  add("/dev/random", 1, 8);
  add("/dev/urandom", 1, 9);
  add("/dev/tty", 5, 0);
  return nodes;
}

// Everything of a tree that an attack could change.
inline std::string snapshot(const std::string& folder) {
  std::vector<std::string> lines;
  const auto add = [&lines](const std::filesystem::path& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) {
      return;
    }
    lines.push_back(cat(path.string(), " ", status.st_mode, " ", status.st_ino, " ", status.st_uid,
                        " ", status.st_gid, " ", status.st_size, " ", status.st_mtim.tv_sec, ".",
                        status.st_mtim.tv_nsec, " ", status.st_ctim.tv_sec, ".",
                        status.st_ctim.tv_nsec,
                        S_ISREG(status.st_mode) ? contents(path) : std::string()));
  };
  add(folder);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    add(entry.path());
  }
  std::ranges::sort(lines);
  std::string all;
  for (const std::string& line : lines) {
    all += line + "\n";
  }
  return all;
}

// The line of /proc/self/mountinfo for `place` (the topmost), from its root on; "" when there is
// none.
inline std::string mount_line(const std::string& place) {
  std::istringstream lines(contents("/proc/self/mountinfo"));
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, at;
    fields >> id >> parent >> device >> root >> at;
    if (at == place) {
      std::getline(fields, found);
      found = cat(" ", root, " ", at, found);
    }
  }
  return found;
}

// What stat says of a path: "c 1:3 0666 0:0", "- 0644 0:0", "-> target", "absent".
inline std::string look(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) {
    return "absent";
  }
  if (S_ISLNK(status.st_mode)) {
    return cat("-> ", std::filesystem::read_symlink(path).string());
  }
  const std::string rest =
      cat(octal(status.st_mode & 07777), " ", status.st_uid, ":", status.st_gid);
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    return cat(S_ISCHR(status.st_mode) ? "c " : "b ", major(status.st_rdev), ":",
               minor(status.st_rdev), " ", rest);
  }
  const char type = S_ISDIR(status.st_mode) ? 'd' : S_ISFIFO(status.st_mode) ? 'p' : '-';
  return cat(type, " ", rest);
}

// One start of a container, as far as its root file system goes.
struct Stage {
  std::string base;  // holds "root" and "decoy"
  std::string root;  // the image
  std::string decoy;
  plan::Plan plan;
  RootfsContext context;
  MountSources sources;
  std::vector<CgroupMountSource> cgroups;
  std::vector<std::string> warnings;

  explicit Stage(const std::string& folder)
      : base(folder), root(folder + "/root"), decoy(folder + "/decoy") {
    plan.namespaces.create = CLONE_NEWNS;
    plan.rootfs.path = root;
    plan.rootfs.propagation = MS_SLAVE | MS_REC;
    plan.rootfs.setup_dev = true;
    plan.rootfs.devices = standard_devices();
    context.plan = &plan;
    context.sources = &sources;
    context.cgroups = &cgroups;
    context.warnings = &warnings;
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  std::string build() {
    Result<> result = prepare_rootfs(context);
    if (result) {
      result = apply_mounts(context);
    }
    if (result) {
      result = create_devices(context);
    }
    return text_of(result);
  }
  std::string enter() {
    Result<> result = enter_rootfs(context);
    if (result) {
      result = finish_rootfs(context);
    }
    return text_of(result);
  }
  std::string start() {
    const std::string built = build();
    return built == "ok" ? enter() : built;
  }
};

// Runs `body` in an init with a mount namespace of its own, on an image that `image` fills; returns
// what `body` returns, with " DECOY CHANGED" behind it when anything happened there. The tmpfs
// keeps it all away from the machine.
inline std::string on_stage(const std::function<void(Stage&)>& image,
                            const std::function<std::string(Stage&)>& body,
                            int more_namespaces = 0) {
  const TempFolder folder;
  return in_child([&]() -> std::string {
    if (!own_mounts()) {
      return "no mount namespace";
    }
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "mode=755") != 0) {
      return "no tmpfs";
    }
    ::umask(022);
    Stage stage(folder.path());
    std::filesystem::create_directories(stage.root);
    std::filesystem::create_directories(stage.decoy + "/folder");
    put(stage.decoy + "/ptmx", "ptmx");
    put(stage.decoy + "/file", "content");
    if (::chown((stage.decoy + "/file").c_str(), 1234, 1234) != 0) {
      return "no chown";
    }
    image(stage);
    const std::string before = snapshot(stage.decoy);
    std::string text = in_child([&]() -> std::string {
      if (::unshare(CLONE_NEWNS | more_namespaces) != 0) {
        return cat("unshare: errno ", errno);
      }
      return body(stage);
    });
    if (snapshot(stage.decoy) != before) {
      text += " DECOY CHANGED";
    }
    return text;
  });
}

// As on_stage, with init as root of a user namespace that has one id.
inline std::string on_user_stage(const std::function<void(Stage&)>& image,
                                 const std::function<std::string(Stage&)>& body) {
  return on_stage(image, [&body](Stage& stage) -> std::string {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
      return cat("unshare: errno ", errno);
    }
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 0 1");
    put("/proc/self/gid_map", "0 0 1");
    stage.context.in_user_namespace = true;
    stage.plan.namespaces.create |= CLONE_NEWUSER;
    return body(stage);
  });
}

}  // namespace plimsoll::linux::testing
