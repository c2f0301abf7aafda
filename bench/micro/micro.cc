// plimsoll-bench-micro: times the pieces of a start that happen inside the process. Google
// Benchmark's options apply. SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "bench/micro/pieces.h"

int main(int argc, char** argv) {
  using namespace plimsoll::bench;
  char folder[] = "/tmp/plimsoll-micro.XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    std::perror(folder);
    return 3;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 3;
  }
  {
    const std::vector<Piece> pieces = all_pieces(folder);
    for (const Piece& piece : pieces) {
      benchmark::RegisterBenchmark(piece.name.c_str(), [&piece](benchmark::State& state) {
        for (auto _ : state) {
          piece.once();
        }
      });
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
  }
  std::filesystem::remove_all(folder);
  return 0;
}
