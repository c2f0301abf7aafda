// The bundles that are measured.
// SPDX-License-Identifier: Apache-2.0
#include "bench/bundle/bundle.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>

#include "bench/bundle/seccomp_profile.h"
#include "bench/measure/files.h"

namespace plimsoll::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kBundles{"minimal", "podman", "userns"};
constexpr std::array<std::string_view, 2> kPayloads{"busybox", "minimal"};
// The host's ids of the user namespace.
constexpr unsigned kFirstHostId = 100'000;
constexpr unsigned kIds = 65'536;

using Words = std::initializer_list<std::string_view>;

Json mount(std::string_view destination, std::string_view type, std::string_view source,
           Words options) {
  return {
      {"destination", destination}, {"type", type}, {"source", source}, {"options", Json(options)}};
}

// The mounts of `runc spec`, in an order of our own.
Json kernel_mounts() {
  return Json::array(
      {mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
       mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
       mount("/dev/pts", "devpts", "devpts",
             {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
       mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
       mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
       mount("/sys/fs/cgroup", "cgroup", "cgroup",
             {"nosuid", "noexec", "nodev", "relatime", "ro"})});
}

Json namespaces(Words types) {
  Json list = Json::array();
  for (const std::string_view type : types) {
    list.push_back({{"type", type}});
  }
  return list;
}

Json capabilities(Words names) {
  Json sets;
  for (const char* set : {"bounding", "effective", "permitted"}) {
    sets[set] = Json(names);
  }
  return sets;
}

Json program(Payload payload, Work work) {
  if (payload == Payload::busybox) {
    return work == Work::end ? Json({"/bin/busybox", "true"})
                             : Json({"/bin/busybox", "sleep", "1000000"});
  }
  return work == Work::end ? Json({"/bin/payload"}) : Json({"/bin/payload", "wait"});
}

Json minimal_config(Work work, const BundleOptions& options) {
  Json mounts = kernel_mounts();
  mounts.push_back(
      mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}));
  Json config = {
      {"ociVersion", "1.0.2"},
      {"process",
       {{"user", {{"uid", 0}, {"gid", 0}}},
        {"args", program(options.payload, work)},
        {"env",
         {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"}},
        {"cwd", "/"},
        {"capabilities", capabilities({"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"})},
        {"rlimits", Json::array({{{"type", "RLIMIT_NOFILE"}, {"hard", 1024}, {"soft", 1024}}})},
        {"noNewPrivileges", true}}},
      {"root", {{"path", "rootfs"}, {"readonly", true}}},
      {"hostname", "bench"},
      {"mounts", mounts},
      {"linux",
       {{"resources", {{"devices", Json::array({{{"allow", false}, {"access", "rwm"}}})}}},
        {"namespaces", namespaces({"pid", "network", "ipc", "uts", "mount"})},
        {"maskedPaths",
         {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
          "/sys/firmware"}},
        {"readonlyPaths",
         {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}}}}};
  return config;
}

// What an engine binds into every container, and two volumes.
struct BindFile {
  const char* source;
  const char* destination;
  const char* text;  // nullptr: a folder
};
constexpr auto kBinds = std::to_array<BindFile>({
    {"shm", "/dev/shm", nullptr},
    {"resolv.conf", "/etc/resolv.conf", "nameserver 192.0.2.53\n"},
    {"hosts", "/etc/hosts", "127.0.0.1 localhost bench\n"},
    {"hostname", "/etc/hostname", "bench\n"},
    {"containerenv", "/run/.containerenv", ""},
    {"secrets", "/run/secrets", nullptr},
    {"data", "/data", nullptr},
    {"cache", "/var/cache", nullptr},
});

void add_limits(Json& resources, const std::set<std::string>& controllers) {
  if (controllers.contains("memory")) {
    resources["memory"] = {{"limit", 256 << 20}, {"swap", 512 << 20}};
  }
  if (controllers.contains("cpu")) {
    resources["cpu"] = {{"shares", 512}, {"quota", 200'000}, {"period", 100'000}};
  }
  if (controllers.contains("pids")) {
    resources["pids"] = {{"limit", 2048}};
  }
}

Json podman_config(Work work, const std::string& folder, const BundleOptions& options) {
  Json config = minimal_config(work, options);
  Json& process = config["process"];
  process["env"].push_back("container=podman");
  process["env"].push_back("HOME=/root");
  process["env"].push_back("HOSTNAME=bench");
  process["capabilities"] =
      capabilities({"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
                    "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
                    "CAP_SETUID", "CAP_SYS_CHROOT"});
  process["rlimits"].push_back({{"type", "RLIMIT_NPROC"}, {"hard", 4096}, {"soft", 4096}});
  process["oomScoreAdj"] = 0;
  process["noNewPrivileges"] = false;
  config["root"]["readonly"] = false;
  Json mounts = kernel_mounts();
  for (const BindFile& bind : kBinds) {
    mounts.push_back(mount(bind.destination, "bind", folder + "/" + bind.source,
                           {"bind", "rprivate", "nosuid", "nodev"}));
  }
  config["mounts"] = mounts;
  config["annotations"] = {{"io.container.manager", "bench"},
                           {"org.opencontainers.image.stopSignal", "15"}};
  Json& linux = config["linux"];
  linux["namespaces"] = namespaces({"pid", "network", "ipc", "uts", "mount", "cgroup"});
  linux["sysctl"] = {{"net.ipv4.ping_group_range", "0 0"}};
  linux["seccomp"] = engine_seccomp_profile();
  linux["maskedPaths"].push_back("/sys/fs/selinux");
  linux["maskedPaths"].push_back("/sys/dev/block");
  add_limits(linux["resources"], options.controllers);
  return config;
}

void map_ids(Json& config) {
  Json& linux = config["linux"];
  linux["namespaces"].push_back({{"type", "user"}});
  for (const char* mapping : {"uidMappings", "gidMappings"}) {
    linux[mapping] = Json::array({{{"containerID", 0}, {"hostID", kFirstHostId}, {"size", kIds}}});
  }
}

// The root file system: the program, and every mount point, so that no runtime has to make one.
void make_rootfs(const std::string& rootfs, Payload payload) {
  for (const char* folder :
       {"bin", "proc", "dev", "sys", "etc", "run", "tmp", "data", "var/cache", "run/secrets"}) {
    fs::create_directories(fs::path(rootfs) / folder);
  }
  for (const char* file : {"etc/resolv.conf", "etc/hosts", "etc/hostname", "run/.containerenv"}) {
    write_file(rootfs + "/" + file, "");
  }
  write_file(rootfs + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  write_file(rootfs + "/etc/group", "root:x:0:\ntty:x:5:\n");
  if (payload == Payload::minimal) {
    fs::copy_file(beside_program("plimsoll-bench-payload"), fs::path(rootfs) / "bin/payload");
    return;
  }
  try {
    fs::copy_file(find_program("busybox"), fs::path(rootfs) / "bin/busybox");
  } catch (const std::exception&) {
    throw std::runtime_error(
        "busybox is not here (Debian: busybox-static); --payload minimal needs none");
  }
}

void give_to_mapped_root(const std::string& rootfs) {
  for (const auto& entry : fs::recursive_directory_iterator(rootfs)) {
    if (lchown(entry.path().c_str(), kFirstHostId, kFirstHostId) != 0) {
      throw std::system_error(errno, std::generic_category(),
                              "chown '" + entry.path().string() + "'");
    }
  }
  if (chown(rootfs.c_str(), kFirstHostId, kFirstHostId) != 0) {
    throw std::system_error(errno, std::generic_category(), "chown '" + rootfs + "'");
  }
}

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  std::size_t i = 0;
  while (i < N && names.at(i) != name) {
    ++i;
  }
  return i;
}

}  // namespace

std::string_view payload_name(Payload payload) {
  return kPayloads.at(static_cast<std::size_t>(payload));
}

Payload payload_of(std::string_view name) {
  const std::size_t index = index_of(kPayloads, name);
  if (index == kPayloads.size()) {
    throw std::runtime_error("no payload '" + std::string(name) + "': busybox or minimal");
  }
  return static_cast<Payload>(index);
}

bool is_built_in_bundle(std::string_view name) {
  return index_of(kBundles, name) < kBundles.size();
}

Json built_in_config(std::string_view name, Work work, const std::string& folder,
                     const BundleOptions& options) {
  Json config =
      name == "minimal" ? minimal_config(work, options) : podman_config(work, folder, options);
  if (name == "userns") {
    map_ids(config);
  }
  if (options.memory_limit > 0) {
    // Swap as much as memory: none besides.
    config["linux"]["resources"]["memory"] = {{"limit", options.memory_limit},
                                              {"swap", options.memory_limit}};
  }
  return config;
}

void make_bundle(std::string_view name, Work work, const std::string& folder,
                 const BundleOptions& options) {
  const std::string rootfs = folder + "/rootfs";
  make_rootfs(rootfs, options.payload);
  for (const BindFile& bind : kBinds) {
    const std::string source = folder + "/" + bind.source;
    if (bind.text == nullptr) {
      fs::create_directories(source);
    } else {
      write_file(source, bind.text);
    }
  }
  if (name == "userns") {
    give_to_mapped_root(rootfs);
  }
  write_file(folder + "/config.json", built_in_config(name, work, folder, options).dump(2));
}

void copy_bundle(const std::string& source, const std::string& folder) {
  Json config = Json::parse(read_file(source + "/config.json"));
  const fs::path root = config.at("root").at("path").get<std::string>();
  config["root"]["path"] = fs::absolute(fs::path(source) / root);
  if (config["process"].value("terminal", false)) {
    throw std::runtime_error("'" + source + "': a bundle with a terminal cannot be measured");
  }
  fs::create_directories(folder);
  write_file(folder + "/config.json", config.dump(2));
}

}  // namespace plimsoll::bench
