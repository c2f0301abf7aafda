// A connection to a systemd manager, and values of D-Bus from text. Every call has an end: a bus
// that does not answer is an error after kCallSeconds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-bus.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace plimsoll::systemd {

inline constexpr int kCallSeconds = 10;
inline constexpr int kJobSeconds = 30;

inline constexpr const char* kService = "org.freedesktop.systemd1";
inline constexpr const char* kObject = "/org/freedesktop/systemd1";
inline constexpr const char* kManager = "org.freedesktop.systemd1.Manager";

struct BusCloser {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
struct MessageCloser {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
struct SlotCloser {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Bus = std::unique_ptr<sd_bus, BusCloser>;
using Message = std::unique_ptr<sd_bus_message, MessageCloser>;
using Slot = std::unique_ptr<sd_bus_slot, SlotCloser>;

struct Connection {
  Bus bus;
  bool direct = false;  // to the manager's own socket, without a bus between
};

// The system's manager, or the user's own: by DBUS_SYSTEM_BUS_ADDRESS or DBUS_SESSION_BUS_ADDRESS
// when set, else by the manager's private socket, else by the bus.
Result<Connection> connect(bool user);

Result<Message> new_call(sd_bus* bus, const char* method);
// The reply. The error has D-Bus's own name in `name`, when that is wanted.
Result<Message> call(sd_bus* bus, sd_bus_message* message, std::string* name = nullptr);

// The error for a libsystemd call that returned `result`, which is negative.
Error bus_error(int result, std::string_view what);

// Appends a value of `signature`; `atoms` are its basic values in order, an array's preceded by the
// number of its elements. Takes what it uses from the front of `atoms`.
Result<> append_value(sd_bus_message* message, std::string_view signature,
                      std::span<const std::string>& atoms);

}  // namespace plimsoll::systemd
