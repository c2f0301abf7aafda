// One row a command, one row an option. SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/command_table.h"

#include <array>

namespace plimsoll::cli {
namespace {

using enum ArgumentKind;

constexpr Option kBundle{.name = "bundle",
                         .letter = 'b',
                         .kind = text,
                         .argument = "DIR",
                         .help = "the bundle's folder (default: the current folder)"};
constexpr Option kConsoleSocket{
    .name = "console-socket",
    .kind = text,
    .argument = "SOCKET",
    .help = "unix socket that is sent the master side of the process's terminal"};
constexpr Option kPidfdSocket{.name = "pidfd-socket",
                              .kind = text,
                              .argument = "SOCKET",
                              .help = "unix socket that is sent a pidfd of the process"};
constexpr Option kPidFile{.name = "pid-file",
                          .kind = text,
                          .argument = "FILE",
                          .help = "write the process's id, as the host sees it, to FILE"};
constexpr Option kNoPivot{.name = "no-pivot",
                          .help =
                              "move the root filesystem over '/' and chroot instead of "
                              "pivot_root, for hosts that run from a ramdisk"};
constexpr Option kNoNewKeyring{.name = "no-new-keyring",
                               .help = "keep the caller's session keyring"};
constexpr Option kPreserveFds{
    .name = "preserve-fds",
    .kind = integer,
    .argument = "N",
    .help = "hand N more descriptors to the process, after stdio and $LISTEN_FDS (default: 0)"};
constexpr Option kDetach{
    .name = "detach", .letter = 'd', .help = "return as soon as the process runs"};
constexpr Option kNoSubreaper{.name = "no-subreaper",
                              .help = "do not become the reaper of orphaned container processes"};
constexpr Option kFormat{.name = "format",
                         .letter = 'f',
                         .kind = text,
                         .argument = "FORMAT",
                         .help = "'table' or 'json' (default: table)"};

constexpr auto kGlobal = std::to_array<Option>({
    {.name = "debug", .help = "log every step"},
    {.name = "log", .kind = text, .argument = "FILE", .help = "append the log to FILE"},
    {.name = "log-format",
     .kind = text,
     .argument = "FORMAT",
     .help = "'text' or 'json' (default: text)"},
    {.name = "root",
     .kind = text,
     .argument = "DIR",
     .help = "keep the containers' state in DIR, on a tmpfs (default: /run/plimsoll, or "
             "$XDG_RUNTIME_DIR/plimsoll without privileges)"},
    {.name = "criu", .kind = text, .argument = "PATH", .hidden = true, .help = "ignored"},
    {.name = "systemd-cgroup",
     .help = "let systemd make the cgroups; cgroupsPath is then SLICE:PREFIX:NAME"},
    {.name = "rootless",
     .kind = text,
     .argument = "BOOL",
     .help = "go on without cgroup permissions: true, false or auto (default: auto)"},
    {.name = "version", .letter = 'v', .help = "print the version"},
});

constexpr auto kCreate = std::to_array<Option>(
    {kBundle, kConsoleSocket, kPidfdSocket, kPidFile, kNoPivot, kNoNewKeyring, kPreserveFds});

constexpr auto kRun = std::to_array<Option>({
    kBundle,
    kConsoleSocket,
    kPidfdSocket,
    kDetach,
    {.name = "keep", .help = "do not delete the container when its process has ended"},
    kPidFile,
    kNoSubreaper,
    kNoPivot,
    kNoNewKeyring,
    kPreserveFds,
});

constexpr auto kPlan = std::to_array<Option>({kBundle, kNoPivot, kNoNewKeyring, kPreserveFds});

constexpr auto kExec = std::to_array<Option>({
    kConsoleSocket,
    kPidfdSocket,
    {.name = "cwd", .kind = text, .argument = "DIR", .help = "working folder of the process"},
    {.name = "env",
     .letter = 'e',
     .kind = text,
     .argument = "NAME=VALUE",
     .repeatable = true,
     .help = "add to the environment"},
    {.name = "tty", .letter = 't', .help = "give the process a terminal"},
    {.name = "user",
     .letter = 'u',
     .kind = text,
     .argument = "UID[:GID]",
     .help = "numeric ids to run as"},
    {.name = "additional-gids",
     .letter = 'g',
     .kind = integer,
     .argument = "GID",
     .repeatable = true,
     .help = "add a supplementary group"},
    {.name = "process",
     .letter = 'p',
     .kind = text,
     .argument = "FILE",
     .help = "take the whole process object from FILE, in JSON"},
    kDetach,
    kPidFile,
    {.name = "process-label", .kind = text, .argument = "LABEL", .help = "SELinux label"},
    {.name = "apparmor", .kind = text, .argument = "PROFILE", .help = "AppArmor profile"},
    {.name = "no-new-privs", .help = "the process cannot gain privileges by execve"},
    {.name = "cap",
     .letter = 'c',
     .kind = text,
     .argument = "CAP",
     .repeatable = true,
     .help = "add a capability"},
    kPreserveFds,
    {.name = "cgroup",
     .kind = text,
     .argument = "[CONTROLLERS:]PATH",
     .repeatable = true,
     .help = "run in an existing cgroup below the container's"},
    {.name = "ignore-paused", .help = "also in a paused container, where it waits for resume"},
});

constexpr auto kKill = std::to_array<Option>({
    {.name = "all",
     .letter = 'a',
     .hidden = true,
     .help = "obsolete: a container that is not running is no error"},
});

constexpr auto kDelete = std::to_array<Option>({
    {.name = "force",
     .letter = 'f',
     .help = "kill the container first; one that does not exist is no error"},
});

constexpr auto kList = std::to_array<Option>({
    kFormat,
    {.name = "quiet", .letter = 'q', .help = "print ids only"},
});

constexpr auto kFeatures = std::to_array<Option>({
    {.name = "host", .help = "also print what this host's kernel and programs give"},
});

constexpr auto kPs = std::to_array<Option>({kFormat});

constexpr auto kSpec = std::to_array<Option>({
    {.name = "bundle",
     .letter = 'b',
     .kind = text,
     .argument = "DIR",
     .help = "write to DIR (default: the current folder)"},
    {.name = "rootless", .help = "for a container of an unprivileged user"},
});

constexpr auto kEvents = std::to_array<Option>({
    {.name = "interval",
     .kind = text,
     .argument = "DURATION",
     .help = "time between statistics, such as 500ms or 1m30s (default: 5s)"},
    {.name = "stats", .help = "print the statistics once and exit"},
});

constexpr auto kUpdate = std::to_array<Option>({
    {.name = "resources",
     .letter = 'r',
     .kind = text,
     .argument = "FILE",
     .help = "take linux.resources in JSON from FILE, or from stdin for '-'; the other options "
             "are then ignored"},
    {.name = "blkio-weight", .kind = integer, .argument = "N", .help = "I/O weight, 10 to 1000"},
    {.name = "cpu-period", .kind = text, .argument = "US", .help = "CFS period in microseconds"},
    {.name = "cpu-quota",
     .kind = text,
     .argument = "US",
     .help = "CFS quota in microseconds; -1 is unlimited"},
    {.name = "cpu-burst", .kind = text, .argument = "US", .help = "CFS burst in microseconds"},
    {.name = "cpu-share", .kind = text, .argument = "N", .help = "relative CPU weight"},
    {.name = "cpu-rt-period",
     .kind = text,
     .argument = "US",
     .help = "realtime period in microseconds"},
    {.name = "cpu-rt-runtime",
     .kind = text,
     .argument = "US",
     .help = "realtime runtime in microseconds"},
    {.name = "cpuset-cpus", .kind = text, .argument = "LIST", .help = "CPUs, such as 0-3,7"},
    {.name = "cpuset-mems", .kind = text, .argument = "LIST", .help = "memory nodes"},
    {.name = "kernel-memory", .kind = text, .argument = "SIZE", .hidden = true, .help = "ignored"},
    {.name = "kernel-memory-tcp",
     .kind = text,
     .argument = "SIZE",
     .hidden = true,
     .help = "ignored"},
    {.name = "memory",
     .kind = text,
     .argument = "SIZE",
     .help = "memory limit in bytes or with a unit, such as 64M; -1 is unlimited"},
    {.name = "cpu-idle", .kind = text, .argument = "N", .help = "1: run only when CPUs are idle"},
    {.name = "memory-reservation", .kind = text, .argument = "SIZE", .help = "soft memory limit"},
    {.name = "memory-swap",
     .kind = text,
     .argument = "SIZE",
     .help = "limit of memory and swap together; -1 is unlimited"},
    {.name = "pids-limit", .kind = integer, .argument = "N", .help = "greatest number of tasks"},
    {.name = "l3-cache-schema", .kind = text, .argument = "SCHEMA", .help = "Intel RDT L3 schema"},
    {.name = "mem-bw-schema",
     .kind = text,
     .argument = "SCHEMA",
     .help = "Intel RDT memory bandwidth schema"},
});

constexpr Option kTcpEstablished{.name = "tcp-established", .help = "allow open TCP connections"};
constexpr Option kExtUnixSockets{.name = "ext-unix-sk",
                                 .help = "allow unix sockets that lead outside"};
constexpr Option kShellJob{.name = "shell-job", .help = "allow a terminal of the caller's"};
constexpr Option kFileLocks{.name = "file-locks", .help = "allow file locks"};
constexpr Option kManageCgroups{.name = "manage-cgroups-mode",
                                .kind = text,
                                .argument = "MODE",
                                .help = "soft, full, strict or ignore (default: soft)"};
constexpr Option kEmptyNamespace{.name = "empty-ns",
                                 .kind = text,
                                 .argument = "TYPE",
                                 .repeatable = true,
                                 .help = "make the namespace, leave its content out"};
constexpr Option kAutoDedup{.name = "auto-dedup", .help = "share pages with earlier images"};
constexpr Option kLazyPages{.name = "lazy-pages", .help = "restore memory on demand"};
constexpr Option kWorkPath{
    .name = "work-path", .kind = text, .argument = "DIR", .help = "CRIU's working files and logs"};

constexpr auto kCheckpoint = std::to_array<Option>({
    {.name = "image-path",
     .kind = text,
     .argument = "DIR",
     .help = "where the image goes (default: ./checkpoint)"},
    kWorkPath,
    {.name = "parent-path",
     .kind = text,
     .argument = "DIR",
     .help = "image of an earlier pre-dump, relative to the image path"},
    {.name = "leave-running", .help = "the container goes on"},
    kTcpEstablished,
    {.name = "tcp-skip-in-flight", .help = "leave TCP connections out that are being made"},
    {.name = "link-remap", .help = "link deleted files that are in use back for the image"},
    kExtUnixSockets,
    kShellJob,
    kLazyPages,
    {.name = "status-fd",
     .kind = integer,
     .argument = "FD",
     .help = "CRIU writes a NUL to FD when lazy pages can be asked for"},
    {.name = "page-server",
     .kind = text,
     .argument = "ADDRESS:PORT",
     .help = "send memory to a page server"},
    kFileLocks,
    {.name = "pre-dump", .help = "memory only; the container goes on"},
    kManageCgroups,
    kEmptyNamespace,
    kAutoDedup,
});

constexpr auto kRestore = std::to_array<Option>({
    kConsoleSocket,
    {.name = "image-path",
     .kind = text,
     .argument = "DIR",
     .help = "where the image is (default: ./checkpoint)"},
    kWorkPath,
    kTcpEstablished,
    kExtUnixSockets,
    kShellJob,
    kFileLocks,
    kManageCgroups,
    kBundle,
    kDetach,
    kPidFile,
    kNoSubreaper,
    kNoPivot,
    kEmptyNamespace,
    kAutoDedup,
    kLazyPages,
    {.name = "lsm-profile",
     .kind = text,
     .argument = "TYPE:NAME",
     .help = "LSM profile of the restored processes"},
    {.name = "lsm-mount-context",
     .kind = text,
     .argument = "CONTEXT",
     .help = "LSM context of the restored mounts"},
});

constexpr const char* kId = "<container-id>";
constexpr const char* kBundleText =
    "A bundle is a folder with config.json, which says what to run and how, and the root\n"
    "filesystem it names. 'plimsoll spec' writes a config.json to start from; 'plimsoll plan'\n"
    "shows step by step what create would do. The id must be unique below the state root.";

constexpr auto kCommands = std::to_array<Command>({
    {.verb = Verb::checkpoint,
     .name = "checkpoint",
     .summary = "save a running container to disk",
     .operands = kId,
     .options = kCheckpoint,
     .min_operands = 1,
     .max_operands = 1},
    {.verb = Verb::completion,
     .name = "completion",
     .summary = "print the completion script for bash",
     .operands = "[bash]",
     .description = "Add to ~/.bashrc:\n\n    source <(plimsoll completion)",
     .max_operands = 1,
     .output_is_data = true},
    {.verb = Verb::create,
     .name = "create",
     .summary = "create a container",
     .operands = kId,
     .description = kBundleText,
     .options = kCreate,
     .min_operands = 1,
     .max_operands = 1,
     .asks_rootless = true,
     .creates = true,
     .failure = "create failed"},
    {.verb = Verb::remove,
     .name = "delete",
     .summary = "delete a container that is not running, and all that was made for it",
     .operands = kId,
     .options = kDelete,
     .min_operands = 1,
     .max_operands = 1},
    {.verb = Verb::events,
     .name = "events",
     .summary = "print statistics and out-of-memory events, one JSON object a line",
     .operands = kId,
     .options = kEvents,
     .min_operands = 1,
     .max_operands = 1,
     .output_is_data = true},
    {.verb = Verb::exec,
     .name = "exec",
     .summary = "run one more process in a container",
     .operands = "<container-id> <command> [argument...] | -p FILE <container-id>",
     .description = "Options after the container id belong to the command.\n\n"
                    "    plimsoll exec -t box1 sh",
     .options = kExec,
     .min_operands = 1,
     .max_operands = kNoLimit,
     .stops_at_operand = true,
     .asks_rootless = true,
     .failure = "exec failed",
     .failure_status = 255},
    {.verb = Verb::features,
     .name = "features",
     .summary = "print what this program can do, in JSON",
     .description = "The format is features.md of the OCI runtime specification.",
     .options = kFeatures,
     .output_is_data = true},
    {.verb = Verb::help,
     .name = "help",
     .summary = "show the commands, or the help of one",
     .operands = "[command]",
     .max_operands = 1},
    {.verb = Verb::kill,
     .name = "kill",
     .summary = "send a signal to a container's init process",
     .operands = "<container-id> [signal]",
     .description = "The signal is a name or a number: KILL, SIGTERM, RTMIN+3, 9 (default: "
                    "SIGTERM).\n\n    plimsoll kill box1 KILL",
     .options = kKill,
     .min_operands = 1,
     .max_operands = 2,
     .stops_at_operand = true},
    {.verb = Verb::list,
     .name = "list",
     .summary = "list the containers below the state root",
     .options = kList,
     .output_is_data = true},
    {.verb = Verb::pause,
     .name = "pause",
     .summary = "freeze all processes of a container",
     .operands = kId,
     .min_operands = 1,
     .max_operands = 1},
    {.verb = Verb::plan,
     .name = "plan",
     .summary = "print what create would do, step by step, without doing it",
     .operands = "[container-id]",
     .options = kPlan,
     .max_operands = 1,
     .output_is_data = true,
     .asks_rootless = true,
     .failure = "plan failed"},
    {.verb = Verb::ps,
     .name = "ps",
     .summary = "list the processes of a container",
     .operands = "<container-id> [ps option...]",
     .description = "Runs the host's ps (default options: -ef) and keeps the container's lines.",
     .options = kPs,
     .min_operands = 1,
     .max_operands = kNoLimit,
     .stops_at_operand = true,
     .output_is_data = true},
    {.verb = Verb::restore,
     .name = "restore",
     .summary = "start a container from a checkpoint",
     .operands = kId,
     .options = kRestore,
     .min_operands = 1,
     .max_operands = 1,
     .asks_rootless = true,
     .creates = true},
    {.verb = Verb::resume,
     .name = "resume",
     .summary = "let the processes of a paused container go on",
     .operands = kId,
     .min_operands = 1,
     .max_operands = 1},
    {.verb = Verb::run,
     .name = "run",
     .summary = "create and start a container, and wait for its end",
     .operands = kId,
     .description = kBundleText,
     .options = kRun,
     .min_operands = 1,
     .max_operands = 1,
     .asks_rootless = true,
     .creates = true,
     .failure = "run failed"},
    {.verb = Verb::spec,
     .name = "spec",
     .summary = "write a config.json to start from",
     .description = "The container runs 'sh' in ./rootfs. For example:\n\n"
                    "    mkdir -p box/rootfs && tar -xf rootfs.tar -C box/rootfs\n"
                    "    plimsoll spec -b box && plimsoll run -b box box1",
     .options = kSpec},
    {.verb = Verb::start,
     .name = "start",
     .summary = "run the program of a created container",
     .operands = kId,
     .min_operands = 1,
     .max_operands = 1},
    {.verb = Verb::state,
     .name = "state",
     .summary = "print the state of a container, in JSON",
     .operands = kId,
     .min_operands = 1,
     .max_operands = 1,
     .output_is_data = true},
    {.verb = Verb::update,
     .name = "update",
     .summary = "change the resource limits of a container",
     .operands = kId,
     .options = kUpdate,
     .min_operands = 1,
     .max_operands = 1},
    {.verb = Verb::version,
     .name = "version",
     .summary = "print the version",
     .output_is_data = true},
    {.verb = Verb::wait,
     .name = "wait",
     .summary = "wait for the end of a container and exit with its status",
     .operands = kId,
     .min_operands = 1,
     .max_operands = 1},
});

constexpr Command kGlobalOptions{.verb = Verb::help,
                                 .name = "",
                                 .summary = "Open Container Initiative runtime",
                                 .options = kGlobal,
                                 .max_operands = kNoLimit,
                                 .stops_at_operand = true};

constexpr bool rows_match_verbs() {
  for (std::size_t i = 0; i < kCommands.size(); ++i) {
    if (static_cast<std::size_t>(kCommands[i].verb) != i) {
      return false;
    }
  }
  return true;
}
static_assert(rows_match_verbs(), "row i is verb i");

constexpr bool options_fit() {
  for (const Command& command : kCommands) {
    if (command.options.size() > kMaxOptions) {
      return false;
    }
  }
  return kGlobal.size() <= kMaxOptions;
}
static_assert(options_fit());

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (name == command.name) {
      return &command;
    }
  }
  return nullptr;
}

const Command& global_options() { return kGlobalOptions; }

}  // namespace plimsoll::cli
