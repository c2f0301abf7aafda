// SPDX-License-Identifier: Apache-2.0
#include "runtime/sys/bpf.h"

#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/sys/raw.h"

namespace plimsoll::sys {

namespace {

std::uint64_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

// The kernel refuses attributes with bytes set that it does not know: each call passes only the
// size up to its last field.
long call(int command, bpf_attr& attributes, std::size_t size) {
  return raw_retry(SYS_bpf, command, &attributes, size);
}

std::unexpected<Error> failed(long result, std::string_view what) {
  return fail(Error::system(static_cast<int>(-result), std::string(what)));
}

bpf_attr zeroed() {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  return attributes;
}

constexpr std::size_t kLoadSize = offsetof(bpf_attr, prog_name) + sizeof(bpf_attr::prog_name);

bpf_attr load_attributes(std::span<const bpf_insn> program, const char* name) {
  static constexpr char kLicense[] = "Apache-2.0";
  bpf_attr attributes = zeroed();
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
  attributes.insns = address(program.data());
  attributes.license = address(kLicense);
  std::strncpy(attributes.prog_name, name, sizeof attributes.prog_name - 1);
  return attributes;
}

// setrlimit(2) of RLIMIT_MEMLOCK to no limit: before Linux 5.11 programs are charged to it.
bool lift_locked_memory_limit() {
  const rlimit64 limit = {.rlim_cur = RLIM64_INFINITY, .rlim_max = RLIM64_INFINITY};
  return raw(SYS_prlimit64, 0, RLIMIT_MEMLOCK, &limit, nullptr) == 0;
}

long load(bpf_attr& attributes) {
  long result = call(BPF_PROG_LOAD, attributes, kLoadSize);
  if (result == -EPERM && lift_locked_memory_limit()) {
    result = call(BPF_PROG_LOAD, attributes, kLoadSize);
  }
  for (int attempt = 0; result == -EAGAIN && attempt < 5; ++attempt) {
    result = call(BPF_PROG_LOAD, attributes, kLoadSize);  // a signal interrupted the verifier
  }
  return result;
}

long attach(BorrowedFd cgroup, int program, BorrowedFd replaced) {
  bpf_attr attributes = zeroed();
  attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program);
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  std::size_t size = offsetof(bpf_attr, attach_flags) + sizeof attributes.attach_flags;
  if (replaced.valid()) {
    attributes.attach_flags |= BPF_F_REPLACE;
    attributes.replace_bpf_fd = static_cast<std::uint32_t>(replaced.get());
    size = offsetof(bpf_attr, replace_bpf_fd) + sizeof attributes.replace_bpf_fd;
  }
  return call(BPF_PROG_ATTACH, attributes, size);
}

}  // namespace

Result<UniqueFd> bpf_load_device_program(std::span<const bpf_insn> program, const char* name) {
  bpf_attr attributes = load_attributes(program, name);
  const long result = load(attributes);
  if (result >= 0) {
    return UniqueFd(static_cast<int>(result));
  }
  if (result != -EINVAL && result != -EACCES) {
    return failed(result, "bpf BPF_PROG_LOAD");
  }
  // Only now, as a log slows the verifier down.
  std::array<char, 4096> log = {};
  attributes.log_buf = address(log.data());
  attributes.log_size = log.size();
  attributes.log_level = 1;
  if (const long again = call(BPF_PROG_LOAD, attributes, kLoadSize); again >= 0) {
    return UniqueFd(static_cast<int>(again));
  }
  log.back() = '\0';
  return failed(result, cat("bpf BPF_PROG_LOAD: ", trim(log.data())));
}

Result<> bpf_attach_device_program(BorrowedFd cgroup, BorrowedFd program, BorrowedFd replaced) {
  if (const long result = attach(cgroup, program.get(), replaced); result < 0) {
    return failed(result, "bpf BPF_PROG_ATTACH");
  }
  return {};
}

int bpf_try_set_device_program(BorrowedFd cgroup, std::span<const bpf_insn> program,
                               const char* name) {
  bpf_attr attributes = load_attributes(program, name);
  const long loaded = load(attributes);
  if (loaded < 0) {
    return static_cast<int>(-loaded);
  }
  const UniqueFd fd(static_cast<int>(loaded));
  return static_cast<int>(-attach(cgroup, fd.get(), BorrowedFd::of(-1)));
}

Result<> bpf_detach_device_program(BorrowedFd cgroup, BorrowedFd program) {
  bpf_attr attributes = zeroed();
  attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
  attributes.attach_type = BPF_CGROUP_DEVICE;
  const std::size_t size = offsetof(bpf_attr, attach_flags) + sizeof attributes.attach_flags;
  if (const long result = call(BPF_PROG_DETACH, attributes, size); result < 0) {
    return failed(result, "bpf BPF_PROG_DETACH");
  }
  return {};
}

Result<std::vector<std::uint32_t>> bpf_device_programs(BorrowedFd cgroup) {
  std::vector<std::uint32_t> ids(64);
  bpf_attr attributes = zeroed();
  attributes.query.target_fd = static_cast<std::uint32_t>(cgroup.get());
  attributes.query.attach_type = BPF_CGROUP_DEVICE;
  attributes.query.prog_ids = address(ids.data());
  attributes.query.prog_cnt = static_cast<std::uint32_t>(ids.size());
  const std::size_t size = offsetof(bpf_attr, query.prog_cnt) + sizeof attributes.query.prog_cnt;
  if (const long result = call(BPF_PROG_QUERY, attributes, size); result < 0) {
    return failed(result, "bpf BPF_PROG_QUERY");
  }
  ids.resize(attributes.query.prog_cnt < ids.size() ? attributes.query.prog_cnt : ids.size());
  return ids;
}

Result<UniqueFd> bpf_program_by_id(std::uint32_t id) {
  bpf_attr attributes = zeroed();
  attributes.prog_id = id;
  const std::size_t size = offsetof(bpf_attr, open_flags) + sizeof attributes.open_flags;
  const long result = call(BPF_PROG_GET_FD_BY_ID, attributes, size);
  if (result < 0) {
    return failed(result, "bpf BPF_PROG_GET_FD_BY_ID");
  }
  return UniqueFd(static_cast<int>(result));
}

Result<std::string> bpf_program_name(BorrowedFd program) {
  bpf_prog_info info;
  std::memset(&info, 0, sizeof info);
  bpf_attr attributes = zeroed();
  attributes.info.bpf_fd = static_cast<std::uint32_t>(program.get());
  attributes.info.info_len = sizeof info;
  attributes.info.info = address(&info);
  const std::size_t size = offsetof(bpf_attr, info) + sizeof attributes.info;
  if (const long result = call(BPF_OBJ_GET_INFO_BY_FD, attributes, size); result < 0) {
    return failed(result, "bpf BPF_OBJ_GET_INFO_BY_FD");
  }
  info.name[sizeof info.name - 1] = '\0';
  return std::string(info.name);
}

}  // namespace plimsoll::sys
