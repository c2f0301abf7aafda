// SPDX-License-Identifier: Apache-2.0
#include "runtime/checkpoint/message.h"

#include "runtime/base/text.h"

namespace plimsoll::checkpoint {

namespace {

// Protocol buffers, "Encoding": a field is (number << 3 | wire type), then its value.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

class Writer {
 public:
  void integer(std::uint32_t field, std::int64_t value) {
    key(field, Wire::varint);
    varint(static_cast<std::uint64_t>(value));  // negative numbers take ten bytes
  }
  void flag(std::uint32_t field, bool value) {
    if (value) {
      integer(field, 1);
    }
  }
  void bytes(std::uint32_t field, std::string_view value) {
    key(field, Wire::bytes);
    varint(value.size());
    out_ += value;
  }
  void text(std::uint32_t field, std::string_view value) {
    if (!value.empty()) {
      bytes(field, value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void key(std::uint32_t field, Wire wire) {
    varint(std::uint64_t{field} << 3 | static_cast<std::uint64_t>(wire));
  }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;   // of a varint
    std::string_view bytes{};  // of a string or a message
  };
  bool done() const { return left_.empty(); }

  Result<Field> next() {
    const std::uint64_t key = TRY(varint());
    Field field{.number = key >> 3};
    switch (static_cast<Wire>(key & 7)) {
      case Wire::varint:
        field.value = TRY(varint());
        return field;
      case Wire::bytes: {
        const std::uint64_t size = TRY(varint());
        field.bytes = TRY(take(size));
        return field;
      }
      case Wire::fixed64:
        TRY(take(8));
        return field;
      case Wire::fixed32:
        TRY(take(4));
        return field;
    }
    return fail(Error::invalid("a message of CRIU's has an unknown wire type"));
  }

 private:
  Result<std::string_view> take(std::uint64_t size) {
    if (size > left_.size()) {
      return fail(Error::invalid("a message of CRIU's is cut short"));
    }
    const std::string_view part = left_.substr(0, size);
    left_.remove_prefix(size);
    return part;
  }
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view next = TRY(take(1));
      const auto byte = static_cast<unsigned char>(next[0]);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80) == 0) {
        return value;
      }
    }
    return fail(Error::invalid("a message of CRIU's has a number of more than 64 bits"));
  }

  std::string_view left_;
};

std::string pair_of(std::string_view first, std::string_view second) {
  Writer writer;
  writer.bytes(1, first);
  writer.bytes(2, second);
  return writer.take();
}

void encode_lists(const Options& options, Writer& writer) {
  for (const ExternalMount& mount : options.external_mounts) {
    writer.bytes(23, pair_of(mount.key, mount.value));
  }
  for (const CgroupRoot& root : options.cgroup_roots) {
    writer.bytes(25, pair_of(root.controllers, root.path));
  }
  for (const InheritedFd& inherited : options.inherited_fds) {
    Writer entry;
    entry.bytes(1, inherited.key);
    entry.integer(2, inherited.number);
    writer.bytes(27, entry.take());
  }
  for (const std::string& external : options.external) {
    writer.bytes(37, external);
  }
  for (const JoinNamespace& join : options.join_namespaces) {
    writer.bytes(39, pair_of(join.type, join.path));
  }
}

std::string encode_options(const Options& options) {
  constexpr int kLogLevel = 4;
  Writer writer;
  writer.integer(1, options.images_dir);
  if (options.pid) {
    writer.integer(2, *options.pid);
  }
  writer.flag(3, options.leave_running);
  writer.flag(4, options.ext_unix_sk);
  writer.flag(5, options.tcp_established);
  writer.flag(6, options.evasive_devices);
  writer.flag(7, options.shell_job);
  writer.flag(8, options.file_locks);
  writer.integer(9, kLogLevel);
  writer.text(10, options.log_file);
  if (!options.page_server_address.empty()) {
    Writer server;
    server.bytes(1, options.page_server_address);
    server.integer(2, options.page_server_port);
    writer.bytes(11, server.take());
  }
  writer.flag(12, true);  // notify_scripts: over this connection
  writer.text(13, options.root);
  writer.text(14, options.parent_image);
  writer.flag(15, options.track_memory);
  writer.flag(16, options.auto_dedup);
  if (options.work_dir >= 0) {
    writer.integer(17, options.work_dir);
  }
  writer.flag(18, options.link_remap);
  writer.flag(24, true);  // manage_cgroups: the mode below says how
  writer.flag(26, options.restore_sibling);
  writer.integer(34, static_cast<std::int64_t>(options.cgroup_mode));
  if (options.empty_namespaces != 0) {
    writer.integer(38, options.empty_namespaces);
  }
  writer.text(44, options.freeze_cgroup);
  writer.flag(46, options.tcp_skip_in_flight);
  writer.flag(48, options.lazy_pages);
  writer.flag(50, true);  // orphan_pts_master: the terminal's master comes to us
  if (options.config_file) {
    writer.bytes(51, *options.config_file);
  }
  writer.text(53, options.lsm_profile);
  writer.text(63, options.lsm_mount_context);
  encode_lists(options, writer);
  return writer.take();
}

Result<> decode_restore(std::string_view bytes, Response& response) {
  for (Reader reader(bytes); !reader.done();) {
    const Reader::Field field = TRY(reader.next());
    if (field.number == 1) {
      response.restored_pid = static_cast<std::int32_t>(field.value);
    }
  }
  return {};
}

Result<> decode_notify(std::string_view bytes, Response& response) {
  for (Reader reader(bytes); !reader.done();) {
    const Reader::Field field = TRY(reader.next());
    if (field.number == 1) {
      response.notification = field.bytes;
    } else if (field.number == 2) {
      response.notified_pid = static_cast<std::int32_t>(field.value);
    }
  }
  return {};
}

}  // namespace

std::string encode_request(RequestType type, const Options& options) {
  Writer writer;
  writer.integer(1, static_cast<std::int64_t>(type));
  writer.bytes(2, encode_options(options));
  return writer.take();
}

std::string encode_notified(bool success) {
  Writer writer;
  writer.integer(1, static_cast<std::int64_t>(RequestType::notify));
  writer.integer(3, success ? 1 : 0);
  return writer.take();
}

Result<Response> decode_response(std::string_view bytes) {
  Response response;
  for (Reader reader(bytes); !reader.done();) {
    const Reader::Field field = TRY(reader.next());
    switch (field.number) {
      case 1:
        response.type = field.value;
        break;
      case 2:
        response.success = field.value != 0;
        break;
      case 4:
        TRY(decode_restore(field.bytes, response));
        break;
      case 5:
        TRY(decode_notify(field.bytes, response));
        break;
      case 7:
        response.error_number = static_cast<std::int32_t>(field.value);
        break;
      case 9:
        response.error_text = field.bytes;
        break;
      default:
        break;
    }
  }
  return response;
}

}  // namespace plimsoll::checkpoint
