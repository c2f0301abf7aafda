// Fuzzes the options of mounts: lists made of the vocabulary and of foreign words. Oracles: the
// table folded from left to right, as validator/spec/vocabulary.h tells it; a list given twice
// means what it means once; what is not in the table goes to the file system, in order.
// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/harness.h"
#include "runtime/plan/parts.h"
#include "validator/spec/vocabulary.h"

namespace {

using namespace plimsoll;
using fuzz::require;
using spec::MountOptionKind;

struct Folded {
  std::uint64_t flags = 0;
  std::uint64_t attr_set = 0;
  std::uint64_t attr_clr = 0;
  std::vector<std::uint64_t> propagation;
  std::string data;
};

Folded fold(const spec::Strings& options) {
  Folded out;
  for (const std::string& text : options) {
    const spec::MountOption* option = spec::find_mount_option(text);
    if (option == nullptr) {
      out.data += (out.data.empty() ? "" : ",") + text;
    } else if (option->kind == MountOptionKind::recursive) {
      out.attr_set = (out.attr_set & ~option->attr_clr) | option->attr_set;
      out.attr_clr = (out.attr_clr | option->attr_clr) & ~option->attr_set;
    } else if (option->kind == MountOptionKind::propagation) {
      out.propagation.push_back(option->set);
    } else if (option->kind != MountOptionKind::data_special) {
      out.flags = (out.flags & ~option->clear) | option->set;
    }
  }
  return out;
}

bool has(const spec::Strings& options, std::string_view name) {
  return std::ranges::find(options, name) != options.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  spec::Mount mount;
  mount.destination = input.until('\n');
  mount.type = std::string(input.until('\n'));
  mount.source = std::string(input.until('\n'));
  while (!input.done() && mount.options.size() < 40) {
    mount.options.emplace_back(input.until(','));
  }
  plan::Options options;
  options.bundle = "/bundle";
  const auto built = plan::build_mount(mount, options);
  const bool bind =
      mount.type == "bind" || has(mount.options, "bind") || has(mount.options, "rbind");
  const Folded want = fold(mount.options);
  if (!built) {
    require(built.error().kind() == ErrorKind::invalid);
    require(bind ? mount.source->empty() || !want.data.empty() : mount.type->empty());
    return 0;
  }
  require((built->kind == plan::MountKind::bind) == bind);
  require((built->flags | (bind ? MS_BIND : 0)) == (want.flags | (bind ? MS_BIND : 0)));
  require((built->flags & built->cleared_flags) == 0);
  require(built->recursive_attributes.set == want.attr_set);
  require((built->recursive_attributes.clear & built->recursive_attributes.set &
           ~std::uint64_t{MOUNT_ATTR__ATIME}) == 0);
  require(built->propagation == want.propagation && built->data == want.data);
  require(built->tmpcopyup == has(mount.options, "tmpcopyup"));
  require(built->idmap.has_value() ==
          (has(mount.options, "idmap") || has(mount.options, "ridmap")));
  require(built->destination.starts_with('/') && !built->destination.contains("//"));
  require(!("/" + built->destination + "/").contains("/../"));
  require(!built->source.empty() && (!bind || built->source.starts_with('/')));

  spec::Mount twice = mount;
  twice.options.insert(twice.options.end(), mount.options.begin(), mount.options.end());
  const auto again = plan::build_mount(twice, options);
  require(again && again->flags == built->flags && again->cleared_flags == built->cleared_flags);
  require(again->recursive_attributes.set == built->recursive_attributes.set);
  require(again->recursive_attributes.clear == built->recursive_attributes.clear);
  return 0;
}
