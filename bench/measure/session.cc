// Paired rounds of all subjects.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/session.h"

#include <time.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <stdexcept>

#include "bench/floor/compile.h"
#include "bench/measure/container_life.h"
#include "bench/measure/files.h"
#include "bench/measure/system_calls.h"
#include "bench/measure/workspace.h"
#include "bench/stats/stats.h"

namespace plimsoll::bench {
namespace {

// Rounds between two looks at the machine's load take at least this long: /proc/stat counts in
// ticks of 10 ms.
constexpr double kBlockSeconds = 0.5;

// Commands that are measured one after another in the same round.
struct Group {
  std::string bundle;
  std::string title;
  std::vector<Operation> operations;
  unsigned containers = 0;  // of `list`
};

std::vector<Group> groups_of(const RunOptions& options) {
  std::vector<Group> groups;
  const std::set<Operation> wanted(options.operations.begin(), options.operations.end());
  for (const std::string& bundle : options.bundles) {
    Group life{.bundle = bundle, .title = "", .operations = {}};
    for (const Operation operation : wanted) {
      if (operation == Operation::run) {
        groups.push_back({.bundle = bundle, .title = "run", .operations = {operation}});
      } else if (operation == Operation::list) {
        for (const unsigned size : options.list_sizes) {
          groups.push_back({.bundle = bundle,
                            .title = "list/" + std::to_string(size),
                            .operations = {operation},
                            .containers = size});
        }
      } else {
        life.title += (life.title.empty() ? "" : " ") + std::string(operation_name(operation));
        life.operations.push_back(operation);
      }
    }
    if (!life.operations.empty()) {
      groups.push_back(life);
    }
  }
  return groups;
}

std::string series_name(const Group& group, Operation operation, unsigned parallel) {
  if (operation == Operation::list) {
    return group.title;
  }
  std::string name(operation_name(operation));
  if (operation == Operation::run && parallel > 1) {
    name += " x" + std::to_string(parallel);
  }
  return name;
}

std::string utc_now() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  std::string text(32, '\0');
  text.resize(strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

class Session {
 public:
  Session(const RunOptions& options, Watcher& watcher)
      : options_(options),
        watcher_(watcher),
        work_(options.view),
        launcher_(work_.path()),
        random_(options.seed != 0 ? options.seed : std::random_device()()) {}

  Results run() {
    results_.time = utc_now();
    results_.commit = options_.commit;
    results_.payload = payload_name(options_.payload);
    results_.machine = read_machine();
    results_.load_before = read_load().load_1m;
    for (const Group& group : groups_of(options_)) {
      measure_group(group);
    }
    results_.load_after = read_load().load_1m;
    return std::move(results_);
  }

 private:
  // What this process and the measured ones have used so far.
  double ours_us() const { return launcher_.processor_us() + own_processor_us(); }
  // The samples of one round, by subject.
  using Round = std::vector<Samples>;

  std::vector<Subject> subjects_of(const Group& group);
  Places make_places(const Group& group, const Subject& subject, const std::string& folder) const;
  Samples perform(const Group& group, const Subject& subject);
  Round round(const Group& group, const std::vector<Subject>& subjects);
  void drop_failing(const Group& group, std::vector<Subject>& subjects);
  void measure_group(const Group& group);
  std::vector<Round> measure_rounds(const Group& group, const std::vector<Subject>& subjects,
                                    Conditions& conditions);
  double worst_half_width(const Group& group, const std::vector<Subject>& subjects,
                          const std::vector<Round>& rounds) const;
  void keep(const Group& group, const std::vector<Subject>& subjects,
            const std::vector<Round>& rounds);

  const RunOptions& options_;
  Watcher& watcher_;
  Workspace work_;
  Launcher launcher_;
  std::mt19937_64 random_;
  Results results_;
};

Places Session::make_places(const Group& group, const Subject& subject,
                            const std::string& folder) const {
  Places places{.end_bundle = folder + "/end",
                .wait_bundle = folder + "/wait",
                .state_root = folder + "/state",
                .pid_file = folder + "/pid",
                .exec_program = {}};
  std::filesystem::create_directories(places.state_root);
  if (is_built_in_bundle(group.bundle)) {
    const BundleOptions bundle{.payload = options_.payload, .controllers = cgroup_controllers()};
    make_bundle(group.bundle, Work::end, places.end_bundle, bundle);
    make_bundle(group.bundle, Work::wait, places.wait_bundle, bundle);
  } else {
    copy_bundle(group.bundle, places.end_bundle);
    copy_bundle(group.bundle, places.wait_bundle);
  }
  const Json config = Json::parse(read_file(places.end_bundle + "/config.json"));
  places.exec_program = config.at("process").at("args").get<Argv>();
  if (subject.role == Role::floor) {
    for (unsigned slot = 0; slot < options_.parallel; ++slot) {
      compile_floor(places, "bench" + std::to_string(slot));
    }
  }
  return places;
}

std::vector<Subject> Session::subjects_of(const Group& group) {
  std::vector<Subject> subjects;
  for (const std::string& word : options_.runtimes) {
    subjects.push_back(runtime_subject(word));
  }
  subjects.front().role = Role::baseline;
  // Filling a second state root with the same containers would measure nothing new.
  if (options_.again && group.containers == 0) {
    subjects.push_back(subjects.front());
    subjects.back().role = Role::again;
  }
  if (options_.floor && floor_can(group.operations)) {
    Subject floor;
    floor.name = "floor";
    floor.path = beside_program("plimsoll-bench-floor");
    floor.role = Role::floor;
    subjects.push_back(floor);
  }
  static unsigned folders = 0;
  for (Subject& subject : subjects) {
    try {
      subject.places = make_places(group, subject, work_.path() + "/" + std::to_string(folders++));
    } catch (const std::exception& error) {
      // A user's bundle may hold what the floor does not know; the runtimes can be measured all the
      // same.
      if (subject.role != Role::floor) {
        throw;
      }
      watcher_.on_note(std::string("measuring without the floor: ") + error.what());
    }
  }
  if (subjects.back().role == Role::floor && subjects.back().places.end_bundle.empty()) {
    subjects.pop_back();
  }
  return subjects;
}

Samples Session::perform(const Group& group, const Subject& subject) {
  const ContainerLife life(subject, launcher_);
  const Operation first = group.operations.front();
  if (first == Operation::run) {
    return {{first, life.run(options_.parallel)}};
  }
  if (first == Operation::list) {
    return {{first, life.list()}};
  }
  const auto wants = [&](Operation operation) {
    return std::ranges::find(group.operations, operation) != group.operations.end();
  };
  return life.whole(wants(Operation::state), wants(Operation::exec), wants(Operation::pause));
}

Session::Round Session::round(const Group& group, const std::vector<Subject>& subjects) {
  std::vector<std::size_t> order(subjects.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, random_);
  Round samples(subjects.size());
  for (const std::size_t index : order) {
    samples[index] = perform(group, subjects[index]);
  }
  return samples;
}

double Session::worst_half_width(const Group& group, const std::vector<Subject>& subjects,
                                 const std::vector<Round>& rounds) const {
  const auto walls = [&](std::size_t subject, Operation operation) {
    std::vector<double> values;
    for (const Round& samples : rounds) {
      values.push_back(samples[subject].at(operation).wall_ns);
    }
    return values;
  };
  double worst = 0;
  for (const Operation operation : group.operations) {
    const std::vector<double> base = walls(0, operation);
    for (std::size_t subject = 1; subject < subjects.size(); ++subject) {
      worst = std::max(worst, pair_ratio(base, walls(subject, operation)).half_width());
    }
    if (subjects.size() == 1) {
      worst = std::max(worst, median_interval(base).half_width());
    }
  }
  return worst;
}

std::vector<Session::Round> Session::measure_rounds(const Group& group,
                                                    const std::vector<Subject>& subjects,
                                                    Conditions& conditions) {
  for (unsigned i = 0; i < options_.warm_up; ++i) {
    round(group, subjects);
  }
  std::vector<Round> quiet;
  std::vector<Round> noisy;
  const std::int64_t begin = monotonic_ns();
  const auto passed = [&](std::int64_t since) {
    return static_cast<double>(monotonic_ns() - since) / 1e9;
  };
  unsigned blocks = 0;
  while (quiet.size() + noisy.size() < options_.min_pairs ||
         (quiet.size() < options_.max_pairs && passed(begin) < options_.seconds)) {
    const Load before = read_load();
    const double ours = ours_us();
    std::vector<Round> block;
    do {
      block.push_back(round(group, subjects));
    } while (passed(before.time_ns) < kBlockSeconds);
    const Busyness busy = busyness(before, read_load(), ours_us() - ours);
    conditions.foreign += busy.foreign;
    conditions.steal += busy.steal;
    conditions.pressure_cpu += busy.pressure_cpu;
    conditions.pressure_io += busy.pressure_io;
    ++blocks;
    std::vector<Round>& place = busy.too_busy() ? noisy : quiet;
    std::ranges::move(block, std::back_inserter(place));
    const double width = quiet.size() < 6 ? 1 : worst_half_width(group, subjects, quiet);
    watcher_.on_round(static_cast<unsigned>(quiet.size()), options_.max_pairs, width,
                      busy.too_busy());
    if (quiet.size() >= options_.min_pairs && width <= options_.precision) {
      break;
    }
  }
  for (double* mean : {&conditions.foreign, &conditions.steal, &conditions.pressure_cpu,
                       &conditions.pressure_io}) {
    *mean /= blocks;
  }
  if (quiet.size() >= options_.min_pairs) {
    conditions.dropped = static_cast<unsigned>(noisy.size());
  } else {
    conditions.busy = true;
    std::ranges::move(noisy, std::back_inserter(quiet));
  }
  conditions.rounds = static_cast<unsigned>(quiet.size());
  return quiet;
}

void Session::keep(const Group& group, const std::vector<Subject>& subjects,
                   const std::vector<Round>& rounds) {
  for (const Operation operation : group.operations) {
    for (std::size_t index = 0; index < subjects.size(); ++index) {
      const Subject& subject = subjects[index];
      Series series{.bundle = group.bundle,
                    .operation = series_name(group, operation, options_.parallel),
                    .subject = subject.name,
                    .role = subject.role,
                    .samples = {},
                    .system_calls = {}};
      for (const Round& samples : rounds) {
        series.samples.push_back(samples[index].at(operation));
      }
      if (options_.system_calls && subject.role != Role::again) {
        series.system_calls = count_system_calls(subject, operation, launcher_, work_.path());
      }
      results_.series.push_back(std::move(series));
    }
  }
}

// A peer that cannot do this here (crun refuses a hybrid) does not keep the others from being
// measured. The baseline must.
void Session::drop_failing(const Group& group, std::vector<Subject>& subjects) {
  std::erase_if(subjects, [&](const Subject& subject) {
    try {
      ContainerLife(subject, launcher_).fill(group.containers);
      perform(group, subject);
      return false;
    } catch (const std::exception& error) {
      if (subject.role == Role::baseline) {
        throw;
      }
      ContainerLife(subject, launcher_).empty(std::max(group.containers, options_.parallel));
      watcher_.on_note("left out: " + std::string(error.what()));
      return true;
    }
  });
}

void Session::measure_group(const Group& group) {
  watcher_.on_group(group.bundle + ": " + group.title +
                    (options_.parallel > 1 ? " x" + std::to_string(options_.parallel) : ""));
  std::vector<Subject> subjects = subjects_of(group);
  Conditions conditions{
      .bundle = group.bundle,
      .operation = series_name(group, group.operations.front(), options_.parallel)};
  try {
    drop_failing(group, subjects);
    const std::vector<Round> rounds = measure_rounds(group, subjects, conditions);
    keep(group, subjects, rounds);
  } catch (...) {
    for (const Subject& subject : subjects) {
      ContainerLife(subject, launcher_).empty(std::max(group.containers, options_.parallel));
    }
    throw;
  }
  for (const Subject& subject : subjects) {
    ContainerLife(subject, launcher_).empty(group.containers);
  }
  results_.conditions.push_back(conditions);
  watcher_.on_end();
}

}  // namespace

Results measure(const RunOptions& options, Watcher& watcher) {
  if (options.runtimes.empty()) {
    throw std::runtime_error("no runtime given: --runtime PATH");
  }
  return Session(options, watcher).run();
}

}  // namespace plimsoll::bench
