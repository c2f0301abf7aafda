// Rules about resources: for each, a document that it accepts and one that it does not, with the
// exact finding. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "validator/rules/rules_testing.h"

namespace plimsoll::rules {
namespace {

TEST(ResourceRules, DevicesMemoryCpu) {
  expect_cases({
      {resources(R"("devices": [{"allow": true, "type": "a", "access": "rwm", "major": -1}])"),
       resources(R"("devices": [{"allow": true, "type": "p"}])"),
       "MUST linux.resources.devices.type.optional /linux/resources/devices/0/type: invalid cgroup "
       "device type 'p'"},
      {{},
       resources(R"("devices": [{"allow": true, "access": "rx"}])"),
       "MUST linux.resources.devices.access.optional /linux/resources/devices/0/access: device "
       "access 'rx' is not made of r, w and m"},
      {{},
       resources(R"("devices": [{"allow": true, "major": -2}])"),
       "MUST linux.resources.devices.major-minor.optional /linux/resources/devices/0/major: major "
       "number -2 is not within 0 to 4095"},
      {resources(R"("memory": {"limit": -1, "swap": -1})"),
       resources(R"("memory": {"reservation": -2})"),
       "MUST linux.memory.unlimited /linux/resources/memory/reservation: memory reservation -2 is "
       "less than -1"},
      {resources(R"("memory": {"limit": 2, "swap": 2, "swappiness": 100})"),
       resources(R"("memory": {"limit": 2, "swap": 1})"),
       "MUST linux.memory.swap.optional /linux/resources/memory/swap: memory+swap limit should be "
       ">= memory limit"},
      {{},
       resources(R"("memory": {"swappiness": 101})"),
       "MUST linux.memory.swappiness.optional /linux/resources/memory/swappiness: swappiness 101 "
       "is "
       "greater than 100"},
      {{},
       resources(R"("memory": {"kernel": 1})"),
       "SHOULD linux.memory.kernel.discouraged /linux/resources/memory/kernel: the kernel memory "
       "limit should not be used and is ignored"},
      {{},
       resources(R"("memory": {"kernelTCP": 1})"),
       "SHOULD linux.memory.kernelTCP.discouraged /linux/resources/memory/kernelTCP: the kernel "
       "TCP "
       "memory limit should not be used"},
      {resources(R"("cpu": {"quota": 5, "burst": 5, "period": 1000, "idle": 1, "cpus": "0-1,3"})"),
       resources(R"("cpu": {"quota": 5, "burst": 6})"),
       "MUST linux.cpu.burst.le-quota /linux/resources/cpu/burst: cpu burst 6 is greater than "
       "quota "
       "5"},
      {resources(R"("cpu": {"quota": -1, "burst": 6})"), resources(R"("cpu": {"quota": -2})"),
       "MUST linux.cpu.quota.optional /linux/resources/cpu/quota: cpu quota -2 is less than -1"},
      {resources(R"("cpu": {"period": 0})"), resources(R"("cpu": {"period": 999})"),
       "MUST linux.cpu.period.optional /linux/resources/cpu/period: cpu period 999 is not within "
       "1000 to 1000000"},
      {{},
       resources(R"("cpu": {"idle": 2})"),
       "MUST linux.cpu.idle.optional /linux/resources/cpu/idle: cpu idle 2 is neither 0 nor 1"},
      {resources(R"("cpu": {"cpus": "", "mems": "0"})"), resources(R"("cpu": {"mems": "0,"})"),
       "MUST config.valid-values.error /linux/resources/cpu/mems: '0,' is not a list such as "
       "'0-3,7'"},
  });
}

TEST(ResourceRules, TheOthers) {
  expect_cases({
      {resources(R"("blockIO": {"weight": 10, "leafWeight": 0})"),
       resources(R"("blockIO": {"weight": 1001})"),
       "MUST linux.blockIO.weight.optional /linux/resources/blockIO/weight: weight 1001 is not "
       "within 10 to 1000"},
      {resources(R"("blockIO": {"weightDevice": [{"major": 8, "minor": 0, "leafWeight": 10}]})"),
       resources(R"("blockIO": {"weightDevice": [{"major": 8, "minor": 0}]})"),
       "MUST linux.blockIO.weightDevice.at-least-one /linux/resources/blockIO/weightDevice/0: "
       "neither weight nor leafWeight is given"},
      {resources(R"("hugepageLimits": [{"pageSize": "64KB", "limit": 0}])"),
       resources(R"("hugepageLimits": [{"pageSize": "2MB/../x", "limit": 0}])"),
       "MUST linux.hugepageLimits.pageSize.required /linux/resources/hugepageLimits/0/pageSize: "
       "page size '2MB/../x' is not of the form 64KB, 2MB, 1GB"},
      {{},
       resources(R"("hugepageLimits": [{"pageSize": "2M", "limit": 0}])"),
       "MUST linux.hugepageLimits.pageSize.required /linux/resources/hugepageLimits/0/pageSize: "
       "page size '2M' is not of the form 64KB, 2MB, 1GB"},
      {resources(R"("network": {"priorities": [{"name": "lo", "priority": 1}]})"),
       resources(R"("network": {"priorities": [{"name": "", "priority": 1}]})"),
       "MUST linux.network.priorities.name.required /linux/resources/network/priorities/0/name: "
       "invalid network interface name ''"},
      {resources(R"("rdma": {"mlx5_1": {"hcaObjects": 0}})"),
       resources(R"("rdma": {"mlx5_1": {}})"),
       "MUST linux.rdma.at-least-one /linux/resources/rdma/mlx5_1: neither hcaHandles nor "
       "hcaObjects is given"},
      {{},
       resources(R"("rdma": {"a b": {"hcaObjects": 0}})"),
       "MUST config.valid-values.error /linux/resources/rdma/a b: invalid rdma device name 'a b'"},
      {resources(R"("unified": {"memory.high": "1"})"),
       resources(R"("unified": {"../memory.high": "1"})"),
       "MUST linux.unified.optional /linux/resources/unified/..~1memory.high: unified resource "
       "'../memory.high' must be a file name (no slashes)"},
      {{},
       resources(R"("unified": {"memory": "1"})"),
       "MUST linux.unified.optional /linux/resources/unified/memory: unified resource 'memory' "
       "must "
       "be in the form CONTROLLER.PARAMETER"},
  });
}

}  // namespace
}  // namespace plimsoll::rules
