// A container's folder below the state root, its lock and its files (docs/state-folder.md):
//
//   <root>/<id>/      mode 0711
//     intent.json     written before the first side effect: what create is about to make
//     init            a symbolic link to "PID START": finds init when state.json is lost
//     state.json      what was made (written beside, then renamed)
//     config.json     the config of create time, byte for byte
//     start.sock      init listens on it from create until start; the start command connects
//     notify/         NOTIFY_SOCKET proxy, if asked for
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace plimsoll::state {

// runtime.md#state, and "paused", which every runtime adds.
enum class Status : std::uint8_t { creating, created, running, paused, stopped };
std::string_view status_name(Status status);

// A process that can be told from a later one with the same number.
struct ProcessIdentity {
  pid_t pid = 0;                 // 0: none
  std::uint64_t start_time = 0;  // field 22 of /proc/PID/stat, clock ticks since boot
  bool operator==(const ProcessIdentity&) const = default;
};
// Reads the start time of a live process. ESRCH or ENOENT when there is none.
Result<ProcessIdentity> identify_process(pid_t pid);
// The same without the heap (docs/decisions/0012-beside-init.md): 0 or an errno.
int try_identify_process(pid_t pid, ProcessIdentity& identity);
enum class Liveness : std::uint8_t { alive, zombie, gone };
// "gone" also for another process that has taken the number.
Liveness liveness(const ProcessIdentity& process);

// Written before anything is made, so that `delete --force` can clean up after a kill at any point.
struct Intent {
  std::string id;
  std::string bundle;
  ProcessIdentity creator;                // the runtime process of create
  std::vector<std::string> cgroup_paths;  // absolute host paths of the cgroups that will be made
  std::string intel_rdt_path;             // of the group that will be made, or empty
  bool systemd_cgroup = false;            // the last of each path is a unit of systemd
  bool rootless = false;                  // of the user's own manager then
};

// The saved record of a container.
struct Record {
  std::string oci_version;
  std::string id;
  std::string bundle;   // absolute
  std::string rootfs;   // absolute
  std::string created;  // RFC 3339 with nanoseconds, UTC
  uid_t owner = 0;      // the user who ran create
  bool rootless = false;
  bool systemd_cgroup = false;
  ProcessIdentity init;
  std::vector<std::pair<std::string, std::string>> annotations;
  // Host paths of the container's cgroups by controller; "" is the v2 hierarchy.
  std::vector<std::pair<std::string, std::string>> cgroup_paths;
  bool shares_pid_namespace =
      false;                   // no pid namespace of its own: kill must reach the whole cgroup
  std::string intel_rdt_path;  // the group that create made, to be removed by delete
  bool ptrace_inside =
      false;  // the config grants CAP_SYS_PTRACE: exec must not share memory with what it starts
  bool has_poststart =
      false;  // the saved config has such hooks: the verbs need not parse it to know
  bool has_poststop = false;
  bool devices_updated =
      false;  // `update` has put other device rules in force than the saved config's
};

// What `state` prints and hooks read on stdin (runtime.md#state).
struct View {
  std::string oci_version;
  std::string id;
  Status status = Status::stopped;
  pid_t pid = 0;
  std::string bundle;
  std::string rootfs;
  std::string created;
  uid_t owner = 0;
  std::vector<std::pair<std::string, std::string>> annotations;
};
// Of the container as it was recorded; pid 0 when stopped.
View view_of(const Record& record, Status status);
// Compact JSON for hooks and seccomp listeners: no rootfs, created and owner.
std::string hook_json(const View& view);

// Letters, digits, '_', '+', '-', '.', not "." or "..", at most 255 bytes (a folder's name cannot
// be longer). "invalid container ID format" otherwise.
Result<> check_id(std::string_view id);

// The socket of a container that waits for `start`, in its folder.
inline constexpr const char* kStartSocket = "start.sock";

class ContainerDir;

// The state root: made with mode 0700 when missing (`create`), only opened otherwise. Below
// $XDG_RUNTIME_DIR it gets the sticky bit, which keeps periodic cleaning away. A root that another
// user owns or that everybody can write is refused: whoever writes there chooses whom root kills.
Result<UniqueFd> open_root(const std::string& path, bool create);

// An open container folder, flock()ed when asked. The destructor unlocks, so that a child that has
// inherited the fd does not keep the lock.
class ContainerDir {
 public:
  // Readers (state, list, ps) take none: files are replaced by rename, and a hook of `create` may
  // ask for the state.
  enum class Lock : std::uint8_t {
    none,
    exclusive,
    later,  // opened for change; the caller locks by try_lock()
  };
  // "container with given ID already exists" (ErrorKind::exists) if the folder is there.
  static Result<ContainerDir> create(BorrowedFd root, const std::string& id);
  // "container does not exist" (ErrorKind::not_found) if it is not. Waits for the lock for at most
  // 10 seconds, then ErrorKind::wrong_state.
  static Result<ContainerDir> open(BorrowedFd root, const std::string& id, Lock lock);

  ContainerDir(ContainerDir&&) noexcept = default;
  ContainerDir& operator=(ContainerDir&&) noexcept = default;
  ContainerDir(const ContainerDir&) = delete;
  ContainerDir& operator=(const ContainerDir&) = delete;
  ~ContainerDir();

  // Takes the exclusive lock if nobody has it; false when somebody does. not_found when the folder
  // has been removed meanwhile.
  Result<bool> try_lock();

  BorrowedFd fd() const { return dir_; }
  const std::string& id() const { return id_; }

  Result<> save_intent(const Intent& intent);
  // not_found when there is none.
  Result<Intent> load_intent() const;
  // Temporary file + rename. Also saves init's identity. The intent stays: it names the cgroups
  // when this file is lost.
  Result<> save(const Record& record);
  // not_found when create has not got that far; invalid when the file is damaged.
  Result<Record> load() const;
  Result<> save_config(std::string_view bytes);
  Result<std::string> load_config() const;
  // save_config() for a folder that has none, without the heap
  // (docs/decisions/0012-beside-init.md): 0 or an errno.
  int try_save_config(std::string_view bytes);
  // Likewise the compiled seccomp program, whose form is not this module's.
  int try_save_seccomp(std::string_view bytes);
  // not_found when there is none.
  Result<std::string> load_seccomp() const;
  // Init's number and start time beside the record, as early as create knows them.
  Result<> save_init(const ProcessIdentity& init);
  // The same for a folder that has none, without the heap: 0 or an errno.
  int try_save_init(const ProcessIdentity& init);
  // not_found when there is none.
  Result<ProcessIdentity> load_init() const;
  bool start_pending() const;  // start.sock is there
  // Removes the folder and what is in it.
  Result<> remove();

 private:
  ContainerDir(UniqueFd root, UniqueFd dir, std::string id)
      : root_(std::move(root)), dir_(std::move(dir)), id_(std::move(id)) {}
  UniqueFd root_;  // only of a folder opened for change
  UniqueFd dir_;
  std::string id_;
  ProcessIdentity saved_init_;  // by this object
};

// The ids of all folders below the root, sorted.
Result<std::vector<std::string>> list_ids(BorrowedFd root);

}  // namespace plimsoll::state
