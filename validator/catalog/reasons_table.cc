// Requirements that bind the author of a configuration and have no rule, with the reason why none
// can exist. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>
#include <string_view>

#include "validator/catalog/catalog.h"

namespace plimsoll::catalog {
namespace {

constexpr std::string_view kPermission = "a permission: nothing can go against it";
constexpr std::string_view kOrigin = "a document does not tell who set the annotation";

constexpr auto kReasons = std::to_array<Reason>({
    {"config.mounts.destination.relative-ok", kPermission},
    {"config.linux.platform", kPermission},
    {"config.hooks.members", kPermission},
    {"config.annotations.optional", kPermission},
    {"config.annotations.free-form", kPermission},
    {"config.annotations.empty", kPermission},
    {"config.annotations.value.empty", kPermission},
    {"config.annotations.image-keys", kPermission},
    {"linux.blockIO.weightDevice.both", kPermission},
    {"linux.rdma.both", kPermission},
    {"config.annotations.key.string", "JSON has no other keys"},
    {"config.annotations.image.os.conversion-only", kOrigin},
    {"config.annotations.image.os.version.conversion-only", kOrigin},
    {"config.annotations.image.os.features.conversion-only", kOrigin},
    {"config.annotations.image.architecture.conversion-only", kOrigin},
    {"config.annotations.image.variant.conversion-only", kOrigin},
    {"config.annotations.image.author.conversion-only", kOrigin},
    {"config.annotations.image.created.conversion-only", kOrigin},
    {"config.annotations.image.stopSignal.conversion-only", kOrigin},
    {"config.annotations.reserved-as-described",
     "said in full by the rules of the keys: config.annotations.image.*.value and "
     "config.annotations.reserved-other"},
    {"linux.defaultFs.available",
     "the sum of the rules linux.defaultFs.proc, .sys, .devpts and .devshm"},
    {"linux.cgroupsPath.abs-or-rel", "every string is an absolute or a relative path"},
    {"linux.cpu.quota.ge-burst", "the same comparison as the rule linux.cpu.burst.le-quota"},
    {"features.null-not-empty",
     "how a reader takes null is not in the document; null is accepted as absent"},
});

}  // namespace

std::span<const Reason> reasons() { return kReasons; }

}  // namespace plimsoll::catalog
