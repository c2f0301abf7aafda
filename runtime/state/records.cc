// SPDX-License-Identifier: Apache-2.0
#include "runtime/state/records.h"

#include <charconv>
#include <limits>

#include "runtime/base/text.h"
#include "validator/json/json.h"

namespace plimsoll::state {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kChecksumMember = ",\"checksum\":\"";
constexpr std::size_t kChecksumDigits = 16;
constexpr std::string_view kEnd = "\"}";

// FNV-1a, 64 bits: against accidents (a cut or edited file), not against somebody who may write
// here and so is root already.
std::string checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  std::string digits(kChecksumDigits, '0');
  for (std::size_t i = kChecksumDigits; i-- > 0; hash >>= 4) {
    digits[i] = "0123456789abcdef"[hash & 15];
  }
  return digits;
}

// `object` is a complete JSON object; the checksum becomes its last member.
std::string seal(std::string object) {
  object.pop_back();
  const std::string digits = checksum(object);
  cat_to(object, kChecksumMember, digits, kEnd);
  return object;
}

Error damaged(std::string_view why) { return Error::invalid(cat("damaged: ", why)); }

Result<json::Value> unseal(std::string_view text) {
  constexpr std::size_t kSealSize = kChecksumMember.size() + kChecksumDigits + kEnd.size();
  if (text.size() <= kSealSize) {
    return fail(damaged(text.empty() ? "empty" : "too short"));
  }
  const std::string_view body = text.substr(0, text.size() - kSealSize);
  if (text.substr(body.size()) != cat(kChecksumMember, checksum(body), kEnd)) {
    return fail(damaged("wrong checksum"));
  }
  auto value = json::parse(text);
  if (!value) {
    return fail(damaged(value.error().message));
  }
  if (value->find_unsigned("format") != kFormat) {
    return fail(damaged("not of a known format"));
  }
  return std::move(*value);
}

// Reads the members of one object and remembers the first that is missing or of another type.
class MemberReader {
 public:
  explicit MemberReader(const json::Value& object) : object_(object) {}

  void read(std::string_view name, std::string& out) {
    if (const std::string* text = object_.find_string(name)) {
      out = *text;
    } else {
      note(name);
    }
  }
  void read(std::string_view name, bool& out) {
    if (const auto flag = object_.find_bool(name)) {
      out = *flag;
    } else {
      note(name);
    }
  }
  template <typename T>
    requires(std::integral<T> && !std::same_as<T, bool>)
  void read(std::string_view name, T& out) {
    const auto number = object_.find_unsigned(name);
    if (number && *number <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
      out = static_cast<T>(*number);
    } else {
      note(name);
    }
  }
  void read(std::string_view name, Pairs& out) {
    const json::Object* members = object_.find_object(name);
    if (members == nullptr) {
      return note(name);
    }
    for (const auto& [key, value] : *members) {
      if (value.string() == nullptr) {
        return note(name);
      }
      out.emplace_back(key, *value.string());
    }
  }
  void read(std::string_view name, std::vector<std::pair<std::string, std::uint64_t>>& out) {
    const json::Object* members = object_.find_object(name);
    if (members == nullptr) {
      return note(name);
    }
    for (const auto& [key, value] : *members) {
      const auto number = value.unsigned_integer();
      if (!number) {
        return note(name);
      }
      out.emplace_back(key, *number);
    }
  }
  void read(std::string_view name, std::vector<std::string>& out) {
    const json::Array* items = object_.find_array(name);
    if (items == nullptr) {
      return note(name);
    }
    for (const json::Value& item : *items) {
      if (item.string() == nullptr) {
        return note(name);
      }
      out.push_back(*item.string());
    }
  }

  Result<> result() const {
    if (!bad_.empty()) {
      return fail(damaged(cat("member '", bad_, "' is missing or of a wrong type")));
    }
    return {};
  }

 private:
  void note(std::string_view name) {
    if (bad_.empty()) {
      bad_ = name;
    }
  }

  const json::Value& object_;
  std::string bad_;
};

}  // namespace

