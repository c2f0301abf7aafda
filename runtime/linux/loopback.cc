// SPDX-License-Identifier: Apache-2.0
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "runtime/linux/process_setup.h"
#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"

namespace plimsoll::linux {

Result<> bring_up_loopback() {
  // The ioctls of network devices work on a socket of any family, and every kernel has this one.
  const UniqueFd socket = TRY(sys::unix_socket(SOCK_DGRAM));
  ifreq request = {};
  std::memcpy(&request.ifr_name[0], "lo", 3);
  // "lo" is alone with the flags of a new device: there is nothing to read and keep.
  request.ifr_flags = IFF_UP;
  TRY_DOING("bring up 'lo'", sys::io_control(socket, SIOCSIFFLAGS, &request, "SIOCSIFFLAGS"));
  return {};
}

}  // namespace plimsoll::linux
