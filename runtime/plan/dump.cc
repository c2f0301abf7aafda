// The text form of a Plan: stable, one decision a line, in the order in which it is applied. Golden
// tests compare it, and `plimsoll plan` prints it. SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/plan/build.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::plan {

namespace {

class Lines {
 public:
  template <typename... Parts>
  void add(const Parts&... parts) {
    cat_to(text_, parts...);
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string quoted(std::string_view text) { return cat("'", text, "'"); }

std::string list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    cat_to(out, out.empty() ? "" : " ", quoted(item));
  }
  return out;
}

struct FlagName {
  std::uint64_t flag;
  std::string_view name;
};
constexpr auto kMountFlags = std::to_array<FlagName>(
    {{MS_RDONLY, "ro"},         {MS_NOSUID, "nosuid"},         {MS_NODEV, "nodev"},
     {MS_NOEXEC, "noexec"},     {MS_SYNCHRONOUS, "sync"},      {MS_REMOUNT, "remount"},
     {MS_MANDLOCK, "mand"},     {MS_DIRSYNC, "dirsync"},       {256, "nosymfollow"},
     {MS_NOATIME, "noatime"},   {MS_NODIRATIME, "nodiratime"}, {MS_BIND, "bind"},
     {MS_REC, "rec"},           {MS_SILENT, "silent"},         {MS_UNBINDABLE, "unbindable"},
     {MS_PRIVATE, "private"},   {MS_SLAVE, "slave"},           {MS_SHARED, "shared"},
     {MS_RELATIME, "relatime"}, {MS_I_VERSION, "iversion"},    {MS_STRICTATIME, "strictatime"},
     {MS_LAZYTIME, "lazytime"}});

std::string mount_flags(std::uint64_t flags) {
  std::string out;
  for (const FlagName& row : kMountFlags) {
    if ((flags & row.flag) != 0) {
      cat_to(out, out.empty() ? "" : ",", row.name);
    }
  }
  return out.empty() ? "-" : out;
}

std::string hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  do {
    out.insert(out.begin(), kDigits[value % 16]);
    value /= 16;
  } while (value != 0);
  return "0x" + out;
}

std::string maps(const std::vector<IdMapping>& mappings) {
  std::string out;
  for (const IdMapping& map : mappings) {
    cat_to(out, out.empty() ? "" : ", ", map.container_id, " ", map.host_id, " ", map.size);
  }
  return out;
}

void dump_namespaces(const Plan& plan, Lines& lines) {
  for (const spec::NamespaceInfo& info : spec::namespaces()) {
    if ((plan.namespaces.create & static_cast<std::uint64_t>(info.clone_flag)) != 0) {
      lines.add("new namespace ", info.name);
    }
  }
  for (const JoinNamespace& join : plan.namespaces.join) {
    lines.add("join namespace ", join.type, " ", quoted(join.path));
  }
  if (!plan.id_maps.uid.empty() || !plan.id_maps.gid.empty()) {
    lines.add("uid map ", maps(plan.id_maps.uid));
    lines.add("gid map ", maps(plan.id_maps.gid));
  }
  for (const TimeOffset& offset : plan.time_offsets) {
    lines.add("time offset ", offset.clock, " ", offset.secs, " s ", offset.nanosecs, " ns");
  }
}

void dump_cgroup(const Cgroup& cgroup, Lines& lines) {
  lines.add("cgroup ", cgroup.unit ? "systemd " : "", quoted(cgroup.path),
            cgroup.explicit_path ? "" : " (default)");
  if (cgroup.unit) {
    lines.add("unit ", quoted(cgroup.unit->name), " of ", cgroup.unit->user ? "user" : "system",
              " manager in ", quoted(cgroup.unit->slice));
    for (const UnitProperty& property : cgroup.unit->properties) {
      std::string line = cat("unit property ", property.name, " ", property.signature);
      for (const std::string& atom : property.atoms) {
        cat_to(line, " ", quoted(atom));
      }
      lines.add(line);
    }
  }
  for (const CgroupWrite& write : cgroup.writes) {
    lines.add("cgroup write ", write.file, " = ", quoted(write.value));
  }
  for (const DeviceRule& rule : cgroup.devices) {
    lines.add("device rule ", rule.allow ? "allow " : "deny ", rule.type, " ",
              rule.major < 0 ? std::string("*") : cat(rule.major), ":",
              rule.minor < 0 ? std::string("*") : cat(rule.minor), " ", rule.read ? "r" : "",
              rule.write ? "w" : "", rule.mknod ? "m" : "");
  }
  if (cgroup.owner) {
    lines.add("cgroup owner ", *cgroup.owner);
  }
}

void dump_mount(const Mount& mount, Lines& lines) {
  constexpr auto kKinds =
      std::to_array<std::string_view>({"filesystem", "bind", "proc", "sysfs", "cgroup"});
  std::string line =
      cat("mount ", kKinds[static_cast<std::size_t>(mount.kind)], " ", quoted(mount.source), " on ",
          quoted(mount.destination), " type ", mount.type, " flags ", mount_flags(mount.flags));
  if (!mount.data.empty()) {
    cat_to(line, " data ", quoted(mount.data));
  }
  for (const std::uint64_t propagation : mount.propagation) {
    cat_to(line, " propagation ", mount_flags(propagation));
  }
  if (mount.recursive_attributes.any()) {
    cat_to(line, " recursive set ", hex(mount.recursive_attributes.set), " clear ",
           hex(mount.recursive_attributes.clear));
  }
  if (mount.idmap) {
    cat_to(line, mount.idmap->recursive ? " ridmap" : " idmap",
           mount.idmap->uid.empty()
               ? std::string(" (the container's)")
               : cat(" uid ", maps(mount.idmap->uid), " gid ", maps(mount.idmap->gid)));
  }
  if (mount.tmpcopyup) {
    line += " tmpcopyup";
  }
  if (!mount.label.empty()) {
    cat_to(line, " label ", quoted(mount.label));
  }
  lines.add(line);
}