std::string encode_record(const Record& record) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .member("format", kFormat)
      .member("ociVersion", record.oci_version)
      .member("id", record.id)
      .member("bundle", record.bundle)
      .member("rootfs", record.rootfs)
      .member("created", record.created)
      .member("owner", record.owner)
      .member("rootless", record.rootless)
      .member("systemd_cgroup", record.systemd_cgroup)
      .member("init_process_pid", record.init.pid)
      .member("init_process_start", record.init.start_time)
      .member("shares_pid_namespace", record.shares_pid_namespace)
      .member("intel_rdt_path", record.intel_rdt_path)
      .member("ptrace_inside", record.ptrace_inside)
      .member("has_poststart", record.has_poststart)
      .member("has_poststop", record.has_poststop)
      .member("devices_updated", record.devices_updated);
  writer.key("annotations").map(record.annotations);
  writer.key("cgroup_paths").map(record.cgroup_paths);
  writer.end_object();
  return seal(std::move(out));
}

Result<Record> decode_record(std::string_view text) {
  const json::Value value = TRY(unseal(text));
  Record record;
  MemberReader members(value);
  members.read("ociVersion", record.oci_version);
  members.read("id", record.id);
  members.read("bundle", record.bundle);
  members.read("rootfs", record.rootfs);
  members.read("created", record.created);
  members.read("owner", record.owner);
  members.read("rootless", record.rootless);
  members.read("systemd_cgroup", record.systemd_cgroup);
  members.read("init_process_pid", record.init.pid);
  members.read("init_process_start", record.init.start_time);
  members.read("shares_pid_namespace", record.shares_pid_namespace);
  members.read("intel_rdt_path", record.intel_rdt_path);
  members.read("ptrace_inside", record.ptrace_inside);
  members.read("has_poststart", record.has_poststart);
  members.read("has_poststop", record.has_poststop);
  members.read("devices_updated", record.devices_updated);
  members.read("annotations", record.annotations);
  members.read("cgroup_paths", record.cgroup_paths);
  TRY(members.result());
  return record;
}

std::string encode_intent(const Intent& intent) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .member("format", kFormat)
      .member("id", intent.id)
      .member("bundle", intent.bundle)
      .member("creator_pid", intent.creator.pid)
      .member("creator_start", intent.creator.start_time)
      .member("intel_rdt_path", intent.intel_rdt_path)
      .member("systemd_cgroup", intent.systemd_cgroup)
      .member("rootless", intent.rootless);
  writer.key("cgroup_paths").list(intent.cgroup_paths);
  writer.end_object();
  return seal(std::move(out));
}

Result<Intent> decode_intent(std::string_view text) {
  const json::Value value = TRY(unseal(text));
  Intent intent;
  MemberReader members(value);
  members.read("id", intent.id);
  members.read("bundle", intent.bundle);
  members.read("creator_pid", intent.creator.pid);
  members.read("creator_start", intent.creator.start_time);
  members.read("intel_rdt_path", intent.intel_rdt_path);
  members.read("systemd_cgroup", intent.systemd_cgroup);
  members.read("rootless", intent.rootless);
  members.read("cgroup_paths", intent.cgroup_paths);
  TRY(members.result());
  return intent;
}

IdentityText::IdentityText(const ProcessIdentity& identity) {
  char* const end = text_.data() + text_.size();
  char* at = std::to_chars(text_.data(), end, identity.pid).ptr;
  *at++ = ' ';
  *std::to_chars(at, end, identity.start_time).ptr = '\0';
}

std::optional<ProcessIdentity> decode_identity(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    return std::nullopt;
  }
  const auto pid = parse_unsigned(text.substr(0, space));
  const auto start_time = parse_unsigned(text.substr(space + 1));
  if (!pid || *pid == 0 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()) ||
      !start_time) {
    return std::nullopt;
  }
  return ProcessIdentity{.pid = static_cast<pid_t>(*pid), .start_time = *start_time};
}

}  // namespace plimsoll::state
