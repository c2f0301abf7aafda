// Seccomp and device filters of the floor.
// SPDX-License-Identifier: Apache-2.0
#include "bench/floor/filters.h"

#include <linux/bpf.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace plimsoll::bench {
namespace {

struct Word {
  std::string_view name;
  std::uint32_t value;
};
constexpr auto kOperators = std::to_array<Word>({
    {"SCMP_CMP_NE", SCMP_CMP_NE},
    {"SCMP_CMP_LT", SCMP_CMP_LT},
    {"SCMP_CMP_LE", SCMP_CMP_LE},
    {"SCMP_CMP_EQ", SCMP_CMP_EQ},
    {"SCMP_CMP_GE", SCMP_CMP_GE},
    {"SCMP_CMP_GT", SCMP_CMP_GT},
    {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
});

std::uint32_t action_of(const std::string& name, unsigned error) {
  if (name == "SCMP_ACT_ALLOW") {
    return SCMP_ACT_ALLOW;
  }
  if (name == "SCMP_ACT_ERRNO") {
    return SCMP_ACT_ERRNO(error);
  }
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") {
    return SCMP_ACT_KILL_THREAD;
  }
  if (name == "SCMP_ACT_KILL_PROCESS") {
    return SCMP_ACT_KILL_PROCESS;
  }
  if (name == "SCMP_ACT_LOG") {
    return SCMP_ACT_LOG;
  }
  throw std::runtime_error("the floor does not know the seccomp action '" + name + "'");
}

scmp_arg_cmp condition_of(const Json& argument) {
  const std::string name = argument.at("op");
  for (const Word& word : kOperators) {
    if (word.name == name) {
      return {.arg = argument.at("index"),
              .op = static_cast<scmp_compare>(word.value),
              .datum_a = argument.at("value"),
              .datum_b = argument.value("valueTwo", std::uint64_t{0})};
    }
  }
  throw std::runtime_error("the floor does not know the seccomp operator '" + name + "'");
}

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

void check(int result, const char* doing) {
  if (result < 0 && result != -EEXIST) {
    throw std::system_error(-result, std::generic_category(), doing);
  }
}

void add_rule(const Context& context, const Json& rule, std::uint32_t default_action) {
  const std::uint32_t action = action_of(rule.at("action"), rule.value("errnoRet", 1U));
  if (action == default_action) {
    return;
  }
  std::vector<scmp_arg_cmp> conditions;
  for (const Json& argument : rule.value("args", Json::array())) {
    conditions.push_back(condition_of(argument));
  }
  for (const Json& name : rule.at("names")) {
    const int number = seccomp_syscall_resolve_name(name.get<std::string>().c_str());
    if (number != __NR_SCMP_ERROR) {
      check(seccomp_rule_add_array(context.get(), action, number,
                                   static_cast<unsigned>(conditions.size()), conditions.data()),
            "seccomp_rule_add");
    }
  }
}

std::string export_filter(const Context& context) {
  const int file = memfd_create("filter", MFD_CLOEXEC);
  check(seccomp_export_bpf(context.get(), file), "seccomp_export_bpf");
  std::string filter(static_cast<std::size_t>(lseek(file, 0, SEEK_END)), '\0');
  const ssize_t size = pread(file, filter.data(), filter.size(), 0);
  close(file);
  if (size != static_cast<ssize_t>(filter.size())) {
    throw std::runtime_error("seccomp_export_bpf has written less than it said");
  }
  return filter;
}

bpf_insn instruction(unsigned code, unsigned to, unsigned from, short offset, int value) {
  bpf_insn one{};
  one.code = static_cast<unsigned char>(code);
  one.dst_reg = to & 0xfU;
  one.src_reg = from & 0xfU;
  one.off = offset;
  one.imm = value;
  return one;
}

}  // namespace

std::string seccomp_filter(const Json& seccomp) {
  const std::uint32_t default_action =
      action_of(seccomp.at("defaultAction"), seccomp.value("defaultErrnoRet", 1U));
  const Context context(seccomp_init(default_action), seccomp_release);
  if (context == nullptr) {
    throw std::runtime_error("seccomp_init");
  }
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0);
  for (const Json& name : seccomp.value("architectures", Json::array())) {
    // "SCMP_ARCH_X86_64" is libseccomp's "x86_64".
    std::string arch = name.get<std::string>().substr(std::string_view("SCMP_ARCH_").size());
    for (char& letter : arch) {
      letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    }
    const std::uint32_t token = seccomp_arch_resolve_name(arch.c_str());
    if (token != 0) {
      check(seccomp_arch_add(context.get(), token), "seccomp_arch_add");
    }
  }
  for (const Json& rule : seccomp.value("syscalls", Json::array())) {
    add_rule(context, rule, default_action);
  }
  return export_filter(context);
}

std::string device_filter() {
  // r1 is bpf_cgroup_dev_ctx: access_type, major, minor, 32 bits each. access_type's lower half is
  // 2 for a character device.
  std::vector<bpf_insn> program;
  program.push_back(instruction(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 4, 0));
  program.push_back(instruction(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 8, 0));
  for (const Device& device : kDefaultDevices) {
    program.push_back(
        instruction(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 3, static_cast<int>(device.major)));
    program.push_back(
        instruction(BPF_JMP | BPF_JNE | BPF_K, 3, 0, 2, static_cast<int>(device.minor)));
    program.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1));
    program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
  program.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  return {reinterpret_cast<const char*>(program.data()), program.size() * sizeof(bpf_insn)};
}

}  // namespace plimsoll::bench
