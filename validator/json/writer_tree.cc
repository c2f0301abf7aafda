// The writer's real numbers and trees: in a file of their own, as std::to_chars of a double brings
// large tables into a static program. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "validator/json/json.h"

namespace plimsoll::json {

Writer& Writer::value(double number) {
  if (!std::isfinite(number)) {
    return null();
  }
  if (number == 0 && std::signbit(number)) {
    return raw("-0.0");  // "-0" would be read back as the integer 0
  }
  std::array<char, 64> digits;
  const std::to_chars_result end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return raw(std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data())));
}

Writer& Writer::value(const Value& tree) {
  if (const Object* object = tree.object()) {
    return map(*object);
  }
  if (const Array* array = tree.array()) {
    return list(*array);
  }
  if (const std::string* text = tree.string()) {
    return value(*text);
  }
  if (const auto flag = tree.boolean()) {
    return value(*flag);
  }
  if (const auto number = tree.unsigned_integer()) {
    return value(*number);
  }
  if (const auto number = tree.signed_integer()) {
    return value(*number);
  }
  if (const auto number = tree.real()) {
    return value(*number);
  }
  return null();
}

}  // namespace plimsoll::json
