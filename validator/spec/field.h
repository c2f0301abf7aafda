// How a member of the configuration is read: a Type for each C++ type of Spec, a Field for each
// member. The tables are in fields.cc, what drives them in parse.cc. Private to this module.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validator/spec/spec.h"

namespace plimsoll::spec {

enum class Shape : std::uint8_t { boolean, integer, string, list, object, map, skipped };

struct Field;

// What to do with a value. `slot` is the address of the member, of the type that the Type was made
// for.
struct Type {
  Shape shape = Shape::skipped;
  bool nullable = false;  // null is the same as absent
  // booleans; with Shape::skipped: told true when the member is there
  void (*set_bool)(void* slot, bool value) = nullptr;
  // integers; bits is the value in two's complement, from min to max
  void (*set_integer)(void* slot, std::uint64_t bits) = nullptr;
  std::int64_t min = 0;
  std::uint64_t max = 0;
  void (*set_string)(void* slot, std::string_view value) = nullptr;
  // lists, objects, maps: makes the container and gives its address
  void* (*open)(void* slot) = nullptr;
  void* (*append)(void* container) = nullptr;                              // list: a new element
  void* (*append_named)(void* container, std::string_view key) = nullptr;  // map: a new value
  const Type* element = nullptr;                                           // of a list or map
  std::span<const Field> fields = {};                                      // of an object
};

struct Field {
  std::string_view name;
  const Type* type = nullptr;
  void* (*member)(void* object) = nullptr;  // nullptr: known, and of no use on Linux
  bool required =
      false;  // for members whose absence Spec cannot show; the others are for the rules
};

// The rows of an object, specialised in fields.cc for each struct of Spec.
template <typename T>
struct FieldsOf;

template <typename T>
struct TypeOf {  // an object
  static constexpr Type value{.shape = Shape::object,
                              .nullable = true,
                              .open = [](void* slot) { return slot; },
                              .fields = FieldsOf<T>::value};
};

template <>
struct TypeOf<bool> {
  static constexpr Type value{.shape = Shape::boolean, .set_bool = [](void* slot, bool value) {
                                *static_cast<bool*>(slot) = value;
                              }};
};

template <std::integral T, std::uint64_t Max = std::uint64_t{std::numeric_limits<T>::max()}>
struct IntegerType {
  static constexpr Type value{
      .shape = Shape::integer,
      .set_integer = [](void* slot,
                        std::uint64_t bits) { *static_cast<T*>(slot) = static_cast<T>(bits); },
      .min = std::signed_integral<T> ? std::int64_t{std::numeric_limits<T>::min()} : 0,
      .max = Max};
};

template <std::integral T>
struct TypeOf<T> : IntegerType<T> {};

template <>
struct TypeOf<std::string> {
  static constexpr Type value{.shape = Shape::string,
                              .set_string = [](void* slot, std::string_view value) {
                                static_cast<std::string*>(slot)->assign(value);
                              }};
};

// An optional of whatever `Inner` describes.
template <typename T, typename Inner = TypeOf<T>>
struct OptionalType {
 private:
  using Optional = std::optional<T>;
  static T* make(void* slot) { return &static_cast<Optional*>(slot)->emplace(); }
  static constexpr Type adapt() {
    Type type = Inner::value;
    type.nullable = true;
    if (type.set_bool != nullptr) {
      type.set_bool = [](void* slot, bool value) { Inner::value.set_bool(make(slot), value); };
    }
    if (type.set_integer != nullptr) {
      type.set_integer = [](void* slot, std::uint64_t bits) {
        Inner::value.set_integer(make(slot), bits);
      };
    }
    if (type.set_string != nullptr) {
      type.set_string = [](void* slot, std::string_view value) {
        Inner::value.set_string(make(slot), value);
      };
    }
    if (type.open != nullptr) {
      type.open = [](void* slot) { return Inner::value.open(make(slot)); };
    }
    return type;
  }

 public:
  static constexpr Type value = adapt();
};

template <typename T>
struct TypeOf<std::optional<T>> : OptionalType<T> {};

template <typename T, typename Element = TypeOf<T>>
struct ListType {
  static constexpr Type value{.shape = Shape::list,
                              .nullable = true,
                              .open = [](void* slot) { return slot; },
                              .append = [](void* container) -> void* {
                                return &static_cast<std::vector<T>*>(container)->emplace_back();
                              },
                              .element = &Element::value};
};

template <typename T>
struct TypeOf<std::vector<T>> : ListType<T> {};

template <>
struct TypeOf<StringMap> {
  static constexpr Type value{
      .shape = Shape::map,
      .nullable = true,
      .open = [](void* slot) { return slot; },
      .append_named = [](void* container, std::string_view key) -> void* {
        return &static_cast<StringMap*>(container)->emplace_back(key, std::string()).second;
      },
      .element = &TypeOf<std::string>::value};
};

// A map whose values are objects that carry their own key: KeyedType<NetDevice,
// &NetDevice::host_name>.
template <typename T, std::string T::* Key>
struct KeyedType {
  static constexpr Type value{.shape = Shape::map,
                              .nullable = true,
                              .open = [](void* slot) { return slot; },
                              .append_named = [](void* container, std::string_view key) -> void* {
                                T& entry = static_cast<std::vector<T>*>(container)->emplace_back();
                                entry.*Key = key;
                                return &entry;
                              },
                              .element = &TypeOf<T>::value};
};

inline constexpr Type kSkipped{.nullable = true};
// Skipped, but for the fact that it is there.
inline constexpr Type kPresence{.nullable = true, .set_bool = [](void* slot, bool value) {
                                  *static_cast<bool*>(slot) = value;
                                }};

template <typename Member>
struct MemberOf;
template <typename Object, typename Member>
struct MemberOf<Member Object::*> {
  using object = Object;
  using member = Member;
};

// One row: field<&Process::cwd>("cwd").
template <auto Pointer>
constexpr Field field(std::string_view name, const Type& type) {
  using Object = typename MemberOf<decltype(Pointer)>::object;
  return {.name = name, .type = &type, .member = [](void* object) -> void* {
            return &(static_cast<Object*>(object)->*Pointer);
          }};
}
template <auto Pointer>
constexpr Field field(std::string_view name) {
  return field<Pointer>(name, TypeOf<typename MemberOf<decltype(Pointer)>::member>::value);
}
template <auto Pointer, typename... Arguments>
constexpr Field required(Arguments&&... arguments) {
  Field row = field<Pointer>(std::forward<Arguments>(arguments)...);
  row.required = true;
  return row;
}
constexpr Field unused(std::string_view name, const Type& type = kSkipped) {
  return {.name = name, .type = &type};
}

// The tables of fields.cc.
extern const Type kSpecType;
extern const Type kProcessType;
extern const Type kResourcesType;
// Of document_fields.cc.
extern const Type kStateType;
extern const Type kFeaturesType;

}  // namespace plimsoll::spec
