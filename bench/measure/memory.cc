// Memory that a runtime needs.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/memory.h"

#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "bench/measure/container_life.h"
#include "bench/measure/files.h"
#include "bench/measure/workspace.h"

namespace plimsoll::bench {
namespace {

constexpr std::uint64_t kStepKb = 16;
constexpr std::uint64_t kHighestKb = 64 * 1024;
constexpr const char* kId = "bench0";

// The number behind "Key:" in a file of /proc.
std::uint64_t field(const std::string& path, const std::string& key) {
  std::istringstream lines(read_file_if_any(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ":")) {
      return std::stoull(line.substr(key.size() + 1));
    }
  }
  return 0;
}

class MemorySession {
 public:
  explicit MemorySession(const MemoryOptions& options)
      : options_(options), work_(options.view), launcher_(work_.path()) {
    if (!cgroup_controllers().contains("memory")) {
      throw std::runtime_error("no memory controller in this view of the cgroups");
    }
  }

  MemoryRow measure(const std::string& runtime, const std::string& bundle) {
    Subject subject = runtime_subject(runtime);
    MemoryRow row{.subject = subject.name, .bundle = bundle};
    place(subject, bundle, 0);
    read_init(subject, row);
    row.smallest_limit_kb = smallest_limit(subject, bundle);
    return row;
  }

 private:
  void place(Subject& subject, const std::string& bundle, std::uint64_t limit_kb) {
    const std::string folder = work_.folder(std::to_string(folders_++));
    subject.places = {.end_bundle = folder + "/end",
                      .wait_bundle = folder + "/wait",
                      .state_root = folder + "/state",
                      .pid_file = folder + "/pid",
                      .exec_program = {}};
    const BundleOptions options{.payload = options_.payload,
                                .controllers = cgroup_controllers(),
                                .memory_limit = limit_kb * 1024};
    make_bundle(bundle, Work::end, subject.places.end_bundle, options);
    make_bundle(bundle, Work::wait, subject.places.wait_bundle, options);
  }

  void read_init(const Subject& subject, MemoryRow& row) {
    // `create` waits for no child, so its usage is that of the runtime alone.
    row.peak_rss_kb = static_cast<std::uint64_t>(
        run_checked(subject.name, command(subject, Operation::create, kId), launcher_).max_rss_kb);
    const std::string pid = read_file(subject.places.pid_file);
    const std::string folder = "/proc/" + pid;
    row.init_rss_kb = field(folder + "/smaps_rollup", "Rss");
    row.init_dirty_kb = field(folder + "/smaps_rollup", "Private_Dirty");
    row.threads = field(folder + "/status", "Threads");
    launcher_.run(force_delete_command(subject, kId));
    launcher_.reap_ended();
  }

  bool starts(Subject& subject, const std::string& bundle, std::uint64_t limit_kb) {
    place(subject, bundle, limit_kb);
    bool all = true;
    for (unsigned i = 0; i < options_.tries && all; ++i) {
      all = launcher_.run(command(subject, Operation::run, kId)).ok();
      if (!all) {
        // What a failed start has left must not fail the next one.
        launcher_.run(force_delete_command(subject, kId));
        launcher_.reap_ended();
      }
    }
    std::filesystem::remove_all(std::filesystem::path(subject.places.end_bundle).parent_path());
    return all;
  }

  std::uint64_t smallest_limit(Subject& subject, const std::string& bundle) {
    std::uint64_t fails = 0;
    std::uint64_t works = 4 * kStepKb;
    while (!starts(subject, bundle, works)) {
      fails = works;
      works *= 2;
      if (works > kHighestKb) {
        return 0;
      }
    }
    while (works - fails > kStepKb) {
      const std::uint64_t middle = (works + fails) / 2 / kStepKb * kStepKb;
      (starts(subject, bundle, middle) ? works : fails) = middle;
    }
    return works;
  }

  const MemoryOptions& options_;
  Workspace work_;
  Launcher launcher_;
  unsigned folders_ = 0;
};

}  // namespace

std::vector<MemoryRow> measure_memory(const MemoryOptions& options) {
  MemorySession session(options);
  std::vector<MemoryRow> rows;
  for (const std::string& bundle : options.bundles) {
    for (const std::string& runtime : options.runtimes) {
      rows.push_back(session.measure(runtime, bundle));
    }
  }
  return rows;
}

}  // namespace plimsoll::bench