void dump_rootfs(const Rootfs& rootfs, Lines& lines) {
  lines.add("rootfs ", quoted(rootfs.path), rootfs.readonly ? " read-only" : "", " propagation ",
            mount_flags(rootfs.propagation), rootfs.no_pivot ? " no pivot" : "");
  for (const Mount& mount : rootfs.mounts) {
    dump_mount(mount, lines);
  }
  if (rootfs.setup_dev) {
    for (const DeviceNode& node : rootfs.devices) {
      const char type = S_ISCHR(node.type) ? 'c' : S_ISBLK(node.type) ? 'b' : 'p';
      lines.add("device ", quoted(node.path), " ", type, " ", node.major, ":", node.minor, " mode ",
                octal(node.mode), " owner ", node.uid, ":", node.gid);
    }
  }
}

void dump_hooks(const Hooks& hooks, Lines& lines) {
  const auto dump = [&lines](std::string_view kind, const std::vector<Hook>& list_of) {
    for (const Hook& hook : list_of) {
      lines.add("hook ", kind, " ", quoted(hook.path),
                hook.timeout ? cat(" timeout ", *hook.timeout, " s") : "");
    }
  };
  dump("prestart", hooks.prestart);
  dump("createRuntime", hooks.create_runtime);
  dump("createContainer", hooks.create_container);
  dump("startContainer", hooks.start_container);
  dump("poststart", hooks.poststart);
  dump("poststop", hooks.poststop);
}

void dump_process(const Process& process, Lines& lines) {
  for (const Rlimit& limit : process.rlimits) {
    lines.add("rlimit ", limit.name, " soft ", limit.soft, " hard ", limit.hard);
  }
  if (process.oom_score_adj) {
    lines.add("oom score adj ", *process.oom_score_adj);
  }
  if (process.scheduler) {
    lines.add("scheduler policy ", process.scheduler->policy, " nice ", process.scheduler->nice,
              " priority ", process.scheduler->priority, " flags ", hex(process.scheduler->flags));
  }
  if (process.io_priority) {
    lines.add("io priority ", hex(static_cast<std::uint64_t>(*process.io_priority)));
  }
  if (process.personality) {
    lines.add("personality ", hex(*process.personality));
  }
  if (process.memory_policy) {
    lines.add("memory policy ", hex(static_cast<std::uint64_t>(process.memory_policy->mode)));
  }
  if (!process.apparmor_profile.empty()) {
    lines.add("apparmor profile ", quoted(process.apparmor_profile));
  }
  if (!process.selinux_label.empty()) {
    lines.add("selinux label ", quoted(process.selinux_label));
  }
  lines.add("no new privileges ", process.no_new_privileges ? "yes" : "no");
  if (process.capabilities) {
    lines.add("capabilities bounding ", hex(process.capabilities->bounding), " effective ",
              hex(process.capabilities->effective), " permitted ",
              hex(process.capabilities->permitted), " inheritable ",
              hex(process.capabilities->inheritable), " ambient ",
              hex(process.capabilities->ambient));
  }
  std::string groups;
  for (const gid_t gid : process.groups) {
    cat_to(groups, " ", gid);
  }
  lines.add("user ", process.uid, " group ", process.gid, groups.empty() ? "" : " groups", groups,
            " umask ", octal(process.umask));
  lines.add("cwd ", quoted(process.cwd));
  if (process.terminal) {
    lines.add("terminal ", process.console_width, "x", process.console_height);
  }
  if (process.seccomp) {
    lines.add("seccomp default ", process.seccomp->default_action, " rules ",
              process.seccomp->syscalls.size());
  }
  for (const std::string& entry : process.env) {
    lines.add("env ", quoted(entry));
  }
  lines.add("exec ", list(process.args));
}

}  // namespace

std::string dump(const Plan& plan) {
  Lines lines;
  lines.add("container ", quoted(plan.id), " bundle ", quoted(plan.bundle), " oci ",
            plan.oci_version, plan.rootless ? " rootless" : "");
  for (const std::string& warning : plan.warnings) {
    lines.add("warning ", warning);
  }
  dump_cgroup(plan.cgroup, lines);
  dump_namespaces(plan, lines);
  for (const NetDevice& device : plan.net_devices) {
    lines.add("network device ", quoted(device.host_name),
              device.name ? cat(" as ", quoted(*device.name)) : "");
  }
  if (plan.intel_rdt) {
    lines.add("intel rdt ", quoted(plan.intel_rdt->clos_id.value_or("")));
  }
  lines.add("session keyring ", plan.new_keyring ? "new" : "inherited");
  if (!plan.hostname.empty()) {
    lines.add("hostname ", quoted(plan.hostname));
  }
  if (!plan.domainname.empty()) {
    lines.add("domainname ", quoted(plan.domainname));
  }
  dump_rootfs(plan.rootfs, lines);
  dump_hooks(plan.hooks, lines);
  for (const Sysctl& sysctl : plan.sysctls) {
    lines.add("sysctl ", sysctl.path, " = ", quoted(sysctl.value));
  }
  for (const std::string& path : plan.rootfs.readonly_paths) {
    lines.add("read-only path ", quoted(path));
  }
  for (const std::string& path : plan.rootfs.masked_paths) {
    lines.add("masked path ", quoted(path));
  }
  if (plan.process) {
    dump_process(*plan.process, lines);
  }
  return lines.take();
}

}  // namespace plimsoll::plan
