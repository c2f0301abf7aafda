// The commands' work, one function each; cli/ fills the options from the command line and prints
// the results. Every function returns a Result; none prints, none exits. SPDX-License-Identifier:
// Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/state/state.h"

namespace plimsoll::container {

// The global options, resolved.
struct Globals {
  std::string root;  // the state root, absolute
  bool systemd_cgroup = false;
  bool rootless = false;
  bool initial_user_namespace = false;  // this process is known to be in it
  // The arguments of main, to start again from a copy of the program. Null: this process is not the
  // runtime, and nothing protects its program.
  char** argv = nullptr;
  char** envp = nullptr;
};

struct CreateOptions {
  std::string id;
  std::string bundle = ".";
  std::string console_socket;
  std::string pidfd_socket;
  std::string pid_file;
  bool no_pivot = false;
  bool no_new_keyring = false;
  int preserve_fds = 0;
  int listen_fds = 0;         // LISTEN_FDS, when LISTEN_PID names this process
  std::string notify_socket;  // NOTIFY_SOCKET
  // run only
  bool detach = false;
  bool keep = false;
  bool no_subreaper = false;
};

Result<> create(const Globals& globals, const CreateOptions& options);
// `notify_socket`: the caller's NOTIFY_SOCKET, or empty.
Result<> start(const Globals& globals, const std::string& id,
               const std::string& notify_socket = {});
// create + start; in the foreground (not detach) waits and returns the container's status as a
// shell would report it.
Result<int> run(const Globals& globals, const CreateOptions& options);

// checkpoint's and restore's options to CRIU; each command uses those that it has.
struct CriuOptions {
  std::string id;
  std::string image_path;   // empty: ./checkpoint
  std::string work_path;    // CRIU's logs and temporary files; empty: the image path
  std::string parent_path;  // relative to the image path
  bool leave_running = false;
  bool pre_dump = false;
  bool tcp_established = false;
  bool tcp_skip_in_flight = false;
  bool link_remap = false;
  bool ext_unix_sk = false;
  bool shell_job = false;
  bool lazy_pages = false;
  bool file_locks = false;
  bool auto_dedup = false;
  int status_number = -1;   // of the descriptor that --status-fd names
  std::string page_server;  // "ADDRESS:PORT"
  std::string manage_cgroups_mode;
  std::vector<std::string> empty_namespaces;
  std::string lsm_profile;
  std::string lsm_mount_context;
};
// Deletes the container afterwards, unless it is left running.
Result<> checkpoint(const Globals& globals, const CriuOptions& options);
// In the foreground the result is the container's status, as for run.
Result<int> restore(const Globals& globals, const CreateOptions& create_options,
                    const CriuOptions& criu_options);

struct ExecOptions {
  std::string id;
  std::string
      process_file;  // --process: then args and the flags below but detach and files are not used
  std::vector<std::string> args;
  std::string console_socket;
  std::string pidfd_socket;
  std::string pid_file;
  std::string cwd;
  std::vector<std::string> env;
  bool tty = false;
  std::string user;  // "UID[:GID]", or empty
  std::vector<std::uint32_t> additional_gids;
  bool detach = false;
  std::string process_label;
  std::string apparmor;
  bool no_new_privs = false;
  std::vector<std::string> capabilities;
  std::vector<std::string> cgroups;  // "[ctrl[,ctrl…]:]PATH"
  int preserve_fds = 0;
  bool ignore_paused = false;
};
// The command's status as a shell would report it; 0 when detached.
Result<int> exec(const Globals& globals, const ExecOptions& options);

// The state as `state` and hooks show it.
Result<state::View> state_of(const Globals& globals, const std::string& id);

struct KillOptions {
  std::string id;
  int signal = 15;
  bool all = false;
};
Result<> kill(const Globals& globals, const KillOptions& options);

struct DeleteOptions {
  std::string id;
  bool force = false;
};
Result<> remove(const Globals& globals, const DeleteOptions& options);

struct ListEntry {
  state::View view;
  std::string owner;
  std::string problem;  // why the entry could not be read; view holds only the id then
};
Result<std::vector<ListEntry>> list(const Globals& globals);

// The pids of every process in the container's cgroup, as this pid namespace sees them.
Result<std::vector<pid_t>> processes(const Globals& globals, const std::string& id);
Result<> pause(const Globals& globals, const std::string& id);
Result<> resume(const Globals& globals, const std::string& id);

// Waits for the end of a container's init and returns its status as far as the kernel tells.
Result<int> wait(const Globals& globals, const std::string& id);

// The text of the Plan that create would carry out.
Result<std::string> plan_text(const Globals& globals, const CreateOptions& options);

}  // namespace plimsoll::container
