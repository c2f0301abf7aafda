// plimsoll-bench-counted: does one piece of work a number of times, for valgrind to count its
// instructions. Without arguments it prints the names of the pieces to stderr.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/micro/pieces.h"

int main(int argc, char** argv) {
  using namespace plimsoll::bench;
  char folder[] = "/tmp/plimsoll-counted.XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    std::perror(folder);
    return 3;
  }
  int status = argc == 1 ? 0 : 3;
  for (const Piece& piece : all_pieces(folder)) {
    if (argc == 1 && piece.counted) {
      std::fprintf(stderr, "%s\n", piece.name.c_str());
    }
    if (argc == 3 && piece.name == argv[1]) {
      status = 0;
      for (int i = 0; i < std::atoi(argv[2]); ++i) {
        piece.once();
      }
    }
  }
  std::filesystem::remove_all(folder);
  return status;
}
