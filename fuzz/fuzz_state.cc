// Fuzzes what is read back from a container's folder. The checksum would stop a fuzzer at the door,
// so each input is read as it is and once more with a seal of its own. Oracles: what is read is
// what encoding writes, byte for byte in the end; one changed byte is refused; what hooks are told
// is a state document without a fault. SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "fuzz/harness.h"
#include "runtime/state/records.h"
#include "runtime/state/state.h"
#include "validator/documents/documents.h"
#include "validator/json/document.h"
#include "validator/spec/members.h"

namespace {

using namespace plimsoll;
using fuzz::require;

// The seal of docs/state-folder.md, written a second time: FNV-1a of all before it.
std::string sealed(std::string_view body) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : body) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211U;
  }
  std::array<char, 17> digits = {};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return std::string(body) + ",\"checksum\":\"" + digits.data() + "\"}";
}

template <typename Value>
void check(std::string_view text, Result<Value> (*decode)(std::string_view),
           std::string (*encode)(const Value&)) {
  const auto value = decode(text);
  if (!value) {
    require(value.error().kind() == ErrorKind::invalid);
    require(value.error().message().starts_with("damaged: "));
    return;
  }
  const std::string once = encode(*value);
  const auto again = decode(once);
  require(again && encode(*again) == once);
  // One byte anywhere, and each of the seal.
  constexpr std::size_t kSeal = 20;
  for (std::size_t i = 0; i <= kSeal; ++i) {
    std::string broken = once;
    const std::size_t at = i < kSeal ? broken.size() - 1 - i : text.size() * 7919 % broken.size();
    broken[at] = static_cast<char>(broken[at] ^ 1);
    require(!decode(broken));
  }
  require(!decode(once.substr(0, once.size() - 1)) && !decode(once + "\n"));
}

void check_hook_document(const state::Record& record) {
  const state::View view = {.oci_version = std::string(spec::kVersion),
                            .id = record.id,
                            .status = state::Status::created,
                            .pid = 1,
                            .bundle = "/" + record.bundle,
                            .rootfs = record.rootfs,
                            .created = record.created,
                            .owner = record.owner,
                            .annotations = record.annotations};
  const std::string text = state::hook_json(view);
  json::Document document;
  json::DocumentBuilder builder(document, 100'000);
  spec::Observations seen;
  const auto read = spec::read_state(text, {}, seen, builder);
  require(read && seen.missing.empty());
  require(read->id == view.id && read->bundle == view.bundle && read->pid == 1);
  require(seen.faults.empty() && read->annotations == view.annotations);
}

void check_identity(std::string_view text) {
  if (const auto identity = state::decode_identity(text)) {
    require(identity->pid > 0);
    const auto again = state::decode_identity(state::IdentityText(*identity).c_str());
    require(again && again->pid == identity->pid && again->start_time == identity->start_time);
  }
}

void check_name(std::string_view id) {
  const bool good =
      !id.empty() && id.size() <= 255 && id != "." && id != ".." &&
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.") ==
          std::string_view::npos;
  require(state::check_id(id).has_value() == good);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  std::string_view body = bytes;
  body = body.substr(0, body.find_last_not_of(" \n") + 1);
  if (body.ends_with('}')) {
    body.remove_suffix(1);
  }
  for (const std::string& text : {std::string(bytes), sealed(body)}) {
    check(text, state::decode_record, state::encode_record);
    check(text, state::decode_intent, state::encode_intent);
    if (const auto record = state::decode_record(text)) {
      check_hook_document(*record);
    }
  }
  check_identity(bytes);
  check_name(bytes);
  return 0;
}
