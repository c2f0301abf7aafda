// SPDX-License-Identifier: Apache-2.0
#include "runtime/cgroup/device_rules.h"

#include <algorithm>
#include <ranges>

#include "runtime/base/text.h"

namespace plimsoll::cgroup {

namespace {

using Exception = DeviceState::Exception;

constexpr std::int64_t kAny = -1;

bool matches(const plan::DeviceRule& rule, const DeviceRequest& request) {
  return (rule.type == 'a' || rule.type == request.type) &&
         (rule.major == kAny || rule.major == request.major) &&
         (rule.minor == kAny || rule.minor == request.minor);
}

bool decides_everything(const plan::DeviceRule& rule) {
  return rule.type == 'a' && rule.major == kAny && rule.minor == kAny &&
         access_of(rule) == kAccessAll;
}

bool number_covers(std::int64_t wide, std::int64_t narrow) {
  return wide == kAny || wide == narrow;
}

bool number_meets(std::int64_t a, std::int64_t b) { return a == kAny || b == kAny || a == b; }

bool covers(const Exception& wide, const Exception& narrow) {
  return wide.type == narrow.type && number_covers(wide.major, narrow.major) &&
         number_covers(wide.minor, narrow.minor);
}

bool meets(const Exception& a, const Exception& b) {
  return a.type == b.type && number_meets(a.major, b.major) && number_meets(a.minor, b.minor);
}

bool same_devices(const Exception& a, const Exception& b) {
  return a.type == b.type && a.major == b.major && a.minor == b.minor;
}

void append_number(std::string& out, std::int64_t number) {
  if (number == kAny) {
    out += '*';
  } else {
    cat_to(out, number);
  }
}

std::string line_of(const Exception& exception, std::uint32_t access) {
  std::string out = cat(exception.type, " ");
  append_number(out, exception.major);
  out += ':';
  append_number(out, exception.minor);
  out += ' ';
  out += (access & kAccessRead) != 0 ? "r" : "";
  out += (access & kAccessWrite) != 0 ? "w" : "";
  out += (access & kAccessMknod) != 0 ? "m" : "";
  return out;
}

void add_exception(std::vector<Exception>& exceptions, const Exception& added) {
  for (Exception& exception : exceptions) {
    if (same_devices(exception, added)) {
      exception.access |= added.access;
      return;
    }
  }
  exceptions.push_back(added);
}

// Takes `removed` out of the exceptions, which is possible only where it covers one or misses it.
Result<> remove_exception(std::vector<Exception>& exceptions, const Exception& removed) {
  for (Exception& exception : exceptions) {
    if (covers(removed, exception)) {
      exception.access &= ~removed.access;
    } else if (meets(removed, exception) && (removed.access & exception.access) != 0) {
      return fail(Error::unsupported(
          cat("device rule '", line_of(removed, removed.access), "' takes a part out of '",
              line_of(exception, exception.access), "', which cgroup v1 cannot express")));
    }
  }
  std::erase_if(exceptions, [](const Exception& exception) { return exception.access == 0; });
  return {};
}

// The v1 controller asks one exception for the whole access: "c 1:* r" and "c 1:3 w" do not add up
// to "rw" for it. So each exception is given what the wider ones give to its devices.
void complete_exceptions(std::vector<Exception>& exceptions) {
  const std::size_t count = exceptions.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i + 1; j < count; ++j) {
      const Exception a = exceptions[i];
      const Exception b = exceptions[j];
      if (meets(a, b) && !covers(a, b) && !covers(b, a) && a.access != b.access) {
        add_exception(exceptions, {.type = a.type,
                                   .major = a.major == kAny ? b.major : a.major,
                                   .minor = a.minor == kAny ? b.minor : a.minor,
                                   .access = a.access | b.access});
      }
    }
  }
  for (Exception& narrow : exceptions) {
    for (const Exception& wide : exceptions) {
      if (covers(wide, narrow)) {
        narrow.access |= wide.access;
      }
    }
  }
}

// What one state has beyond another, as writes.
void append_difference(const std::vector<Exception>& more, const std::vector<Exception>& less,
                       bool allow, std::vector<DeviceWrite>& out) {
  for (const Exception& exception : more) {
    std::uint32_t access = exception.access;
    for (const Exception& known : less) {
      if (same_devices(exception, known)) {
        access &= ~known.access;
      }
    }
    if (access != 0) {
      out.push_back({.allow = allow, .line = line_of(exception, access)});
    }
  }
}

