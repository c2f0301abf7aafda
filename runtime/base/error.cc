// SPDX-License-Identifier: Apache-2.0
#include "runtime/base/error.h"

#include <cstring>

#include "runtime/base/result.h"

namespace plimsoll {

Error::Error(ErrorKind kind, int err, std::string_view text)
    : detail_(new Detail{.text = std::string(text), .err = err, .kind = kind}) {}

Error::Error(const Error& other) : detail_(new Detail(*other.detail_)) {}

void Error::destroy() { delete detail_; }

Error Error::wrap(std::string_view doing) && {
  std::string text;
  text.reserve(doing.size() + 2 + detail_->text.size());
  text.append(doing).append(": ").append(detail_->text);
  detail_->text = std::move(text);
  return std::move(*this);
}

std::string Error::message() const {
  return err() == 0 ? text() : text() + ": " + errno_text(err());
}

std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

namespace result_internal {

std::unexpected<Error> hand_on(Error& error) { return std::unexpected<Error>(std::move(error)); }

std::unexpected<Error> hand_on(Error& error, std::string_view doing) {
  return std::unexpected<Error>(std::move(error).wrap(doing));
}

}  // namespace result_internal

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
