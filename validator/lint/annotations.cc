// Annotations: those that change what an engine or runtime does, and the values of those that the
// specification defines (config.md#annotations). SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>
#include <string_view>

#include "validator/json/json.h"
#include "validator/lint/row.h"
#include "validator/spec/vocabulary.h"

namespace plimsoll::lint {
namespace {

std::string pointer_of(std::string_view key) {
  std::string pointer = "/annotations";
  json::append_pointer_token(pointer, key);
  return pointer;
}

void starts_with(const Spec& config, const Row& row, Findings& found) {
  for (const auto& [key, value] : config.annotations) {
    std::string_view prefixes = row.subject;
    while (!prefixes.empty()) {
      const std::string_view prefix = prefixes.substr(0, prefixes.find(' '));
      if (key.starts_with(prefix)) {
        found.add(pointer_of(key), cat("'", key, "' is an order to the runtime or its engine"));
        break;
      }
      prefixes.remove_prefix(prefixes.size() > prefix.size() ? prefix.size() + 1 : prefix.size());
    }
  }
}

// -- values (the image specification's) --

template <typename Valid>
void check_value(const Spec& config, const Row& row, Findings& found, Valid valid) {
  for (const auto& [key, value] : config.annotations) {
    if (key == row.subject && !valid(value)) {
      found.add(pointer_of(key), cat("'", value, "' is no value of ", key));
    }
  }
}

bool is_one_of(std::string_view words, std::string_view value) {
  return !value.empty() && value.find(' ') == std::string_view::npos &&
         cat(" ", words, " ").find(cat(" ", value, " ")) != std::string::npos;
}

void os(const Spec& config, const Row& row, Findings& found) {
  check_value(config, row, found, [](std::string_view value) {
    return is_one_of(
        "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd "
        "plan9 solaris wasip1 windows zos",
        value);
  });
}

void architecture(const Spec& config, const Row& row, Findings& found) {
  check_value(config, row, found, [](std::string_view value) {
    return is_one_of(
        "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le "
        "riscv64 s390x wasm sparc64 riscv",
        value);
  });
}

bool is_word(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ',';
  });
}

void word(const Spec& config, const Row& row, Findings& found) {
  check_value(config, row, found, is_word);
}

void not_empty(const Spec& config, const Row& row, Findings& found) {
  check_value(config, row, found, [](std::string_view value) { return !value.empty(); });
}

// RFC 3339, section 5.6: 2006-01-02T15:04:05[.9](Z|+01:00)
bool is_date_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() <= kShape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !digit(text[i])
                         : (text[i] != kShape[i] && !(kShape[i] == 'T' && text[i] == 't'))) {
      return false;
    }
  }
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  if (number(5) < 1 || number(5) > 12 || number(8) < 1 || number(8) > 31 || number(11) > 23 ||
      number(14) > 59 || number(17) > 60) {
    return false;
  }
  std::string_view rest = text.substr(kShape.size());
  if (rest.starts_with('.')) {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) {
      return false;
    }
    rest.remove_prefix(end);
  }
  return rest == "Z" || rest == "z" ||
         (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && digit(rest[1]) &&
          digit(rest[2]) && rest[3] == ':' && digit(rest[4]) && digit(rest[5]));
}

void created(const Spec& config, const Row& row, Findings& found) {
  check_value(config, row, found, is_date_time);
}

// "SIGKILL", "SIGRTMIN+3", or a number.
void stop_signal(const Spec& config, const Row& row, Findings& found) {
  check_value(config, row, found,
              [](std::string_view value) { return spec::find_signal(value).has_value(); });
}

constexpr auto kRows = std::to_array<Row>({
    {{"risk.annotation.systemd-property", Level::risk, "use linux.resources",
      "properties of the container's unit: where a label can set them, its limits are gone"},
     starts_with,
     "org.systemd.property."},
    {{"risk.annotation.criu-config", Level::risk, "configure CRIU on the host",
      "options of CRIU, which runs as root: files of its choice are written"},
     starts_with,
     "org.criu.config"},
    {{"risk.annotation.handler", Level::risk, "name the runtime in the engine's configuration",
      "another runtime, kernel or hypervisor than the engine's rules were made for"},
     starts_with,
     "run.oci.handler io.katacontainers.config.hypervisor. io.kubernetes.cri-o.userns-mode "
     "io.kubernetes.cri-o.Devices run.oci.hooks. run.oci.mount_context_type "
     "run.oci.delegate-cgroup"},
    {{"config.annotations.image.os.value", Level::should, "a GOOS, such as linux", ""},
     os,
     "org.opencontainers.image.os"},
    {{"config.annotations.image.architecture.value", Level::should, "a GOARCH, such as amd64", ""},
     architecture,
     "org.opencontainers.image.architecture"},
    {{"config.annotations.image.variant.value", Level::should, "a CPU variant, such as v8", ""},
     word,
     "org.opencontainers.image.variant"},
    {{"config.annotations.image.os.version.value", Level::should,
      "the version that the image names", ""},
     not_empty,
     "org.opencontainers.image.os.version"},
    {{"config.annotations.image.os.features.value", Level::should,
      "the features that the image names, between commas", ""},
     word,
     "org.opencontainers.image.os.features"},
    {{"config.annotations.image.author.value", Level::should, "name and address of a person", ""},
     not_empty,
     "org.opencontainers.image.author"},
    {{"config.annotations.image.created.value", Level::should,
      "date and time of RFC 3339, such as 2026-01-02T03:04:05Z", ""},
     created,
     "org.opencontainers.image.created"},
    {{"config.annotations.image.stopSignal.value", Level::should,
      "a signal, such as SIGTERM or SIGRTMIN+3", ""},
     stop_signal,
     "org.opencontainers.image.stopSignal"},
});

}  // namespace

std::span<const Row> annotation_rows() { return kRows; }

}  // namespace plimsoll::lint
