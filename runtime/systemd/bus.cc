// SPDX-License-Identifier: Apache-2.0
#include "runtime/systemd/bus.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "runtime/base/text.h"

namespace plimsoll::systemd {

namespace {

std::string environment(const char* name) {
  const char* value = getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? "" : value;
}

struct Address {
  std::string text;
  bool direct = false;
};

// A path as part of an address: everything else than these is escaped (D-Bus specification, "Server
// Addresses").
std::string escaped(std::string_view path) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-_/\\.").contains(c);
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      cat_to(out, "%", kHex[byte >> 4], kHex[byte & 15]);
    }
  }
  return out;
}

// The private socket needs no bus daemon, which is the part that is slow or dead when containers
// come and go by the hundred.
Result<Address> address_of(bool user) {
  if (!user) {
    if (const std::string given = environment("DBUS_SYSTEM_BUS_ADDRESS"); !given.empty()) {
      return Address{.text = given};
    }
    if (geteuid() == 0) {
      return Address{.text = "unix:path=/run/systemd/private", .direct = true};
    }
    return Address{.text = "unix:path=/run/dbus/system_bus_socket"};
  }
  const std::string given = environment("DBUS_SESSION_BUS_ADDRESS");
  const std::string folder = environment("XDG_RUNTIME_DIR");
  if (!folder.empty() && (given.empty() || given == cat("unix:path=", folder, "/bus"))) {
    const std::string socket = cat(folder, "/systemd/private");
    if (access(socket.c_str(), W_OK) == 0) {
      return Address{.text = cat("unix:path=", escaped(socket)), .direct = true};
    }
    return Address{.text = cat("unix:path=", escaped(folder), "/bus")};
  }
  if (!given.empty()) {
    return Address{.text = given};
  }
  return fail(Error::not_found(
      "no systemd manager of this user: neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS is "
      "set (log in through PAM, or: loginctl enable-linger USER and export "
      "XDG_RUNTIME_DIR=/run/user/UID)"));
}

Result<> append_basic(sd_bus_message* message, char type, const std::string& atom) {
  int result = -EINVAL;
  const auto natural = parse_unsigned(atom);
  const auto whole = parse_signed(atom);
  if (type == 's') {
    result = sd_bus_message_append_basic(message, type, atom.c_str());
  } else if (type == 'b' && natural) {
    const int value = *natural != 0 ? 1 : 0;
    result = sd_bus_message_append_basic(message, type, &value);
  } else if (natural || whole) {
    // The wire's integers are the low bytes of this one (little endian hosts and big ones differ).
    const auto value = natural ? *natural : static_cast<std::uint64_t>(*whole);
    const auto v8 = static_cast<std::uint8_t>(value);
    const auto v16 = static_cast<std::uint16_t>(value);
    const auto v32 = static_cast<std::uint32_t>(value);
    const void* pointer = type == 'y'                  ? static_cast<const void*>(&v8)
                          : type == 'n' || type == 'q' ? static_cast<const void*>(&v16)
                          : type == 'i' || type == 'u' ? static_cast<const void*>(&v32)
                                                       : static_cast<const void*>(&value);
    result = sd_bus_message_append_basic(message, type, pointer);
  }
  if (result < 0) {
    return fail(bus_error(result, cat("value '", atom, "' of type '", type, "'")));
  }
  return {};
}

// The length of the first complete type of a signature.
std::size_t type_length(std::string_view signature) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < signature.size(); ++i) {
    if (signature[i] == 'a') {
      continue;
    }
    depth += signature[i] == '(' ? 1U : 0U;
    depth -= signature[i] == ')' && depth > 0 ? 1U : 0U;
    if (depth == 0) {
      return i + 1;
    }
  }
  return signature.size();
}

Result<> append_container(sd_bus_message* message, char kind, std::string_view contents,
                          std::span<const std::string>& atoms, std::uint64_t times) {
  int result = sd_bus_message_open_container(message, kind, std::string(contents).c_str());
  if (result < 0) {
    return fail(bus_error(result, cat("container of '", contents, "'")));
  }
  for (std::uint64_t i = 0; i < times; ++i) {
    TRY(append_value(message, contents, atoms));
  }
  result = sd_bus_message_close_container(message);
  if (result < 0) {
    return fail(bus_error(result, cat("container of '", contents, "'")));
  }
  return {};
}

