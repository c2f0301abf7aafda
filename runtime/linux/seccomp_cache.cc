// A folder of compiled seccomp programs: libseccomp needs 14-35 ms for a profile of Docker's size.
// Each file holds everything that its program was made from, which is compared byte by byte: the
// hash in the name only finds the file, so a collision costs time and never changes a filter.
// Runs in the parent. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "runtime/base/text.h"
#include "runtime/linux/seccomp.h"
#include "runtime/linux/seccomp_parts.h"
#include "runtime/sys/build_id.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::linux {

namespace {

// Raise this whenever compile_filter makes another program of the same profile.
constexpr std::uint32_t kCompilerVersion = 3;
constexpr std::uint64_t kMagic = 0x3170636373706d69;  // not text, so that no text file passes
constexpr std::size_t kMaxKey = std::size_t{1024} * 1024;
constexpr std::size_t kMaxEntries = 128;  // most profiles have two

struct Header {
  std::uint64_t magic = kMagic;
  std::uint32_t key_size = 0;
  std::uint32_t instruction_count = 0;
  std::uint32_t notify = 0;
  std::uint32_t load_flags = 0;
  std::uint64_t checksum = 0;  // of all the above, the key and the instructions
};
static_assert(sizeof(Header) == 32);

// Multiplication by an odd number and the shifted XOR can both be undone, so two inputs that differ
// in one word always differ in the result. Against accidents: what keeps others from writing here
// is the file's owner and mode.
std::uint64_t mix(std::uint64_t hash, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  hash ^= size;
  const auto take = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
  };
  std::uint64_t word = 0;
  for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
    std::memcpy(&word, at, sizeof word);
    take(word);
  }
  if (size > 0) {
    word = 0;
    std::memcpy(&word, at, size);
    take(word);
  }
  return hash;
}

std::uint64_t checksum(Header header, std::string_view key,
                       const std::vector<sock_filter>& instructions) {
  header.checksum = 0;
  std::uint64_t hash = mix(1, &header, sizeof header);
  hash = mix(hash, key.data(), key.size());
  return mix(hash, instructions.data(), instructions.size() * sizeof(sock_filter));
}

// The header of a whole file of `size` bytes.
bool fits(const Header& header, std::uint64_t size) {
  return header.magic == kMagic && header.instruction_count > 0 &&
         header.instruction_count <= seccomp::kMaxInstructions && header.notify <= 1 &&
         size == sizeof header + header.key_size + header.instruction_count * sizeof(sock_filter);
}

// -- the key: everything that decides what compile_filter returns --

class KeyWriter {
 public:
  void number(std::uint64_t value) {
    key_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(value.size());
    key_.append(value);
  }
  template <typename T>
  void optional(const std::optional<T>& value) {
    number(value.has_value() ? 1 : 0);
    number(value.value_or(0));
  }
  std::string take() { return std::move(key_); }

 private:
  std::string key_;
};

// What the answer depends on beside the profile.
void add_circumstances(KeyWriter& key) {
  key.number(kCompilerVersion);
  key.number(sizeof(void*));
  key.text(seccomp::library_version());
  // libseccomp asks the kernel which actions it has.
  utsname system = {};
  (void)sys::raw(SYS_uname, &system);
  key.text(&system.machine[0]);
  key.text(&system.release[0]);
}

// Of a profile as it stands in a config.json. What is accepted, and with which flags, is this very
// program's decision.
std::string key_of(std::string_view json) {
  KeyWriter key;
  key.text("as written");
  key.text(sys::build_id());
  add_circumstances(key);
  key.text(json);
  return key.take();
}

std::string key_of(const plan::Seccomp& profile) {
  KeyWriter key;
  add_circumstances(key);
  key.text(profile.default_action);
  key.optional(profile.default_errno_ret);
  key.number(profile.architectures.size());
  for (const std::string& name : profile.architectures) {
    key.text(name);
  }
  key.number(profile.syscalls.size());
  for (const spec::SeccompSyscall& call : profile.syscalls) {
    key.text(call.action);
    key.optional(call.errno_ret);
    key.number(call.names.size());
    for (const std::string& name : call.names) {
      key.text(name);
    }
    key.number(call.args.size());
    for (const spec::SeccompArg& arg : call.args) {
      key.number(arg.index);
      key.number(arg.value);
      key.number(arg.value_two);
      key.text(arg.op);
    }
  }
  return key.take();
}

