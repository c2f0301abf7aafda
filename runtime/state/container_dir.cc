// One container's folder: its lock, and its files, each of which is replaced as a whole. Nothing
// here calls fsync: what must survive is the death of a process at any point, for which the page
// cache is enough; after the machine's own crash the container is gone with everything that these
// files name, and a torn file is told by its checksum. SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/state/records.h"
#include "runtime/state/state.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/raw.h"

namespace plimsoll::state {

namespace {

constexpr const char* kIntentFile = "intent.json";
constexpr const char* kInitLink = "init";
constexpr const char* kStateFile = "state.json";
constexpr const char* kConfigFile = "config.json";
constexpr const char* kSeccompFile = "seccomp";
constexpr mode_t kDirMode = 0711;
constexpr mode_t kFileMode = 0600;
constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
// A config of the largest size that is read, and as much again for what a record adds.
constexpr std::size_t kMaxFile = std::size_t{32} << 20;
constexpr std::uint32_t kLockMilliseconds = 10'000;
constexpr std::uint32_t kLongestNap = 16;
// The folder holds files and notify/; more levels are not ours.
constexpr int kMaxDepth = 8;

bool is_ours(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == sys::effective_user_id();
}

Error no_container() { return Error::not_found("container does not exist"); }

Result<> write_new_file(BorrowedFd dir, const char* name, std::string_view content) {
  auto file = sys::open_at(dir, name, kNewFile, kFileMode);
  if (!file && file.error().err() == EEXIST) {
    TRY(sys::unlink_at(dir, name));  // left by a command that was killed
    file = sys::open_at(dir, name, kNewFile, kFileMode);
  }
  const UniqueFd fd = TRY(std::move(file));
  TRY_DOING(cat("'", name, "'"), sys::write_all(fd, content));
  return {};
}

Result<> replace_file(BorrowedFd dir, const char* name, std::string_view content) {
  const std::string temporary = cat(".", name);
  TRY(write_new_file(dir, temporary.c_str(), content));
  return sys::rename_at(dir, temporary.c_str(), dir, name);
}

// Takes whatever may lie there: O_NONBLOCK for a FIFO, O_NOFOLLOW for a link, a bound for the size.
Result<std::string> read_own_file(BorrowedFd dir, const char* name) {
  auto opened = sys::open_at(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
  if (!opened) {
    if (opened.error().err() == ENOENT) {
      return fail(Error::not_found(cat("'", name, "' does not exist")));
    }
    // ELOOP for a symbolic link, ENXIO for a socket.
    return fail(Error::invalid(cat("'", name, "' is damaged: ", opened.error().message())));
  }
  const UniqueFd file = *std::move(opened);
  const struct stat status = TRY(sys::stat_fd(file));
  if (!S_ISREG(status.st_mode)) {
    return fail(Error::invalid(cat("'", name, "' is damaged: not a regular file")));
  }
  if (!is_ours(status)) {
    return fail(Error::invalid(cat("'", name, "' is owned by uid ", status.st_uid)));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kMaxFile) {
    return fail(Error::invalid(cat("'", name, "' is damaged: ", size, " bytes long")));
  }
  std::string content(size, '\0');
  std::size_t used = 0;
  while (used < size) {
    const std::size_t count =
        TRY_DOING(cat("'", name, "'"), sys::read_some(file, content.data() + used, size - used));
    if (count == 0) {
      break;
    }
    used += count;
  }
  content.resize(used);
  return content;
}

// The folder may have been removed, and another made, between our open and our lock.
Result<bool> is_linked(BorrowedFd dir) { return TRY(sys::stat_fd(dir)).st_nlink > 0; }

Result<> lock_in_time(BorrowedFd dir, const std::string& id) {
  const std::uint64_t start = sys::monotonic_milliseconds();
  for (std::uint32_t nap = 1;; nap = std::min(nap * 2, kLongestNap)) {
    const auto locked = sys::lock_fd(dir, LOCK_EX | LOCK_NB);
    if (locked || locked.error().err() != EWOULDBLOCK) {
      return locked;
    }
    if (sys::monotonic_milliseconds() - start >= kLockMilliseconds) {
      return fail(Error::wrong_state(
          cat("container ", id, " is in use: another command has held its lock for 10 seconds")));
    }
    sys::sleep_milliseconds(nap);
  }
}

Result<> remove_content(BorrowedFd dir, int depth, std::string_view last);

Result<> remove_entry(BorrowedFd dir, const sys::DirEntry& entry, int depth) {
  auto unlinked = sys::unlink_at(dir, entry.name.c_str());
  if (unlinked || unlinked.error().err() == ENOENT) {
    return {};
  }
  if (unlinked.error().err() != EISDIR || depth == kMaxDepth) {
    return unlinked;
  }
  const UniqueFd child =
      TRY(sys::open_at(dir, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(remove_content(child, depth + 1, {}));
  return sys::unlink_at(dir, entry.name.c_str(), AT_REMOVEDIR);
}

Result<> remove_content(BorrowedFd dir, int depth, std::string_view last) {
  const std::vector<sys::DirEntry> entries = TRY(sys::list_dir(dir));
  const sys::DirEntry* kept = nullptr;
  for (const sys::DirEntry& entry : entries) {
    if (entry.name == last) {
      kept = &entry;
      continue;
    }
    TRY(remove_entry(dir, entry, depth));
  }
  return kept == nullptr ? Result<>() : remove_entry(dir, *kept, depth);
}

}  // namespace

ContainerDir::~ContainerDir() {
  if (dir_ && root_) {
    (void)sys::lock_fd(dir_, LOCK_UN);
  }
}

Result<ContainerDir> ContainerDir::create(BorrowedFd root, const std::string& id) {
  TRY(check_id(id));
  // Again where a `delete --force` came between mkdir and the lock.
  for (int attempt = 0; attempt < 16; ++attempt) {
    if (auto made = sys::mkdir_at(root, id.c_str(), kDirMode); !made) {
      if (made.error().err() == EEXIST) {
        return fail(Error::exists("container with given ID already exists"));
      }
      return fail(std::move(made).error().wrap("state folder"));
    }
    auto opened = sys::open_at(root, id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!opened) {
      if (opened.error().err() == ENOENT) {
        continue;
      }
      return fail(std::move(opened).error());
    }
    ContainerDir dir(TRY(sys::duplicate(root)), *std::move(opened), id);
    TRY(lock_in_time(dir.dir_, id));
    if (TRY(is_linked(dir.dir_))) {
      TRY(sys::chmod_fd(dir.dir_, kDirMode));  // whatever the umask is
      return dir;
    }
  }
  return fail(Error::wrong_state(cat("container ", id, " is being deleted by others")));
}

Result<ContainerDir> ContainerDir::open(BorrowedFd root, const std::string& id, Lock lock) {
  TRY(check_id(id));
  auto opened = sys::open_at(root, id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened) {
    if (opened.error().err() == ENOENT) {
      return fail(no_container());
    }
    return fail(std::move(opened).error().wrap("state folder"));
  }
  ContainerDir dir(UniqueFd(), *std::move(opened), id);
  if (lock != Lock::none) {
    dir.root_ = TRY(sys::duplicate(root));
  }
  if (lock == Lock::exclusive) {
    TRY(lock_in_time(dir.dir_, id));
  }
  const struct stat status = TRY(sys::stat_fd(dir.dir_));
  if (status.st_nlink == 0) {
    return fail(no_container());
  }
  if (!is_ours(status)) {
    return fail(Error::invalid(cat("state folder '", id, "' is owned by uid ", status.st_uid)));
  }
  return dir;
}

Result<bool> ContainerDir::try_lock() {
  auto locked = sys::lock_fd(dir_, LOCK_EX | LOCK_NB);
  if (!locked && locked.error().err() == EWOULDBLOCK) {
    return false;
  }
  TRY(std::move(locked));
  if (!TRY(is_linked(dir_))) {
    return fail(no_container());
  }
  return true;
}

Result<> ContainerDir::save_intent(const Intent& intent) {
  return replace_file(dir_, kIntentFile, encode_intent(intent));
}

Result<Intent> ContainerDir::load_intent() const {
  const std::string text = TRY(read_own_file(dir_, kIntentFile));
  Intent intent = TRY_DOING(kIntentFile, decode_intent(text));
  if (intent.id != id_) {
    return fail(Error::invalid(cat(kIntentFile, ": damaged: of container '", intent.id, "'")));
  }
  return intent;
}

Result<> ContainerDir::save(const Record& record) {
  if (record.init.pid > 0 && record.init != saved_init_) {
    TRY(save_init(record.init));
  }
  return replace_file(dir_, kStateFile, encode_record(record));
}

Result<Record> ContainerDir::load() const {
  const std::string text = TRY(read_own_file(dir_, kStateFile));
  Record record = TRY_DOING(kStateFile, decode_record(text));
  if (record.id != id_) {
    return fail(Error::invalid(cat(kStateFile, ": damaged: of container '", record.id, "'")));
  }
  return record;
}

Result<> ContainerDir::save_config(std::string_view bytes) {
  return write_new_file(dir_, kConfigFile, bytes);
}

namespace {

int try_write_new_file(BorrowedFd dir, const char* name, std::string_view bytes) {
  const long opened = sys::raw_retry(SYS_openat, dir.get(), name, kNewFile | O_CLOEXEC, kFileMode);
  if (opened < 0) {
    return static_cast<int>(-opened);
  }
  const UniqueFd file(static_cast<int>(opened));
  while (!bytes.empty()) {
    const long written = sys::raw_retry(SYS_write, file.get(), bytes.data(), bytes.size());
    if (written < 0) {
      return static_cast<int>(-written);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

int ContainerDir::try_save_config(std::string_view bytes) {
  return try_write_new_file(dir_, kConfigFile, bytes);
}

int ContainerDir::try_save_seccomp(std::string_view bytes) {
  return try_write_new_file(dir_, kSeccompFile, bytes);
}

Result<std::string> ContainerDir::load_seccomp() const { return read_own_file(dir_, kSeccompFile); }

Result<std::string> ContainerDir::load_config() const { return read_own_file(dir_, kConfigFile); }

int ContainerDir::try_save_init(const ProcessIdentity& init) {
  const IdentityText text(init);
  const long linked = sys::raw(SYS_symlinkat, text.c_str(), dir_.get(), kInitLink);
  if (linked == 0) {
    saved_init_ = init;
  }
  return static_cast<int>(-linked);
}

Result<> ContainerDir::save_init(const ProcessIdentity& init) {
  int error = try_save_init(init);
  if (error == EEXIST) {
    if (TRY(sys::read_link_at(dir_, kInitLink)) == IdentityText(init).c_str()) {
      return {};
    }
    TRY(sys::unlink_at(dir_, kInitLink));
    error = try_save_init(init);
  }
  if (error != 0) {
    return fail(Error::system(error, cat("symlink '", kInitLink, "'")));
  }
  return {};
}

Result<ProcessIdentity> ContainerDir::load_init() const {
  auto text = sys::read_link_at(dir_, kInitLink);
  if (!text) {
    if (text.error().err() == ENOENT) {
      return fail(Error::not_found(cat("'", kInitLink, "' does not exist")));
    }
    return fail(std::move(text).error());
  }
  const auto identity = decode_identity(*text);
  if (!identity) {
    return fail(Error::invalid(cat("'", kInitLink, "' is damaged")));
  }
  return *identity;
}

bool ContainerDir::start_pending() const {
  const auto status = sys::stat_at(dir_, kStartSocket, AT_SYMLINK_NOFOLLOW);
  return status && S_ISSOCK(status->st_mode);
}

Result<> ContainerDir::remove() {
  // The record last: a removal that is cut short can be repeated with what is still known.
  // ENOENT is the answer of a folder that is removed already.
  if (auto emptied = remove_content(dir_, 0, kStateFile);
      !emptied && emptied.error().err() != ENOENT) {
    return fail(std::move(emptied).error().wrap("state folder"));
  }
  auto removed = sys::unlink_at(root_, id_.c_str(), AT_REMOVEDIR);
  if (!removed && removed.error().err() != ENOENT) {
    return fail(std::move(removed).error().wrap("state folder"));
  }
  return {};
}

}  // namespace plimsoll::state
