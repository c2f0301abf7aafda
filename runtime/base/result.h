// Result<T>: a value or an Error, and the macros that pass an Error on.
//
//   UniqueFd fd = TRY(sys::open_at(dir, "config.json", O_RDONLY));           pass on
//   TRY_DOING(cat("mount '", target, "'"), sys::move_mount(fd, dir, name));   pass on, adding
//   intent if (auto r = sys::mkdir_at(dir, name, 0755); !r && r.error().err() != EEXIST) {...}
//   tolerate one cause
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <utility>

#include "runtime/base/error.h"

namespace plimsoll {

template <typename T = void>
using Result = std::expected<T, Error>;

// Out of line and cold: the compiler then keeps what leads to a failure apart from what is
// executed.
[[gnu::cold]] std::unexpected<Error> fail(Error error);
namespace result_internal {
[[gnu::cold]] std::unexpected<Error> hand_on(Error& error);
[[gnu::cold]] std::unexpected<Error> hand_on(Error& error, std::string_view doing);
}  // namespace result_internal

}  // namespace plimsoll

// A GNU statement expression: the value of a Result, or return its Error from the enclosing
// function.
#define TRY(expression)                                                 \
  __extension__({                                                       \
    auto try_result_ = (expression);                                    \
    if (!try_result_) [[unlikely]] {                                    \
      return ::plimsoll::result_internal::hand_on(try_result_.error()); \
    }                                                                   \
    *std::move(try_result_);                                            \
  })

// As TRY, and puts `doing` in front of the Error's text. `doing` is evaluated only on failure.
#define TRY_DOING(doing, expression)                                           \
  __extension__({                                                              \
    auto try_result_ = (expression);                                           \
    if (!try_result_) [[unlikely]] {                                           \
      return ::plimsoll::result_internal::hand_on(try_result_.error(), doing); \
    }                                                                          \
    *std::move(try_result_);                                                   \
  })
