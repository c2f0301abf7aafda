// SPDX-License-Identifier: Apache-2.0
#include "runtime/systemd/unit.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "runtime/base/text.h"

namespace plimsoll::systemd {

namespace {

constexpr std::size_t kMaxAtoms = 65536;

std::uint64_t now_microseconds() {
  timespec now = {};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

// Jobs whose end the manager has told us.
struct Jobs {
  struct Ended {
    std::string path;
    std::string result;
  };
  std::vector<Ended> ended;
};

int job_removed(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
  std::uint32_t id = 0;
  const char* path = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0) {
    static_cast<Jobs*>(data)->ended.push_back({.path = path, .result = result});
  }
  return 0;
}

// Before the job exists, so that its end cannot be missed. A bus sends such signals to subscribers
// only; the private socket sends them to everybody.
Result<Slot> watch_jobs(const Connection& connection, Jobs& jobs) {
  sd_bus_slot* slot = nullptr;
  const int result =
      sd_bus_match_signal(connection.bus.get(), &slot, connection.direct ? nullptr : kService,
                          kObject, kManager, "JobRemoved", job_removed, &jobs);
  if (result < 0) {
    return fail(bus_error(result, "watch jobs"));
  }
  Slot owner(slot);
  if (!connection.direct) {
    const Message subscribe = TRY(new_call(connection.bus.get(), "Subscribe"));
    TRY(call(connection.bus.get(), subscribe.get()));
  }
  return owner;
}

// The job's result: "done", "canceled", "timeout", "failed", "dependency", "skipped".
Result<std::string> wait_for_job(const Connection& connection, sd_bus_message* reply,
                                 const Jobs& jobs) {
  const char* path = nullptr;
  if (const int result = sd_bus_message_read(reply, "o", &path); result < 0) {
    return fail(bus_error(result, "read job"));
  }
  const std::uint64_t deadline = now_microseconds() + std::uint64_t{kJobSeconds} * 1'000'000;
  for (;;) {
    const auto job = std::ranges::find(jobs.ended, std::string_view(path), &Jobs::Ended::path);
    if (job != jobs.ended.end()) {
      return job->result;
    }
    int result = sd_bus_process(connection.bus.get(), nullptr);
    if (result == 0) {
      const std::uint64_t now = now_microseconds();
      if (now >= deadline) {
        return fail(Error::system(
            0, cat("its job '", path, "' has not ended after ", kJobSeconds, " seconds")));
      }
      result = sd_bus_wait(connection.bus.get(), deadline - now);
    }
    if (result < 0) {
      return fail(bus_error(result, "wait for job"));
    }
  }
}

Result<int> manager_version(const Connection& connection) {
  char* text = nullptr;
  sd_bus_error error = SD_BUS_ERROR_NULL;
  const int result = sd_bus_get_property_string(connection.bus.get(), kService, kObject, kManager,
                                                "Version", &error, &text);
  sd_bus_error_free(&error);
  if (result < 0) {
    return fail(bus_error(result, "property 'Version'"));
  }
  // "252.39-1~deb12u1", "v245", "255.4-1ubuntu8"
  std::string_view version = text;
  version.remove_prefix(version.starts_with('v') ? 1 : 0);
  const auto number = parse_unsigned(
      version.substr(0, std::min(version.find_first_not_of("0123456789"), version.size())));
  free(text);  // NOLINT(cppcoreguidelines-no-malloc): the library's
  if (!number) {
    return fail(Error::invalid("property 'Version' holds no number"));
  }
  return static_cast<int>(*number);
}

Result<> append_properties(const Connection& connection, sd_bus_message* message,
                           const std::vector<Property>& properties) {
  int version = 0;
  if (std::ranges::any_of(properties, [](const Property& p) { return p.since > 0; })) {
    version = TRY(manager_version(connection));
  }
  int result = sd_bus_message_open_container(message, 'a', "(sv)");
  for (const Property& property : properties) {
    if (property.since > version || result < 0) {
      continue;
    }
    result = sd_bus_message_open_container(message, 'r', "sv");
    if (result >= 0) {
      result = sd_bus_message_append_basic(message, 's', property.name.c_str());
    }
    if (result >= 0) {
      result = sd_bus_message_open_container(message, 'v', property.signature.c_str());
    }
    if (result < 0) {
      return fail(bus_error(result, cat("property '", property.name, "'")));
    }
    std::span<const std::string> atoms = property.atoms;
    TRY_DOING(cat("property '", property.name, "'"),
              append_value(message, property.signature, atoms));
    (void)sd_bus_message_close_container(message);
    result = sd_bus_message_close_container(message);
  }
  if (result >= 0) {
    result = sd_bus_message_close_container(message);
  }
  return result < 0 ? fail(bus_error(result, "properties")) : Result<>();
}

Result<Message> start_call(const Connection& connection, const std::string& unit,
                           const std::vector<Property>& properties) {
  Message message = TRY(new_call(connection.bus.get(), "StartTransientUnit"));
  int result = sd_bus_message_append(message.get(), "ss", unit.c_str(), "replace");
  if (result < 0) {
    return fail(bus_error(result, "StartTransientUnit"));
  }
  TRY(append_properties(connection, message.get(), properties));
  result = sd_bus_message_append(message.get(), "a(sa(sv))", 0);
  if (result < 0) {
    return fail(bus_error(result, "StartTransientUnit"));
  }
  return message;
}

void reset_failed(const Connection& connection, const std::string& unit) {
  // One that has not failed, or is gone, says so: nothing to do then.
  const auto message = new_call(connection.bus.get(), "ResetFailedUnit");
  if (message && sd_bus_message_append(message->get(), "s", unit.c_str()) >= 0) {
    (void)call(connection.bus.get(), message->get());
  }
}

}  // namespace

Result<std::vector<Property>> parse_properties(std::string_view input) {
  std::vector<std::string_view> fields = split(input, '\0');
  if (!input.empty() && !input.ends_with('\0')) {
    return fail(Error::invalid("the input is cut short"));
  }
  fields.pop_back();
  std::vector<Property> properties;
  for (std::size_t at = 0; at < fields.size();) {
    if (fields.size() - at < 4) {
      return fail(Error::invalid("the input is cut short"));
    }
    Property property{.name = std::string(fields[at]), .signature = std::string(fields[at + 1])};
    const auto since = parse_unsigned(fields[at + 2]);
    const auto count = parse_unsigned(fields[at + 3]);
    at += 4;
    if (!since || *since > 100'000 || !count || *count > kMaxAtoms || *count > fields.size() - at) {
      return fail(Error::invalid(cat("malformed property '", property.name, "'")));
    }
    property.since = static_cast<int>(*since);
    for (std::uint64_t i = 0; i < *count; ++i) {
      property.atoms.emplace_back(fields[at++]);
    }
    properties.push_back(std::move(property));
  }
  return properties;
}

Result<> start_unit(const Connection& connection, const std::string& unit,
                    const std::vector<Property>& properties) {
  Jobs jobs;
  const Slot slot = TRY(watch_jobs(connection, jobs));
  std::string error_name;
  Message message = TRY(start_call(connection, unit, properties));
  auto reply = call(connection.bus.get(), message.get(), &error_name);
  if (!reply && error_name == "org.freedesktop.systemd1.UnitExists") {
    reset_failed(connection, unit);
    message = TRY(start_call(connection, unit, properties));
    reply = call(connection.bus.get(), message.get(), &error_name);
  }
  const Message started = TRY(std::move(reply));
  auto result = wait_for_job(connection, started.get(), jobs);
  if (!result || *result != "done") {
    reset_failed(connection, unit);
    return fail(result ? Error::system(0, cat("its start ended as '", *result, "'"))
                       : std::move(result).error());
  }
  return {};
}

Result<> set_properties(const Connection& connection, const std::string& unit,
                        const std::vector<Property>& properties) {
  const Message message = TRY(new_call(connection.bus.get(), "SetUnitProperties"));
  const int result = sd_bus_message_append(message.get(), "sb", unit.c_str(), 1);
  if (result < 0) {
    return fail(bus_error(result, "SetUnitProperties"));
  }
  TRY(append_properties(connection, message.get(), properties));
  TRY(call(connection.bus.get(), message.get()));
  return {};
}

Result<> stop_unit(const Connection& connection, const std::string& unit) {
  Jobs jobs;
  const Slot slot = TRY(watch_jobs(connection, jobs));
  const Message message = TRY(new_call(connection.bus.get(), "StopUnit"));
  if (const int result = sd_bus_message_append(message.get(), "ss", unit.c_str(), "replace");
      result < 0) {
    return fail(bus_error(result, "StopUnit"));
  }
  std::string error_name;
  auto reply = call(connection.bus.get(), message.get(), &error_name);
  const bool gone = !reply && error_name == "org.freedesktop.systemd1.NoSuchUnit";
  if (!reply && !gone) {
    return fail(std::move(reply).error());
  }
  Result<> done = {};
  if (!gone) {
    auto result = wait_for_job(connection, reply->get(), jobs);
    done = result ? Result<>() : fail(std::move(result).error());
  }
  reset_failed(connection, unit);
  return done;
}

Result<> attach_process(const Connection& connection, const std::string& unit,
                        const std::string& sub_path, std::uint32_t pid) {
  const Message message = TRY(new_call(connection.bus.get(), "AttachProcessesToUnit"));
  const int result = sd_bus_message_append(message.get(), "ssau", unit.c_str(),
                                           sub_path.empty() ? "/" : sub_path.c_str(), 1, pid);
  if (result < 0) {
    return fail(bus_error(result, "AttachProcessesToUnit"));
  }
  TRY(call(connection.bus.get(), message.get()));
  return {};
}

Result<std::string> manager_cgroup(const Connection& connection) {
  char* text = nullptr;
  sd_bus_error error = SD_BUS_ERROR_NULL;
  const int result = sd_bus_get_property_string(connection.bus.get(), kService, kObject, kManager,
                                                "ControlGroup", &error, &text);
  sd_bus_error_free(&error);
  if (result == -ETIMEDOUT) {
    return fail(Error::system(
        0, cat("property 'ControlGroup': no answer from systemd for ", kCallSeconds, " seconds")));
  }
  if (result < 0) {
    return fail(bus_error(result, "property 'ControlGroup'"));
  }
  std::string path = text;
  free(text);  // NOLINT(cppcoreguidelines-no-malloc): the library's
  return path == "/" ? std::string() : path;
}

}  // namespace plimsoll::systemd
