// Fuzzes the messages of CRIU's RPC. Oracles: a response is read as a second, plain decoder of the
// wire format reads it; a request that is made from the input is well formed to its last byte and
// holds what was asked for. SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/checkpoint/message.h"

namespace {

using namespace plimsoll;
using fuzz::require;

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes{};
  bool is_bytes = false;
};

std::optional<std::uint64_t> varint(std::string_view& left) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 10 && i < left.size(); ++i) {
    const auto byte = static_cast<unsigned char>(left[i]);
    value |= i < 9 || byte < 2 ? std::uint64_t{byte & 0x7fU} << (7 * i)
                               : std::uint64_t{byte & 0x01U} << 63;
    if (byte < 0x80) {
      left.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

// The fields of a message, or nullopt for what is none.
std::optional<std::vector<Field>> fields_of(std::string_view left) {
  std::vector<Field> out;
  while (!left.empty()) {
    const auto key = varint(left);
    if (!key) {
      return std::nullopt;
    }
    Field& field = out.emplace_back(Field{.number = *key >> 3});
    const std::uint64_t wire = *key & 7;
    if (wire == 0) {
      const auto value = varint(left);
      if (!value) {
        return std::nullopt;
      }
      field.value = *value;
      continue;
    }
    std::uint64_t size = wire == 1 ? 8 : 4;
    if (wire == 2) {
      const auto given = varint(left);
      if (!given) {
        return std::nullopt;
      }
      size = *given;
    } else if (wire != 1 && wire != 5) {
      return std::nullopt;
    }
    if (size > left.size()) {
      return std::nullopt;
    }
    field.is_bytes = wire == 2;
    field.bytes = field.is_bytes ? left.substr(0, size) : std::string_view();
    left.remove_prefix(size);
  }
  return out;
}

const Field* last(const std::vector<Field>& fields, std::uint64_t number) {
  const Field* found = nullptr;
  for (const Field& field : fields) {
    found = field.number == number ? &field : found;
  }
  return found;
}

void check_response(std::string_view bytes) {
  const auto fields = fields_of(bytes);
  bool good = fields.has_value();
  for (const Field& field : fields.value_or(std::vector<Field>{})) {
    good = good && ((field.number != 4 && field.number != 5) || fields_of(field.bytes));
  }
  const auto response = checkpoint::decode_response(bytes);
  require(response.has_value() == good);
  if (!response) {
    return;
  }
  const Field* type = last(*fields, 1);
  require(response->type == (type != nullptr ? type->value : 0));
  const Field* success = last(*fields, 2);
  require(response->success == (success != nullptr && success->value != 0));
  const Field* text = last(*fields, 9);
  require(response->error_text == (text != nullptr ? text->bytes : ""));
  const Field* number = last(*fields, 7);
  require(response->error_number ==
          (number != nullptr ? static_cast<std::int32_t>(number->value) : 0));
}

checkpoint::Options make_options(fuzz::Input& input) {
  checkpoint::Options options;
  options.images_dir = input.byte();
  options.work_dir = static_cast<int>(input.byte()) - 1;
  if (input.flag()) {
    options.pid = input.number<std::int32_t>();
  }
  options.log_file = input.text();
  options.root = input.text();
  options.parent_image = input.text();
  options.freeze_cgroup = input.text();
  options.lsm_profile = input.text();
  if (input.flag()) {
    options.config_file = input.text();
  }
  options.page_server_address = input.text();
  options.page_server_port = input.number<std::int32_t>();
  const std::uint8_t bits = input.byte();
  options.leave_running = (bits & 1) != 0;
  options.tcp_established = (bits & 2) != 0;
  options.shell_job = (bits & 4) != 0;
  options.lazy_pages = (bits & 8) != 0;
  options.empty_namespaces = input.number<std::uint32_t>();
  while (!input.done() && options.external.size() < 8) {
    options.external.push_back(input.text());
    options.external_mounts.push_back({.key = input.text(), .value = input.text()});
    options.join_namespaces.push_back({.type = input.text(), .path = input.text()});
    options.inherited_fds.push_back({.key = input.text(), .number = input.byte()});
    options.cgroup_roots.push_back({.controllers = input.text(), .path = input.text()});
  }
  return options;
}

void check_request(fuzz::Input& input) {
  const checkpoint::Options options = make_options(input);
  const std::string bytes = checkpoint::encode_request(checkpoint::RequestType::dump, options);
  const auto request = fields_of(bytes);
  require(request && request->size() == 2 && last(*request, 1)->value == 1);
  const auto sent = fields_of(last(*request, 2)->bytes);
  require(sent.has_value());
  require(static_cast<std::int64_t>(last(*sent, 1)->value) == options.images_dir);
  const Field* pid = last(*sent, 2);
  require((pid != nullptr) == options.pid.has_value());
  require(pid == nullptr || static_cast<std::int64_t>(pid->value) == *options.pid);
  const Field* log = last(*sent, 10);
  require((log != nullptr ? log->bytes : "") == options.log_file);
  require((last(*sent, 3) != nullptr) == options.leave_running);
  require((last(*sent, 5) != nullptr) == options.tcp_established);
  require((last(*sent, 48) != nullptr) == options.lazy_pages);
  std::size_t external = 0;
  std::size_t mount = 0;
  for (const Field& field : *sent) {
    if (field.number == 37) {
      require(field.bytes == options.external.at(external++));
    } else if (field.number == 23) {
      const auto pair = fields_of(field.bytes);
      require(pair && pair->size() == 2 && (*pair)[0].bytes == options.external_mounts[mount].key);
      require((*pair)[1].bytes == options.external_mounts.at(mount++).value);
    }
  }
  require(external == options.external.size() && mount == options.external_mounts.size());
  const auto notified = fields_of(checkpoint::encode_notified(!options.shell_job));
  require(notified && last(*notified, 3)->value == (options.shell_job ? 0 : 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  if (input.flag()) {
    check_request(input);
  } else {
    check_response(input.rest());
  }
  return 0;
}
