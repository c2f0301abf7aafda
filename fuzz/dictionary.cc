// Writes a dictionary for libFuzzer and AFL++, made of the tables of members and words:
//
//   dictionary json FILE    quoted, as they stand in documents
//   dictionary text FILE    bare, for the small languages
//
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "fuzz/words.h"
#include "validator/spec/members.h"

namespace {

using namespace plimsoll;

std::string escaped(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    if (c < ' ') {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 64;
  }
  const bool json = std::string_view(argv[1]) == "json";
  std::set<std::string> words(fuzz::all_words().begin(), fuzz::all_words().end());
  for (const spec::DocumentKind kind :
       {spec::DocumentKind::config, spec::DocumentKind::state, spec::DocumentKind::features}) {
    for (const std::string& pattern : spec::all_patterns(kind)) {
      words.insert(pattern.substr(pattern.rfind('/') + 1));
    }
  }
  words.erase("");
  words.erase("*");
  std::FILE* out = std::fopen(argv[2], "w");
  if (out == nullptr) {
    return 1;
  }
  for (const std::string& word : words) {
    std::fprintf(out, "\"%s\"\n", escaped(json ? "\"" + word + "\"" : word).c_str());
  }
  return std::fclose(out) == 0 ? 0 : 1;
}