Result<std::int64_t> parse_number(std::string_view text) {
  if (text == "*") {
    return kAny;
  }
  const auto number = parse_unsigned(text);
  if (!number || *number > 0xffffffffU) {
    return fail(Error::invalid(cat("devices.list: '", text, "' is not a device number")));
  }
  return static_cast<std::int64_t>(*number);
}

}  // namespace

std::uint32_t access_of(const plan::DeviceRule& rule) {
  return (rule.read ? kAccessRead : 0) | (rule.write ? kAccessWrite : 0) |
         (rule.mknod ? kAccessMknod : 0);
}

bool is_allowed(const Rules& rules, const DeviceRequest& request) {
  std::uint32_t undecided = request.access;
  for (const plan::DeviceRule& rule : rules | std::views::reverse) {
    const std::uint32_t access = access_of(rule);
    if (access == 0 || !matches(rule, request)) {
      continue;
    }
    if (!rule.allow) {
      if (access == kAccessAll || (undecided & access) != 0) {
        return false;
      }
      continue;
    }
    undecided &= ~access;
    if (undecided == 0) {
      return true;
    }
  }
  return false;
}

Rules without_overruled(const Rules& rules) {
  const auto last = std::ranges::find_if(rules | std::views::reverse, decides_everything);
  if (last == std::ranges::rend(rules)) {
    return rules;
  }
  return Rules(std::prev(last.base()), rules.end());
}

bool allows_everything(const Rules& rules) {
  const Rules effective = without_overruled(rules);
  return !effective.empty() && decides_everything(effective.front()) &&
         std::ranges::all_of(effective, [](const plan::DeviceRule& rule) { return rule.allow; });
}

Result<DeviceState> device_state(const Rules& rules) {
  DeviceState state;
  for (const plan::DeviceRule& rule : without_overruled(rules)) {
    if (decides_everything(rule)) {
      state.allow_by_default = rule.allow;
      state.exceptions.clear();
      continue;
    }
    for (const char type : {'b', 'c'}) {
      const Exception exception{
          .type = type, .major = rule.major, .minor = rule.minor, .access = access_of(rule)};
      if ((rule.type != 'a' && rule.type != type) || exception.access == 0) {
        continue;
      }
      if (rule.allow == state.allow_by_default) {
        TRY(remove_exception(state.exceptions, exception));
      } else {
        add_exception(state.exceptions, exception);
      }
    }
  }
  if (!state.allow_by_default) {
    complete_exceptions(state.exceptions);
  }
  return state;
}

Result<DeviceState> parse_device_list(std::string_view text) {
  DeviceState state;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) {
      continue;
    }
    const std::vector<std::string_view> fields = split(line, ' ');
    const std::vector<std::string_view> numbers =
        fields.size() == 3 ? split(fields[1], ':') : std::vector<std::string_view>{};
    if (numbers.size() != 2 || fields[0].size() != 1) {
      return fail(Error::invalid(cat("devices.list: '", line, "' is not a rule")));
    }
    if (fields[0] == "a") {
      state.allow_by_default = true;
      continue;
    }
    Exception exception{.type = fields[0].front(),
                        .major = TRY(parse_number(numbers[0])),
                        .minor = TRY(parse_number(numbers[1])),
                        .access = 0};
    exception.access |= fields[2].contains('r') ? kAccessRead : 0;
    exception.access |= fields[2].contains('w') ? kAccessWrite : 0;
    exception.access |= fields[2].contains('m') ? kAccessMknod : 0;
    add_exception(state.exceptions, exception);
  }
  return state;
}

std::vector<DeviceWrite> device_set_up(const DeviceState& to) {
  std::vector<DeviceWrite> writes;
  // "a" sets the default and forgets the exceptions.
  writes.push_back({.allow = to.allow_by_default, .line = "a"});
  append_difference(to.exceptions, {}, !to.allow_by_default, writes);
  return writes;
}

std::vector<DeviceWrite> device_transition(const DeviceState& from, const DeviceState& to) {
  // What is denied in a cgroup that allows by default cannot be read back: start afresh from there.
  if (from.allow_by_default || to.allow_by_default) {
    return device_set_up(to);
  }
  std::vector<DeviceWrite> writes;
  append_difference(to.exceptions, from.exceptions, true, writes);
  append_difference(from.exceptions, to.exceptions, false, writes);
  return writes;
}

}  // namespace plimsoll::cgroup
