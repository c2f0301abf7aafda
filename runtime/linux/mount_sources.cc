// What only the host's side can open for the mounts: sources that a user namespace cannot reach,
// and the user namespaces that hold the id mappings of idmapped mounts. Runs in the parent, before
// the clone. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/linux/rootfs_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::linux {

namespace {

const plan::JoinNamespace* joined_user_namespace(const plan::Plan& plan) {
  const auto found =
      std::ranges::find(plan.namespaces.join, CLONE_NEWUSER, &plan::JoinNamespace::clone_flag);
  return found == plan.namespaces.join.end() ? nullptr : &*found;
}

// Lives only to hold a user namespace until its fd is open. It shares our memory and does nothing
// with it.
int wait_to_be_killed(void*) {
  (void)sys::process_control(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    (void)sys::raw(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
  }
}

Result<UniqueFd> open_mapped_namespace(const sys::Process& holder, const plan::IdMaps& maps) {
  TRY(write_id_maps(holder.pid, maps, /*rootless=*/false));
  return sys::open_at(sys::cwd(), cat("/proc/", holder.pid, "/ns/user").c_str(), O_RDONLY);
}

Result<UniqueFd> create_user_namespace(const plan::IdMaps& maps) {
  const sys::ChildStack stack = TRY(sys::ChildStack::create(std::size_t{16} * 1024));
  const sys::Process holder =
      TRY(sys::spawn_shared(CLONE_NEWUSER, -1, stack, wait_to_be_killed, nullptr));
  auto opened = open_mapped_namespace(holder, maps);
  TRY(sys::pidfd_send_signal(holder.pidfd, SIGKILL));
  (void)TRY(sys::wait_for(holder.pidfd));
  return opened;
}

// config.md#mounts: mappings of the mount itself, else the container's own, else an error.
Result<UniqueFd> open_idmap_namespace(const plan::Plan& plan, const plan::IdmappedMount& idmap) {
  if (!idmap.uid.empty() || !idmap.gid.empty()) {
    return create_user_namespace({.uid = idmap.uid, .gid = idmap.gid});
  }
  if (const plan::JoinNamespace* joined = joined_user_namespace(plan); joined != nullptr) {
    return sys::open_at(sys::cwd(), joined->path.c_str(), O_RDONLY);
  }
  if (!plan.id_maps.uid.empty() && !plan.id_maps.gid.empty()) {
    return create_user_namespace(plan.id_maps);
  }
  return fail(
      Error::invalid("an idmapped mount needs mappings, its own or those of a user namespace"));
}

// A clone made here is a peer of the host's mount; what init gets must behave as the mounts of its
// own namespace do.
std::uint64_t initial_propagation(const plan::Plan& plan, bool user_namespace) {
  if (user_namespace || (plan.rootfs.propagation & MS_SLAVE) != 0) {
    return MS_SLAVE;
  }
  return (plan.rootfs.propagation & MS_SHARED) != 0 ? 0 : MS_PRIVATE;
}

class SourceOpener {
 public:
  explicit SourceOpener(const plan::Plan& plan)
      : plan_(plan),
        user_namespace_((plan.namespaces.create & CLONE_NEWUSER) != 0 ||
                        joined_user_namespace(plan) != nullptr) {}

  bool needed() const {
    return std::ranges::any_of(plan_.rootfs.mounts, [this](const plan::Mount& mount) {
      return mount.idmap.has_value() || wants_tree(mount);
    });
  }

  Result<> open(const plan::Mount& mount, UniqueFd& tree, UniqueFd& idmap_namespace) const {
    if (mount.idmap) {
      idmap_namespace = TRY(open_idmap_namespace(plan_, *mount.idmap));
    }
    if (!wants_tree(mount)) {
      return {};
    }
    const bool recursive = (mount.flags & MS_REC) != 0;
    auto opened =
        sys::open_tree(sys::cwd(), mount.source.c_str(),
                       OPEN_TREE_CLONE | (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0U));
    if (!opened) {
      // Init tries by itself, and its error is the one to report; an idmapped mount it cannot make.
      return mount.idmap ? fail(std::move(opened).error()) : Result<>{};
    }
    tree = *std::move(opened);
    if (const std::uint64_t propagation = initial_propagation(plan_, user_namespace_);
        propagation != 0) {
      TRY(sys::mount_setattr(tree, {.propagation = propagation}, /*recursive=*/true));
    }
    return mount.idmap ? rootfs::set_idmap(tree, idmap_namespace, mount.idmap->recursive)
                       : Result<>{};
  }

 private:
  bool wants_tree(const plan::Mount& mount) const {
    return mount.kind == plan::MountKind::bind && (mount.flags & MS_REMOUNT) == 0 &&
           (user_namespace_ || (mount.idmap.has_value() && !is_in_root(mount.source)));
  }

  // The mounts before it may have made such a source, or may be in it: init alone can see them. In
  // a user namespace it may not map their ids.
  bool is_in_root(std::string_view source) const {
    return source.starts_with(cat(plan_.rootfs.path, "/"));
  }

  const plan::Plan& plan_;
  bool user_namespace_;
};

}  // namespace

Result<> rootfs::set_idmap(BorrowedFd tree, BorrowedFd user_namespace, bool recursive) {
  auto set = sys::mount_setattr(
      tree, {.set = MOUNT_ATTR_IDMAP, .user_namespace = user_namespace.get()}, recursive);
  if (!set && set.error().err() == EINVAL) {
    return fail(std::move(set).error().wrap("this file system may not support idmapped mounts"));
  }
  return set;
}

Result<MountSources> open_mount_sources(const plan::Plan& plan) {
  MountSources sources;
  const SourceOpener opener(plan);
  if (!opener.needed()) {
    return sources;
  }
  const std::vector<plan::Mount>& mounts = plan.rootfs.mounts;
  sources.trees.resize(mounts.size());
  sources.idmap_namespaces.resize(mounts.size());
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    TRY_DOING(cat("mount source '", mounts[i].source, "'"),
              opener.open(mounts[i], sources.trees[i], sources.idmap_namespaces[i]));
  }
  return sources;
}

}  // namespace plimsoll::linux