std::string name_of(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  const std::uint64_t hash = mix(2, key.data(), key.size());
  for (int shift = 60; shift >= 0; shift -= 4) {
    name.push_back(kDigits[(hash >> shift) & 15]);
  }
  return name;
}

// -- reading --

// Owned by us and closed to everybody else, so nobody else can have written it.
bool trusted(const struct stat& info, mode_t type) {
  return (info.st_mode & S_IFMT) == type && info.st_uid == sys::effective_user_id() &&
         (info.st_mode & 0077) == 0;
}

bool is_trusted_folder(BorrowedFd dir) {
  const auto info = sys::stat_fd(dir);
  return info && trusted(*info, S_IFDIR);
}

bool read_exactly(BorrowedFd file, void* buffer, std::size_t size) {
  char* at = static_cast<char*>(buffer);
  while (size > 0) {
    const Result<std::size_t> got = sys::read_some(file, at, size);
    if (!got || *got == 0) {
      return false;
    }
    at += *got;
    size -= *got;
  }
  return true;
}

// Compares piece by piece in a small buffer: fresh memory costs more than the comparison.
bool next_bytes_are(BorrowedFd file, std::string_view expected) {
  std::array<char, 4096> buffer;
  while (!expected.empty()) {
    const std::size_t part = std::min(expected.size(), buffer.size());
    if (!read_exactly(file, buffer.data(), part) ||
        std::memcmp(buffer.data(), expected.data(), part) != 0) {
      return false;
    }
    expected.remove_prefix(part);
  }
  return true;
}

std::optional<seccomp::Filter> read_entry(BorrowedFd dir, const std::string& name,
                                          std::string_view key) {
  const auto file = sys::open_at(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) {
    return std::nullopt;
  }
  const auto info = sys::stat_fd(*file);
  if (!info || !trusted(*info, S_IFREG)) {
    return std::nullopt;
  }
  Header header;
  if (!read_exactly(*file, &header, sizeof header) || header.key_size != key.size() ||
      !fits(header, static_cast<std::uint64_t>(info->st_size)) || !next_bytes_are(*file, key)) {
    return std::nullopt;
  }
  seccomp::Filter filter;
  filter.notify = header.notify == 1;
  filter.load_flags = header.load_flags;
  filter.instructions.resize(header.instruction_count);
  if (!read_exactly(*file, filter.instructions.data(),
                    filter.instructions.size() * sizeof(sock_filter)) ||
      header.checksum != checksum(header, key, filter.instructions)) {
    return std::nullopt;
  }
  return filter;
}

// -- writing --

// Keeps the folder small: removes the oldest files once there are too many. Temporary files that a
// killed process left behind count as files.
Result<> make_room(BorrowedFd dir) {
  const UniqueFd listed = TRY(sys::open_at(dir, ".", O_RDONLY | O_DIRECTORY));
  struct Entry {
    std::int64_t changed;
    std::string name;
  };
  std::vector<Entry> entries;
  for (sys::DirEntry& entry : TRY(sys::list_dir(listed))) {
    const auto info = sys::stat_at(dir, entry.name.c_str(), AT_SYMLINK_NOFOLLOW);
    if (info && (info->st_mode & S_IFMT) != S_IFDIR) {
      entries.push_back({.changed = info->st_mtim.tv_sec, .name = std::move(entry.name)});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.changed < b.changed; });
  for (std::size_t i = 0; i + kMaxEntries <= entries.size(); ++i) {
    (void)sys::unlink_at(dir, entries[i].name.c_str());
  }
  return {};
}

