// The pieces of a start that are measured alone.
// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/pieces.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "bench/bundle/bundle.h"
#include "runtime/cli/command_table.h"
#include "runtime/cli/parse_arguments.h"
#include "runtime/linux/seccomp.h"
#include "runtime/plan/build.h"
#include "runtime/state/state.h"
#include "runtime/sys/file.h"
#include "runtime/sys/in_root.h"
#include "validator/json/json.h"
#include "validator/rules/rules.h"
#include "validator/spec/parse.h"

namespace plimsoll::bench {
namespace {

[[noreturn]] void fail(const char* what, const std::string& why) {
  std::fprintf(stderr, "plimsoll-bench-micro: %s: %s\n", what, why.c_str());
  std::exit(3);
}

template <typename T>
T must(const char* what, Result<T> result) {
  if (!result) {
    fail(what, result.error().message());
  }
  if constexpr (!std::is_void_v<T>) {
    return *std::move(result);
  }
}

// What the pieces work on; it lives as long as they do.
struct Scene {
  std::string config;
  spec::Spec spec;
  plan::Options options;
  plan::HostFacts facts;
  plan::Plan plan;
  UniqueFd folder, cache, root;
};

std::shared_ptr<Scene> make_scene(const std::string& path) {
  auto scene = std::make_shared<Scene>();
  const BundleOptions bundle{.payload = Payload::minimal, .controllers = {"cpu", "memory", "pids"}};
  scene->config = built_in_config("podman", Work::end, "/bundle", bundle).dump(2);
  auto parsed = spec::parse(scene->config);
  if (!parsed) {
    fail("config", parsed.error().text());
  }
  scene->spec = *std::move(parsed);
  scene->options.id = "bench";
  scene->options.bundle = "/bundle";
  scene->facts.cgroup_mode = plan::CgroupMode::v2;
  scene->plan = must("plan", plan::build(scene->spec, scene->options, scene->facts));
  for (const char* part : {"/cache", "/root", "/root/a", "/root/a/b", "/root/a/b/c", "/state"}) {
    mkdir((path + part).c_str(), 0700);
  }
  constexpr int kFolder = O_RDONLY | O_DIRECTORY;
  const auto open = [&](const char* part) {
    return must("open", sys::open_at(BorrowedFd::of(AT_FDCWD), (path + part).c_str(), kFolder));
  };
  scene->folder = open("/state");
  scene->cache = open("/cache");
  scene->root = open("/root");
  return scene;
}

state::Record example_record() {
  state::Record record;
  record.oci_version = "1.2.0";
  record.id = "bench";
  record.bundle = "/bundle";
  record.rootfs = "/bundle/rootfs";
  record.created = "2026-01-01T00:00:00.000000000Z";
  record.init = {.pid = 4242, .start_time = 123456};
  record.cgroup_paths = {{"", "/sys/fs/cgroup/bench"}};
  return record;
}

void add_pure(const std::shared_ptr<Scene>& scene, std::vector<Piece>& pieces) {
  pieces.push_back({"json reader", [scene] {
                      if (!json::parse(scene->config)) {
                        fail("json", "does not parse");
                      }
                    }});
  pieces.push_back({"config parser", [scene] {
                      if (!spec::parse(scene->config)) {
                        fail("config", "does not parse");
                      }
                    }});
  pieces.push_back({"rules", [scene] {
                      if (rules::first_error(rules::check(scene->spec)) != nullptr) {
                        fail("rules", "the config breaks one");
                      }
                    }});
  pieces.push_back({"plan builder", [scene] {
                      must("plan", plan::build(scene->spec, scene->options, scene->facts));
                    }});
  pieces.push_back({"command line", [] {
                      static char words[][24] = {"run",        "--bundle", "/bundle",
                                                 "--pid-file", "/run/pid", "--no-new-keyring",
                                                 "bench"};
                      static std::array<char*, std::size(words)> argv = [] {
                        std::array<char*, std::size(words)> pointers{};
                        for (std::size_t i = 0; i < pointers.size(); ++i) {
                          pointers.at(i) = words[i];
                        }
                        return pointers;
                      }();
                      const cli::Command* command = cli::find_command(argv[0]);
                      must("arguments", cli::parse_arguments(*command, argv));
                    }});
}

void add_with_files(const std::shared_ptr<Scene>& scene, std::vector<Piece>& pieces) {
  const plan::Seccomp& seccomp = *scene->plan.process->seccomp;
  pieces.push_back({"seccomp compile",
                    [scene, &seccomp] {
                      std::vector<std::string> warnings;
                      must("seccomp", linux::compile_seccomp(seccomp, warnings));
                    },
                    false});
  pieces.push_back({"seccomp cache hit",
                    [scene, &seccomp] {
                      std::vector<std::string> warnings;
                      must("seccomp",
                           linux::compile_seccomp_cached(seccomp, scene->cache, warnings));
                    },
                    false});
  auto container = std::make_shared<state::ContainerDir>(
      must("state", state::ContainerDir::create(scene->folder, "bench")));
  must("state", container->save(example_record()));
  pieces.push_back({"state load", [scene, container] { must("state", container->load()); }, false});
  pieces.push_back({"resolver",
                    [scene] {
                      const UniqueFd found =
                          must("resolver", sys::open_in_root(scene->root, "/a/b/../b/c", O_PATH));
                    },
                    false});
}

}  // namespace

std::vector<Piece> all_pieces(const std::string& folder) {
  const std::shared_ptr<Scene> scene = make_scene(folder);
  std::vector<Piece> pieces;
  add_pure(scene, pieces);
  add_with_files(scene, pieces);
  return pieces;
}

}  // namespace plimsoll::bench
