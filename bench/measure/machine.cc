// The machine: its fingerprint and its load.
// SPDX-License-Identifier: Apache-2.0
#include "bench/measure/machine.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "bench/measure/cgroup_view.h"
#include "bench/measure/files.h"
#include "bench/measure/process.h"

namespace plimsoll::bench {
namespace {

// Beyond these a time says more about the neighbours than about the runtime.
constexpr double kForeignLimit = 0.15;
constexpr double kStealLimit = 0.01;
constexpr double kIoPressureLimit = 0.10;

std::string first_line(const std::string& path) {
  std::string text = read_file_if_any(path);
  text.resize(std::min(text.size(), text.find('\n')));
  return text;
}

// The value of the first "key : value" line of a file of /proc.
std::string field(const std::string& path, const std::string& key) {
  std::istringstream lines(read_file_if_any(path));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(key) && colon != std::string::npos) {
      const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
      return begin == std::string::npos ? "" : line.substr(begin);
    }
  }
  return "";
}

double pressure_some_us(const char* path) {
  const std::string line = first_line(path);
  const std::size_t place = line.find("total=");
  return place == std::string::npos ? 0 : std::stod(line.substr(place + 6));
}

// FNV-1a, written out: std::hash may differ between two builds, and histories outlive them.
std::string short_hash(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  std::ostringstream hex;
  hex << std::hex << (hash >> 16);
  return std::string(12 - std::min<std::size_t>(12, hex.str().size()), '0') + hex.str();
}

}  // namespace

Machine read_machine() {
  utsname names{};
  uname(&names);
  Machine machine;
  machine.cpu = field("/proc/cpuinfo", "model name");
  machine.kernel = std::string(names.release) + " " + names.machine;
  machine.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  machine.cgroup_layout = cgroup_layout_name(cgroup_layout());
  for (const std::string& controller : cgroup_controllers()) {
    machine.controllers += (machine.controllers.empty() ? "" : " ") + controller;
  }
  machine.virtualization =
      field("/proc/cpuinfo", "flags").contains(" hypervisor") ? "virtual" : "bare metal";
  machine.processors = static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  std::istringstream memory(field("/proc/meminfo", "MemTotal"));
  std::uint64_t kilobytes = 0;
  memory >> kilobytes;
  machine.memory_mb = kilobytes / 1024;
  machine.address_randomization = first_line("/proc/sys/kernel/randomize_va_space") != "0";
  // Memory by half gigabytes: firmware takes a different bit at each boot.
  machine.fingerprint =
      short_hash(machine.cpu + "|" + machine.kernel + "|" + std::to_string(machine.processors) +
                 "|" + std::to_string(machine.memory_mb / 512) + "|" + machine.governor + "|" +
                 machine.cgroup_layout);
  return machine;
}

Load read_load() {
  Load load;
  load.time_ns = monotonic_ns();
  std::istringstream average(first_line("/proc/loadavg"));
  average >> load.load_1m;
  std::istringstream stat(first_line("/proc/stat"));
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  const double tick_us = 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
  load.busy_us = (user + nice + system + irq + softirq) * tick_us;
  load.steal_us = steal * tick_us;
  load.pressure_cpu_us = pressure_some_us("/proc/pressure/cpu");
  load.pressure_io_us = pressure_some_us("/proc/pressure/io");
  return load;
}

bool Busyness::too_busy() const {
  return foreign > kForeignLimit || steal > kStealLimit || pressure_io > kIoPressureLimit;
}

Busyness busyness(const Load& from, const Load& to, double ours_us) {
  const double passed_us = static_cast<double>(to.time_ns - from.time_ns) / 1000;
  if (passed_us <= 0) {
    return {};
  }
  return {.foreign = std::max(0.0, to.busy_us - from.busy_us - ours_us) / passed_us,
          .steal = (to.steal_us - from.steal_us) / passed_us,
          .pressure_cpu = (to.pressure_cpu_us - from.pressure_cpu_us) / passed_us,
          .pressure_io = (to.pressure_io_us - from.pressure_io_us) / passed_us};
}

double own_processor_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  double sum = 0;
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    sum += static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  }
  return sum;
}

}  // namespace plimsoll::bench
