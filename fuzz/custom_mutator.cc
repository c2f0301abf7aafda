// libFuzzer's hook: documents are changed by their schema, everything else byte by byte. The build
// says which documents the target reads. SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/harness.h"
#include "fuzz/json_mutator.h"
#include "validator/json/json.h"
#include "validator/schema/schema.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace plimsoll;
using schema::Which;

// Documents of our own, which have no built-in schema: a policy, and a container's saved records.
constexpr std::string_view kPolicy =
    R"({"type":"object","properties":{"severities":{"type":"object","additionalProperties":
    {"enum":["error","warning","risk","note","off"]}},"exceptions":{"type":"array","items":
    {"type":"object","required":["rule"],"properties":{"rule":{"enum":["risk.*","*",
    "config.process.cwd.absolute","risk.capability.sys-admin"]},"pointer":{"enum":["*","",
    "/process/*","/process/cwd","/a/b"]},"reason":{"type":"string"}}}}}})";
constexpr std::string_view kRecord =
    R"({"type":"object","properties":{"init_process_pid":{"type":"integer"},"init_process_start":
    {"type":"integer"},"owner":{"type":"integer"},"creator_pid":{"type":"integer"},"format":
    {"enum":[1]},"rootless":{"type":"boolean"},"annotations":{"type":"object",
    "additionalProperties":{"type":"string"}},"cgroup_paths":{"type":"object",
    "additionalProperties":{"type":"string"}},"id":{"type":"string"},"bundle":{"type":"string"}}})";

std::vector<fuzz::JsonMutator> make_mutators() {
  std::vector<fuzz::JsonMutator> out;
  for (const char letter : std::string_view(FUZZ_DOCUMENTS)) {
    if (letter == 'o' || letter == 'i') {
      out.emplace_back(letter == 'o' ? kPolicy : kRecord);
      continue;
    }
    const Which which = letter == 'c'   ? Which::config
                        : letter == 'p' ? Which::process
                        : letter == 'r' ? Which::resources
                        : letter == 's' ? Which::state
                                        : Which::features;
    out.emplace_back(schema::text(which, "1.3.0"));
  }
  return out;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  static std::vector<fuzz::JsonMutator> mutators = make_mutators();
  if (seed % 8 == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  auto tree = json::parse(fuzz::text_of(data, size));
  if (!tree) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  fuzz::JsonMutator& mutator = mutators[seed / 8 % mutators.size()];
  for (unsigned changes = 1 + seed / 64 % 3; changes > 0; --changes) {
    mutator.change(*tree, seed + changes);
  }
  std::string out;
  json::Writer(out).value(*tree);
  if (out.size() > max_size) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::memcpy(data, out.data(), out.size());
  return out.size();
}