Result<> write_entry(BorrowedFd dir, const std::string& name, std::string_view key,
                     const seccomp::Filter& filter) {
  TRY(make_room(dir));
  const std::string content = seccomp::encode_entry(key, filter);
  std::uint64_t random = 0;
  (void)sys::raw(SYS_getrandom, &random, sizeof random, GRND_NONBLOCK);
  const std::string temporary = cat(name, ".", sys::process_id(), ".", random);
  const UniqueFd file =
      TRY(sys::open_at(dir, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  Result<> written = sys::write_all(file, content);
  if (written) {
    written = sys::rename_at(dir, temporary.c_str(), dir, name.c_str());
  }
  if (!written) {
    (void)sys::unlink_at(dir, temporary.c_str());
  }
  return written;
}

}  // namespace

namespace seccomp {

std::string encode_entry(std::string_view key, const Filter& filter) {
  Header header;
  header.key_size = static_cast<std::uint32_t>(key.size());
  header.instruction_count = static_cast<std::uint32_t>(filter.instructions.size());
  header.notify = filter.notify ? 1 : 0;
  header.load_flags = filter.load_flags;
  header.checksum = checksum(header, key, filter.instructions);
  std::string content(reinterpret_cast<const char*>(&header), sizeof header);
  content.append(key);
  content.append(reinterpret_cast<const char*>(filter.instructions.data()),
                 filter.instructions.size() * sizeof(sock_filter));
  return content;
}

std::optional<Entry> decode_entry(std::string_view bytes) {
  Header header;
  if (bytes.size() < sizeof header) {
    return std::nullopt;
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  if (!fits(header, bytes.size())) {
    return std::nullopt;
  }
  Entry entry{.key = bytes.substr(sizeof header, header.key_size), .filter = {}};
  entry.filter.notify = header.notify == 1;
  entry.filter.load_flags = header.load_flags;
  entry.filter.instructions.resize(header.instruction_count);
  std::memcpy(entry.filter.instructions.data(), bytes.data() + sizeof header + header.key_size,
              entry.filter.instructions.size() * sizeof(sock_filter));
  if (header.checksum != checksum(header, entry.key, entry.filter.instructions)) {
    return std::nullopt;
  }
  return entry;
}

}  // namespace seccomp

std::optional<SeccompProgram> recall_seccomp(BorrowedFd cache_dir, std::string_view json) {
  if (!is_trusted_folder(cache_dir) || json.size() > kMaxKey || sys::build_id().empty()) {
    return std::nullopt;
  }
  const std::string key = key_of(json);
  auto filter = read_entry(cache_dir, name_of(key), key);
  if (!filter || filter->notify) {
    return std::nullopt;
  }
  return SeccompProgram{.instructions = std::move(filter->instructions),
                        .load_flags = filter->load_flags,
                        .notify = false};
}

void remember_seccomp(BorrowedFd cache_dir, std::string_view json, const SeccompProgram& program) {
  if (!is_trusted_folder(cache_dir) || json.size() > kMaxKey || sys::build_id().empty() ||
      program.notify || program.instructions.empty()) {
    return;
  }
  const std::string key = key_of(json);
  (void)write_entry(
      cache_dir, name_of(key), key,
      {.instructions = program.instructions, .notify = false, .load_flags = program.load_flags});
}

Result<SeccompProgram> compile_seccomp_cached(const plan::Seccomp& profile, BorrowedFd cache_dir,
                                              std::vector<std::string>& warnings) {
  const std::string key = key_of(profile);
  if (!is_trusted_folder(cache_dir) || key.size() > kMaxKey) {
    return compile_seccomp(profile, warnings);
  }
  const std::string name = name_of(key);
  std::optional<seccomp::Filter> filter = read_entry(cache_dir, name, key);
  if (!filter) {
    filter = TRY(seccomp::compile_apart(profile));
    // A cache that cannot be written costs time at the next start, and nothing else.
    (void)write_entry(cache_dir, name, key, *filter);
  }
  // Not from the cache: one system call, and its warnings belong to each start.
  const unsigned flags = TRY(seccomp::load_flags(profile, filter->notify, warnings));
  return SeccompProgram{.instructions = std::move(filter->instructions),
                        .load_flags = flags,
                        .notify = filter->notify};
}

}  // namespace plimsoll::linux