// The library itself would wait 90 seconds for a bus that takes the connection and is silent.
Result<> wait_until_ready(sd_bus* bus) {
  timespec start = {};
  (void)clock_gettime(CLOCK_MONOTONIC, &start);
  for (;;) {
    int result = sd_bus_is_ready(bus);
    if (result > 0) {
      return {};
    }
    if (result >= 0) {
      result = sd_bus_process(bus, nullptr);
    }
    if (result == 0) {
      timespec now = {};
      (void)clock_gettime(CLOCK_MONOTONIC, &now);
      if (now.tv_sec - start.tv_sec >= kCallSeconds) {
        return fail(Error::system(0, cat("no answer for ", kCallSeconds, " seconds")));
      }
      result = sd_bus_wait(bus, 1'000'000);
    }
    if (result < 0) {
      return fail(bus_error(result, "authenticate"));
    }
  }
}

}  // namespace

Error bus_error(int result, std::string_view what) {
  return Error::system(-result, std::string(what));
}

Result<Connection> connect(bool user) {
  const Address address = TRY(address_of(user));
  sd_bus* bus = nullptr;
  int result = sd_bus_new(&bus);
  Connection connection{.bus = Bus(bus), .direct = address.direct};
  const std::string doing = cat("connect to systemd at '", address.text, "'");
  if (result >= 0) {
    result = sd_bus_set_address(bus, address.text.c_str());
  }
  if (result >= 0 && !address.direct) {
    result = sd_bus_set_bus_client(bus, 1);
  }
  if (result >= 0) {
    result = sd_bus_set_method_call_timeout(bus, std::uint64_t{kCallSeconds} * 1'000'000);
  }
  // A full backlog of the socket: it is busy, and was not when others asked.
  for (unsigned attempt = 0; result >= 0 && attempt < 6; ++attempt) {
    result = sd_bus_start(bus);
    if (result != -EAGAIN) {
      break;
    }
    usleep(50'000U << attempt);
    result = 0;
  }
  if (result < 0) {
    return fail(bus_error(result, doing));
  }
  TRY_DOING(doing, wait_until_ready(bus));
  return connection;
}

Result<Message> new_call(sd_bus* bus, const char* method) {
  sd_bus_message* message = nullptr;
  const int result =
      sd_bus_message_new_method_call(bus, &message, kService, kObject, kManager, method);
  if (result < 0) {
    return fail(bus_error(result, method));
  }
  return Message(message);
}

Result<Message> call(sd_bus* bus, sd_bus_message* message, std::string* name) {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message* reply = nullptr;
  const int result = sd_bus_call(bus, message, 0, &error, &reply);
  if (result >= 0) {
    return Message(reply);
  }
  const char* method = sd_bus_message_get_member(message);
  const std::string what = method == nullptr ? "call" : method;
  Error out = bus_error(result, what);
  if (result == -ETIMEDOUT) {
    out = Error::system(0, cat(what, ": no answer from systemd for ", kCallSeconds, " seconds"));
  } else if (sd_bus_error_is_set(&error) != 0 && error.message != nullptr) {
    std::string_view text = error.message;
    text = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
    out = Error::system(0, cat(what, ": ", text));
  }
  if (name != nullptr && error.name != nullptr) {
    *name = error.name;
  }
  sd_bus_error_free(&error);
  return fail(std::move(out));
}

Result<> append_value(sd_bus_message* message, std::string_view signature,
                      std::span<const std::string>& atoms) {
  while (!signature.empty()) {
    const std::string_view type = signature.substr(0, type_length(signature));
    signature.remove_prefix(type.size());
    if (type[0] == '(') {
      TRY(append_container(message, 'r', type.substr(1, type.size() - 2), atoms, 1));
      continue;
    }
    if (atoms.empty()) {
      return fail(Error::invalid("a value is missing"));
    }
    const std::string& atom = atoms.front();
    atoms = atoms.subspan(1);
    if (type[0] != 'a') {
      TRY(append_basic(message, type[0], atom));
      continue;
    }
    const auto count = parse_unsigned(atom);
    if (!count || *count > atoms.size()) {
      return fail(Error::invalid(cat("an array of '", atom, "' elements")));
    }
    TRY(append_container(message, 'a', type.substr(1), atoms, *count));
  }
  return {};
}

}  // namespace plimsoll::systemd
