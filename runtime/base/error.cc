// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/error.h"

#include <cstring>

namespace plimsoll {

Error Error::wrap(std::string_view doing) && {
  std::string text;
  text.reserve(doing.size() + 2 + text_.size());
  text.append(doing).append(": ").append(text_);
  text_ = std::move(text);
  return std::move(*this);
}

std::string Error::message() const {
  if (err_ == 0) {
    return text_;
  }
  return text_ + ": " + errno_text(err_);
}

std::string errno_text(int err) {
  const char* description = strerrordesc_np(err);
  if (description == nullptr) {
    return "errno " + std::to_string(err);
  }
  std::string text = description;
  // "RPC…" and the like keep their capitals: only a word that is capitalised as a sentence is
  // lowered.
  const bool sentence =
      text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && !(text[1] >= 'A' && text[1] <= 'Z');
  if (sentence) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace plimsoll
