// The floor's mounts, in the child.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "bench/floor/filters.h"
#include "bench/floor/parts.h"
#include "bench/measure/cgroup_view.h"

namespace plimsoll::bench {
namespace {

struct MountWord {
  std::string_view name;
  unsigned long flag;
};
constexpr MountWord kFlags[] = {
    {"nosuid", MS_NOSUID},   {"nodev", MS_NODEV},       {"noexec", MS_NOEXEC},
    {"ro", MS_RDONLY},       {"relatime", MS_RELATIME}, {"strictatime", MS_STRICTATIME},
    {"noatime", MS_NOATIME},
};
// Said by the kind of mount or by the namespace's own propagation already.
constexpr std::string_view kIgnored[] = {"bind",  "rbind",  "rw",   "private", "rprivate",
                                         "slave", "rslave", "suid", "dev",     "exec"};

struct ReadMount {
  std::string destination, type, source, data;
  unsigned long flags = 0;
  bool bind = false;
  bool recursive = false;
};

ReadMount read_mount(const Json& mount) {
  ReadMount result{.destination = mount.at("destination"),
                   .type = mount.value("type", ""),
                   .source = mount.value("source", "none"),
                   .data = ""};
  result.bind = result.type == "bind";
  for (const Json& word : mount.value("options", Json::array())) {
    const auto option = word.get<std::string>();
    const auto* flag = std::ranges::find(kFlags, option, &MountWord::name);
    if (flag != std::end(kFlags)) {
      result.flags |= flag->flag;
    } else if (std::ranges::find(kIgnored, option) == std::end(kIgnored)) {
      result.data += (result.data.empty() ? "" : ",") + option;
    }
    result.bind = result.bind || option == "bind" || option == "rbind";
    result.recursive = result.recursive || option == "rbind";
  }
  return result;
}

// A copy of a mount of the host, not yet attached: taken before the root changes.
Saved take_tree(ScriptBuilder& script, const std::string& source, bool recursive,
                unsigned long flags) {
  const Saved tree = script.call(
      SYS_open_tree, {AT_FDCWD, script.text(source),
                      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0)});
  unsigned long set = 0;
  set |= (flags & MS_RDONLY) != 0 ? MOUNT_ATTR_RDONLY : 0UL;
  set |= (flags & MS_NOSUID) != 0 ? MOUNT_ATTR_NOSUID : 0UL;
  set |= (flags & MS_NODEV) != 0 ? MOUNT_ATTR_NODEV : 0UL;
  set |= (flags & MS_NOEXEC) != 0 ? MOUNT_ATTR_NOEXEC : 0UL;
  if (set != 0) {
    mount_attr attributes{};
    attributes.attr_set = set;
    const auto place =
        script.bytes({reinterpret_cast<const char*>(&attributes), sizeof attributes});
    script.call(SYS_mount_setattr,
                {tree, script.text(""), AT_EMPTY_PATH, place, sizeof attributes});
  }
  return tree;
}

void put_tree(ScriptBuilder& script, Saved tree, const std::string& destination) {
  script.call(SYS_move_mount,
              {tree, script.text(""), AT_FDCWD, script.text(destination), MOVE_MOUNT_F_EMPTY_PATH});
}

void make_mount(ScriptBuilder& script, const std::string& source, const std::string& target,
                const std::string& type, unsigned long flags, const std::string& data) {
  script.call(SYS_mount, {script.text(source), script.text(target), script.text(type),
                          static_cast<long>(flags),
                          data.empty() ? ScriptBuilder::Value(0) : script.text(data)});
}

// Everything that is taken from the host before the pivot.
struct HostTrees {
  std::vector<Saved> binds;    // in the order of the config's bind mounts
  std::vector<Saved> devices;  // in a user namespace, where mknod is not allowed
  std::vector<std::pair<std::string, Saved>>
      cgroups;  // v1: hierarchy and the container's folder in it
};

HostTrees take_trees(ScriptBuilder& script, const FloorScene& scene) {
  HostTrees trees;
  bool shows_cgroups = false;
  for (const Json& json : scene.config.value("mounts", Json::array())) {
    const ReadMount mount = read_mount(json);
    shows_cgroups = shows_cgroups || mount.type == "cgroup";
    if (mount.bind) {
      const std::string source = std::filesystem::path(scene.bundle) / mount.source;
      trees.binds.push_back(take_tree(script, source, mount.recursive, mount.flags));
    }
  }
  if (scene.user_namespace()) {
    for (const Device& device : kDefaultDevices) {
      trees.devices.push_back(take_tree(script, "/dev/" + std::string(device.name), false, 0));
    }
  }
  if (shows_cgroups && cgroup_layout() != CgroupLayout::v2) {
    for (const std::string& folder : floor_cgroups(scene)) {
      trees.cgroups.emplace_back(
          std::filesystem::path(folder).parent_path().filename(),
          take_tree(script, folder, false, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
    }
  }
  return trees;
}

void change_root(ScriptBuilder& script, const FloorScene& scene) {
  const std::string root =
      std::filesystem::path(scene.bundle) / scene.config.at("root").at("path").get<std::string>();
  script.call(SYS_mount, {0, script.text("/"), 0, MS_REC | MS_PRIVATE, 0});
  script.call(SYS_mount, {script.text(root), script.text(root), 0, MS_BIND | MS_REC, 0});
  script.call(SYS_chdir, {script.text(root)});
  script.call(SYS_pivot_root, {script.text("."), script.text(".")});
}

void make_devices(ScriptBuilder& script, const HostTrees& trees) {
  std::size_t index = 0;
  for (const Device& device : kDefaultDevices) {
    const std::string path = "/dev/" + std::string(device.name);
    if (trees.devices.empty()) {
      script.call(SYS_mknodat, {AT_FDCWD, script.text(path), S_IFCHR | 0666,
                                static_cast<long>(makedev(device.major, device.minor))});
    } else {
      script.call(SYS_mknodat, {AT_FDCWD, script.text(path), S_IFREG | 0666, 0});
      put_tree(script, trees.devices[index++], path);
    }
  }
  constexpr std::pair<const char*, const char*> links[] = {{"/proc/self/fd", "/dev/fd"},
                                                           {"/proc/self/fd/0", "/dev/stdin"},
                                                           {"/proc/self/fd/1", "/dev/stdout"},
                                                           {"/proc/self/fd/2", "/dev/stderr"},
                                                           {"pts/ptmx", "/dev/ptmx"}};
  for (const auto& [target, path] : links) {
    script.call(SYS_symlinkat, {script.text(target), AT_FDCWD, script.text(path)});
  }
}

void show_cgroups(ScriptBuilder& script, const ReadMount& mount, const HostTrees& trees) {
  if (cgroup_layout() == CgroupLayout::v2) {
    make_mount(script, "cgroup", mount.destination, "cgroup2", mount.flags, "");
    return;
  }
  make_mount(script, "cgroup", mount.destination, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
             "mode=755");
  for (const auto& [hierarchy, tree] : trees.cgroups) {
    const std::string path = mount.destination + "/" + hierarchy;
    script.call(SYS_mkdirat, {AT_FDCWD, script.text(path), 0755});
    put_tree(script, tree, path);
  }
}

void mount_all(ScriptBuilder& script, const FloorScene& scene, const HostTrees& trees) {
  std::size_t bind = 0;
  bool has_dev = false;
  for (const Json& json : scene.config.value("mounts", Json::array())) {
    const ReadMount mount = read_mount(json);
    if (mount.bind) {
      put_tree(script, trees.binds[bind++], mount.destination);
      continue;
    }
    if (mount.type == "cgroup") {
      show_cgroups(script, mount, trees);
      continue;
    }
    if (has_dev && mount.destination.starts_with("/dev/")) {
      script.try_call(SYS_mkdirat, {AT_FDCWD, script.text(mount.destination), 0755});
    }
    make_mount(script, mount.source, mount.destination, mount.type, mount.flags, mount.data);
    if (mount.destination == "/dev") {
      has_dev = true;
      // A bind to /dev/shm may come before or after: its folder is here then.
      script.call(SYS_mkdirat, {AT_FDCWD, script.text("/dev/shm"), 0755});
    }
  }
  if (has_dev) {
    make_devices(script, trees);
  }
}

// Paths of /proc and /sys that this kernel has.
std::vector<std::string> present(const Json& paths) {
  std::vector<std::string> found;
  for (const Json& path : paths) {
    if (access(path.get<std::string>().c_str(), F_OK) == 0) {
      found.push_back(path);
    }
  }
  return found;
}

void protect_paths(ScriptBuilder& script, const FloorScene& scene) {
  const Json& linux = scene.config["linux"];
  constexpr unsigned long kernel_flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  for (const std::string& path : present(linux.value("readonlyPaths", Json::array()))) {
    const auto place = script.text(path);
    script.call(SYS_mount, {place, place, 0, MS_BIND | MS_REC, 0});
    script.call(SYS_mount, {0, place, 0,
                            static_cast<long>(MS_REMOUNT | MS_BIND | MS_RDONLY | kernel_flags), 0});
  }
  // One empty file system for all masked folders.
  std::string first;
  for (const std::string& path : present(linux.value("maskedPaths", Json::array()))) {
    if (!std::filesystem::is_directory(path)) {
      script.call(SYS_mount, {script.text("/dev/null"), script.text(path), 0, MS_BIND, 0});
    } else if (first.empty()) {
      make_mount(script, "tmpfs", path, "tmpfs", MS_RDONLY, "");
      first = path;
    } else {
      script.call(SYS_mount, {script.text(first), script.text(path), 0, MS_BIND, 0});
    }
  }
}

// Before /proc/sys becomes read-only.
void write_sysctls(ScriptBuilder& script, const FloorScene& scene) {
  const Json settings = scene.config["linux"].value("sysctl", Json::object());
  for (const auto& [name, value] : settings.items()) {
    std::string path = name;
    std::ranges::replace(path, '.', '/');
    script.write_file("/proc/sys/" + path, value.get<std::string>());
  }
}

}  // namespace

void build_root(ScriptBuilder& script, const FloorScene& scene) {
  const HostTrees trees = take_trees(script, scene);
  script.call(SYS_umask, {0});
  change_root(script, scene);
  mount_all(script, scene, trees);
  write_sysctls(script, scene);
  protect_paths(script, scene);
  // The old root lies on top of the new one. It goes last: the kernel allows a new proc or sysfs in
  // a user namespace only beside a visible old one.
  script.call(SYS_umount2, {script.text("."), MNT_DETACH});
  if (scene.config.at("root").value("readonly", false)) {
    script.call(SYS_mount, {0, script.text("/"), 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0});
  }
  script.call(SYS_chdir, {script.text(scene.config.at("process").value("cwd", "/"))});
  script.call(SYS_umask, {022});
}

}  // namespace plimsoll::bench
