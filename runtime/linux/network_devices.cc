// linux.netDevices: moves devices of the host into the container's network namespace. Runs in the
// parent, which for that enters the namespace for the length of one socket(2).
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/linux/host.h"
#include "runtime/sys/file.h"
#include "runtime/sys/netlink.h"
#include "runtime/sys/process.h"

namespace plimsoll::linux {

namespace {

constexpr int kDumpTries = 8;

// -- names --

bool is_template(std::string_view name) { return name.find('%') != std::string_view::npos; }

// The kernel's rule for names (dev_valid_name), and of "%" only what the specification has: "%d"
// once, at the end.
Result<> check_name(std::string_view name) {
  const std::string_view stem = name.ends_with("%d") ? name.substr(0, name.size() - 2) : name;
  bool good = !stem.empty() && name.size() < IFNAMSIZ && name != "." && name != "..";
  for (const char c : stem) {
    const auto byte = static_cast<unsigned char>(c);
    good = good && byte > ' ' && byte != 0x7f && c != '/' && c != ':' && c != '%';
  }
  if (!good) {
    return fail(Error::invalid(cat("'", name, "' is no name of a network device")));
  }
  return {};
}

// -- one device and its addresses --

struct Address {
  ifaddrmsg head = {};
  std::uint32_t flags = 0;
  std::string address, local, broadcast;
  std::optional<std::uint32_t> priority;
};

struct Device {
  std::string host_name;
  std::string name;  // inside, or a template
  int host_index = 0;
  bool was_up = false;
  std::vector<Address> addresses;
  // Set once it is inside.
  int index = 0;
};

struct Link {
  int index = 0;
  unsigned flags = 0;
};

Result<Link> find_link(sys::NetlinkSocket& socket, std::string_view name) {
  ifinfomsg head = {};
  head.ifi_family = AF_UNSPEC;
  sys::NetlinkRequest request(RTM_GETLINK, 0, head);
  request.name(IFLA_IFNAME, name);
  Link link;
  TRY(socket.exchange(request, "RTM_GETLINK", [&link](const sys::NetlinkMessage& message) {
    ifinfomsg found = {};
    if (message.type() == RTM_NEWLINK && message.header(found)) {
      link = {.index = found.ifi_index, .flags = found.ifi_flags};
    }
  }));
  if (link.index == 0) {
    return fail(Error::system(ENODEV, "RTM_GETLINK"));
  }
  return link;
}

std::uint32_t number_of(std::string_view data) {
  std::uint32_t value = 0;
  if (data.size() == sizeof value) {
    std::memcpy(&value, data.data(), sizeof value);
  }
  return value;
}

Address read_address(const sys::NetlinkMessage& message, const ifaddrmsg& head) {
  Address out = {.head = head,
                 .flags = head.ifa_flags,
                 .address = {},
                 .local = {},
                 .broadcast = {},
                 .priority = {}};
  message.attributes(sizeof head, [&out](std::uint16_t type, std::string_view data) {
    switch (type) {
      case IFA_ADDRESS:
        out.address = data;
        break;
      case IFA_LOCAL:
        out.local = data;
        break;
      case IFA_BROADCAST:
        out.broadcast = data;
        break;
      case IFA_FLAGS:
        out.flags = number_of(data);
        break;
      case IFA_RT_PRIORITY:
        out.priority = number_of(data);
        break;
      default:
        break;
    }
  });
  return out;
}

// config-linux.md#network-devices: the permanent addresses of global scope, of any family.
Result<std::vector<Address>> read_addresses(sys::NetlinkSocket& socket, int index) {
  std::vector<Address> out;
  for (int left = kDumpTries;; --left) {
    out.clear();
    ifaddrmsg head = {};
    head.ifa_family = AF_UNSPEC;
    sys::NetlinkRequest request(RTM_GETADDR, NLM_F_DUMP, head);
    const auto read =
        socket.exchange(request, "RTM_GETADDR", [&](const sys::NetlinkMessage& message) {
          ifaddrmsg found = {};
          if (message.type() != RTM_NEWADDR || !message.header(found) ||
              found.ifa_index != static_cast<unsigned>(index) ||
              found.ifa_scope != RT_SCOPE_UNIVERSE) {
            return;
          }
          Address address = read_address(message, found);
          if ((address.flags & IFA_F_PERMANENT) != 0) {
            out.push_back(std::move(address));
          }
        });
    if (read) {
      return out;
    }
    if (read.error().err() != EINTR || left == 0) {
      return fail(read.error());
    }
  }
}

Result<> add_address(sys::NetlinkSocket& socket, int index, const Address& address) {
  // What an address is configured with; the rest of the flags is its state.
  constexpr std::uint32_t kKept = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
                                  IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
  ifaddrmsg head = address.head;
  head.ifa_index = static_cast<unsigned>(index);
  head.ifa_flags = 0;
  sys::NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, head);
  request.attribute(IFA_FLAGS, address.flags & kKept);
  if (!address.address.empty()) {
    request.attribute(IFA_ADDRESS, std::string_view(address.address));
  }
  if (!address.local.empty()) {
    request.attribute(IFA_LOCAL, std::string_view(address.local));
  }
  if (!address.broadcast.empty()) {
    request.attribute(IFA_BROADCAST, std::string_view(address.broadcast));
  }
  if (address.priority) {
    request.attribute(IFA_RT_PRIORITY, *address.priority);
  }
  return socket.exchange(request, "RTM_NEWADDR");
}

Result<> set_up(sys::NetlinkSocket& socket, int index) {
  ifinfomsg head = {};
  head.ifi_index = index;
  head.ifi_flags = IFF_UP;
  head.ifi_change = IFF_UP;
  sys::NetlinkRequest request(RTM_SETLINK, 0, head);
  return socket.exchange(request, "RTM_SETLINK");
}

Result<> rename_link(sys::NetlinkSocket& socket, int index, std::string_view name) {
  ifinfomsg head = {};
  head.ifi_index = index;
  sys::NetlinkRequest request(RTM_SETLINK, 0, head);
  request.name(IFLA_IFNAME, name);
  return socket.exchange(request, "RTM_SETLINK");
}

// Moves and renames in one request, so that a clash of the old name does no harm.
Result<> move_link(sys::NetlinkSocket& socket, int index, BorrowedFd netns, std::string_view name) {
  ifinfomsg head = {};
  head.ifi_index = index;
  sys::NetlinkRequest request(RTM_SETLINK, 0, head);
  request.name(IFLA_IFNAME, name);
  request.attribute(IFLA_NET_NS_FD, static_cast<std::uint32_t>(netns.get()));
  return socket.exchange(request, "RTM_SETLINK");
}

Result<> give_addresses(sys::NetlinkSocket& socket, int index, const Device& device) {
  for (const Address& address : device.addresses) {
    TRY_DOING("keep its addresses", add_address(socket, index, address));
  }
  return {};
}

// -- both ends --

struct Ends {
  UniqueFd host_netns;
  sys::NetlinkSocket host;
  sys::NetlinkSocket container;
};

Result<Ends> open_ends(BorrowedFd netns) {
  UniqueFd host_netns = TRY(sys::open_at(sys::cwd(), "/proc/self/ns/net", O_RDONLY));
  sys::NetlinkSocket host = TRY(sys::NetlinkSocket::open());
  TRY_DOING("enter the network namespace", sys::set_namespace(netns, CLONE_NEWNET));
  auto container = sys::NetlinkSocket::open();
  // Also when the socket failed. A parent that cannot go back must not go on.
  TRY_DOING("leave the network namespace", sys::set_namespace(host_netns, CLONE_NEWNET));
  return Ends{.host_netns = std::move(host_netns),
              .host = std::move(host),
              .container = TRY(std::move(container))};
}

// Everything that can be known before anything is changed.
Result<Device> prepare(Ends& ends, const plan::NetDevice& wanted) {
  Device device = {.host_name = wanted.host_name,
                   .name = wanted.name && !wanted.name->empty() ? *wanted.name : wanted.host_name,
                   .addresses = {}};
  TRY(check_name(device.host_name));
  TRY(check_name(device.name));
  const Link link = TRY(find_link(ends.host, device.host_name));
  if ((link.flags & IFF_LOOPBACK) != 0) {
    return fail(Error::invalid("the loopback device cannot be moved"));
  }
  device.host_index = link.index;
  device.was_up = (link.flags & IFF_UP) != 0;
  if (!is_template(device.name)) {
    const auto taken = find_link(ends.container, device.name);
    if (taken) {
      return fail(Error::invalid(
          cat("the container's network namespace has a device '", device.name, "' already")));
    }
    if (taken.error().err() != ENODEV) {
      return fail(taken.error());
    }
  }
  device.addresses = TRY(read_addresses(ends.host, device.host_index));
  return device;
}

// A name that nothing else has, under which the device can be found inside.
std::string passing_name(const Device& device) {
  return cat("plm", sys::process_id(), "i", device.host_index).substr(0, IFNAMSIZ - 1);
}

Result<> move_in(Ends& ends, BorrowedFd netns, Device& device) {
  const bool chosen_by_kernel = is_template(device.name);
  const std::string first_name = chosen_by_kernel ? passing_name(device) : device.name;
  const Result<> moved = move_link(ends.host, device.host_index, netns, first_name);
  if (!moved) {
    // The kernel moves first and renames then, so the device may be inside under its old name.
    if (!find_link(ends.host, device.host_name)) {
      const auto link = find_link(ends.container, device.host_name);
      device.index = link ? link->index : 0;
    }
    return fail(Error(moved.error()).wrap("move"));
  }
  device.index = TRY(find_link(ends.container, first_name)).index;
  if (chosen_by_kernel) {
    TRY_DOING(cat("rename to '", device.name, "'"),
              rename_link(ends.container, device.index, device.name));
  }
  TRY(give_addresses(ends.container, device.index, device));
  TRY_DOING("set up", set_up(ends.container, device.index));
  return {};
}

// As the host had it, as far as that can be done: the first error is the one to be told.
void move_back(Ends& ends, const Device& device) {
  if (device.index == 0 ||
      !move_link(ends.container, device.index, ends.host_netns, device.host_name)) {
    return;
  }
  const auto link = find_link(ends.host, device.host_name);
  if (!link) {
    return;
  }
  (void)give_addresses(ends.host, link->index, device);
  if (device.was_up) {
    (void)set_up(ends.host, link->index);
  }
}

}  // namespace

Result<> move_network_devices(const std::vector<plan::NetDevice>& devices, BorrowedFd netns) {
  if (devices.empty()) {
    return {};
  }
  Ends ends = TRY_DOING("network devices", open_ends(netns));
  std::vector<Device> prepared;
  prepared.reserve(devices.size());
  for (const plan::NetDevice& wanted : devices) {
    prepared.push_back(
        TRY_DOING(cat("network device '", wanted.host_name, "'"), prepare(ends, wanted)));
  }
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    if (const Result<> moved = move_in(ends, netns, prepared[i]); !moved) {
      for (std::size_t back = i + 1; back-- > 0;) {
        move_back(ends, prepared[back]);
      }
      return fail(Error(moved.error()).wrap(cat("network device '", prepared[i].host_name, "'")));
    }
  }
  return {};
}

}  // namespace plimsoll::linux
