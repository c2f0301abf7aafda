// Counts the figures of the budget.
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <sys/personality.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "bench/budget/budget.h"
#include "bench/bundle/bundle.h"
#include "bench/measure/container_life.h"
#include "bench/measure/files.h"
#include "bench/measure/system_calls.h"
#include "bench/measure/workspace.h"

namespace plimsoll::bench {
namespace {

// A fault or a retried call more depends on what else the machine does; the least of some runs does
// not.
constexpr unsigned kFaultRuns = 30;
constexpr unsigned kCallRuns = 3;
constexpr const char* kId = "bench0";

// Without address randomization and with the same environment on the stack, the pages that a
// program touches are the same ones each time. Inherited by the launcher and by what it starts; for
// the rest of this process.
struct FixedSurroundings {
  FixedSurroundings() {
    personality(ADDR_NO_RANDOMIZE);
    clearenv();  // NOLINT(concurrency-mt-unsafe): one thread
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);  // NOLINT(concurrency-mt-unsafe)
  }
};

class Counter {
 public:
  explicit Counter(const BudgetOptions& options)
      : options_(options), work_(CgroupView::v2), launcher_(work_.path()) {}

  Figures count() {
    Subject subject = runtime_subject(options_.runtime);
    figures_["binary size, bytes"] = static_cast<double>(std::filesystem::file_size(subject.path));
    for (const char* bundle : {"minimal", "podman", "userns"}) {
      count_bundle(subject, bundle);
    }
    count_instructions();
    return figures_;
  }

 private:
  void count_bundle(Subject& subject, const std::string& bundle) {
    const std::string folder = work_.folder(bundle);
    subject.places = {.end_bundle = folder + "/end",
                      .wait_bundle = folder + "/wait",
                      .state_root = folder + "/state",
                      .pid_file = folder + "/pid",
                      .exec_program = {"/bin/payload"}};
    const BundleOptions options{.payload = Payload::minimal, .controllers = cgroup_controllers()};
    make_bundle(bundle, Work::end, subject.places.end_bundle, options);
    make_bundle(bundle, Work::wait, subject.places.wait_bundle, options);
    count_faults(subject, bundle);
    for (const Operation operation :
         {Operation::run, Operation::create, Operation::start, Operation::state, Operation::exec,
          Operation::kill, Operation::remove}) {
      if (operation == Operation::run || bundle == "podman") {
        figures_[std::string(operation_name(operation)) + " " + bundle + ", system calls"] =
            least_calls(subject, operation);
      }
    }
  }

  double least_calls(const Subject& subject, Operation operation) {
    double least = 0;
    for (unsigned i = 0; i < kCallRuns; ++i) {
      double sum = 0;
      for (const auto& [name, count] :
           count_system_calls(subject, operation, launcher_, work_.path())) {
        // How often a wait is interrupted is the moment's.
        sum += name == "restart_syscall" ? 0 : count;
      }
      least = i == 0 ? sum : std::min(least, sum);
    }
    return least;
  }

  void count_faults(const Subject& subject, const std::string& bundle) {
    const ContainerLife life(subject, launcher_);
    std::map<Operation, double> least;
    const auto add = [&](Operation operation, const Usage& usage) {
      const auto [place, fresh] = least.try_emplace(operation, usage.minor_faults);
      place->second = std::min(place->second, usage.minor_faults);
    };
    life.run(1);  // the seccomp cache is filled
    for (unsigned i = 0; i < kFaultRuns; ++i) {
      add(Operation::run, life.run(1));
      if (bundle == "podman") {
        for (const auto& [operation, usage] : life.whole(true, true, false)) {
          add(operation, usage);
        }
      }
    }
    for (const auto& [operation, faults] : least) {
      figures_[std::string(operation_name(operation)) + " " + bundle + ", page faults"] = faults;
    }
  }

  // The difference of two runs that do the work three times and once: start-up is in both.
  void count_instructions() {
    if (options_.counted.empty()) {
      return;
    }
    run_checked("counted", {find_program(options_.counted)}, launcher_);
    std::istringstream names(launcher_.error_text());
    for (std::string name; std::getline(names, name);) {
      figures_[name + ", instructions"] = (instructions(name, 3) - instructions(name, 1)) / 2;
    }
  }

  double instructions(const std::string& name, unsigned times) {
    const Argv argv{find_program("valgrind"),
                    "--tool=callgrind",
                    "--callgrind-out-file=/dev/null",
                    options_.counted,
                    name,
                    std::to_string(times)};
    run_checked("valgrind", argv, launcher_);
    const std::string text = launcher_.error_text();
    const std::size_t place = text.find("Collected : ");
    if (place == std::string::npos) {
      throw std::runtime_error("valgrind has not counted: " + text);
    }
    return std::stod(text.substr(place + 12));
  }

  const BudgetOptions& options_;
  Workspace work_;
  FixedSurroundings fixed_;
  Launcher launcher_;
  Figures figures_;
};

}  // namespace

Figures count_figures(const BudgetOptions& options) {
  if (!have_strace()) {
    throw std::runtime_error("the budget counts system calls: strace is needed");
  }
  return Counter(options).count();
}

}  // namespace plimsoll::bench
