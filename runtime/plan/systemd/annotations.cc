// org.systemd.property.NAME annotations: GVariant texts as values of D-Bus. They come from whoever
// may set annotations, so the parser is strict: no nesting beyond four, no type that no unit has.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>

#include "runtime/base/text.h"
#include "runtime/plan/systemd/unit.h"

namespace plimsoll::plan {

namespace {

constexpr std::string_view kPrefix = "org.systemd.property.";
constexpr int kMaxDepth = 4;

struct Keyword {
  std::string_view name;
  char signature;
  std::int64_t least;
  std::uint64_t most;
};
constexpr auto kKeywords = std::to_array<Keyword>({
    {.name = "byte", .signature = 'y', .least = 0, .most = 0xff},
    {.name = "int16", .signature = 'n', .least = -0x8000, .most = 0x7fff},
    {.name = "uint16", .signature = 'q', .least = 0, .most = 0xffff},
    {.name = "int32", .signature = 'i', .least = -0x80000000LL, .most = 0x7fffffff},
    {.name = "uint32", .signature = 'u', .least = 0, .most = 0xffffffff},
    {.name = "int64",
     .signature = 'x',
     .least = std::numeric_limits<std::int64_t>::min(),
     .most = std::numeric_limits<std::int64_t>::max()},
    {.name = "uint64",
     .signature = 't',
     .least = 0,
     .most = std::numeric_limits<std::uint64_t>::max()},
});
constexpr const Keyword& kInt32 = kKeywords[3];

class Parser {
 public:
  explicit Parser(std::string_view text) : left_(text) {}

  Result<> whole(UnitProperty& out) {
    TRY(value(out, 0));
    skip_spaces();
    return left_.empty() ? Result<>() : wrong("text after the value");
  }

 private:
  Result<> wrong(std::string_view why) const {
    return fail(Error::invalid(left_.empty() ? cat(why, " at the end")
                                             : cat(why, " at '", left_.substr(0, 20), "'")));
  }
  void skip_spaces() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\t' || left_[0] == '\n')) {
      left_.remove_prefix(1);
    }
  }
  bool take(char c) {
    skip_spaces();
    if (!left_.starts_with(c)) {
      return false;
    }
    left_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    skip_spaces();
    const auto part = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-' || c == '+' || c == '.';
    };
    std::size_t size = 0;
    while (size < left_.size() && part(left_[size])) {
      ++size;
    }
    const std::string_view found = left_.substr(0, size);
    left_.remove_prefix(size);
    return found;
  }

  Result<> value(UnitProperty& out, int depth) {
    skip_spaces();
    if (left_.empty()) {
      return wrong("a value is missing");
    }
    if (depth > kMaxDepth) {
      return wrong("nested too deep");
    }
    switch (left_[0]) {
      case '[':
        return array(out, depth);
      case '(':
        return tuple(out, depth);
      case '\'':
      case '"':
        return string(out);
      default:
        return plain(out);
    }
  }

  Result<> array(UnitProperty& out, int depth) {
    take('[');
    const std::size_t count_at = out.atoms.size();
    out.atoms.emplace_back();
    std::string element;
    std::size_t count = 0;
    while (!take(']')) {
      if (count > 0 && !take(',')) {
        return wrong("',' or ']' expected");
      }
      UnitProperty item;
      TRY(value(item, depth + 1));
      if (count == 0) {
        element = item.signature;
      } else if (element != item.signature) {
        return wrong("an array has elements of one type, but");
      }
      std::ranges::move(item.atoms, std::back_inserter(out.atoms));
      ++count;
    }
    // "[]" alone does not say of what; the empty lists of units are of strings.
    cat_to(out.signature, "a", count == 0 ? "s" : element);
    out.atoms[count_at] = cat(count);
    return {};
  }

  Result<> tuple(UnitProperty& out, int depth) {
    take('(');
    out.signature += '(';
    for (std::size_t count = 0; !take(')'); ++count) {
      if (count > 0 && !take(',')) {
        return wrong("',' or ')' expected");
      }
      TRY(value(out, depth + 1));
    }
    out.signature += ')';
    return {};
  }

  Result<> string(UnitProperty& out) {
    const char quote = left_[0];
    left_.remove_prefix(1);
    std::string text;
    while (!left_.empty() && left_[0] != quote) {
      char c = left_[0];
      left_.remove_prefix(1);
      if (c == '\\') {
        if (left_.empty()) {
          break;
        }
        c = left_[0];
        left_.remove_prefix(1);
        c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
      }
      text += c;
    }
    if (left_.empty()) {
      return wrong("a string has no end");
    }
    left_.remove_prefix(1);
    out.signature += 's';
    out.atoms.push_back(std::move(text));
    return {};
  }

  Result<> plain(UnitProperty& out) {
    const std::string_view first = word();
    if (first == "true" || first == "false") {
      out.signature += 'b';
      out.atoms.emplace_back(first == "true" ? "1" : "0");
      return {};
    }
    const auto keyword = std::ranges::find(kKeywords, first, &Keyword::name);
    if (keyword != kKeywords.end()) {
      return number(out, *keyword, word());
    }
    return number(out, kInt32, first);
  }

  Result<> number(UnitProperty& out, const Keyword& type, std::string_view digits) const {
    const auto natural = parse_unsigned(digits);
    const auto whole = parse_signed(digits);
    const bool fits =
        (natural && *natural <= type.most) || (whole && *whole < 0 && *whole >= type.least);
    if (!fits) {
      return wrong(cat("'", digits, "' is not ", type.name));
    }
    out.signature += type.signature;
    out.atoms.emplace_back(digits);
    return {};
  }

  std::string_view left_;
};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// As runc: letters only, so that nothing but a property's name can be meant.
bool is_property_name(std::string_view name) {
  return name.size() >= 3 &&
         std::ranges::all_of(name, [](char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); });
}

// Times are properties in microseconds ("TimeoutStopUSec") and settings in seconds
// ("TimeoutStopSec"); people know the latter.
Result<> seconds_to_microseconds(UnitProperty& property) {
  constexpr std::string_view kSeconds = "Sec";
  constexpr std::uint64_t kPerSecond = 1'000'000;
  const std::size_t stem = property.name.size() - kSeconds.size();
  if (!property.name.ends_with(kSeconds) || stem == 0 || !is_lower(property.name[stem - 1])) {
    return {};
  }
  const auto seconds =
      property.atoms.size() == 1 ? parse_unsigned(property.atoms[0]) : std::nullopt;
  if (!seconds || property.signature == "s" ||
      *seconds > std::numeric_limits<std::uint64_t>::max() / kPerSecond) {
    return fail(Error::invalid("a number of seconds is expected"));
  }
  property.name = cat(property.name.substr(0, stem), "USec");
  property.signature = "t";
  property.atoms[0] = cat(*seconds * kPerSecond);
  return {};
}

}  // namespace

Result<UnitProperty> parse_variant(std::string_view name, std::string_view text) {
  UnitProperty property{.name = std::string(name)};
  TRY(Parser(text).whole(property));
  return property;
}

Result<std::vector<UnitProperty>> plan_unit_annotations(const spec::StringMap& annotations) {
  std::vector<UnitProperty> properties;
  for (const auto& [key, text] : annotations) {
    if (!key.starts_with(kPrefix)) {
      continue;
    }
    const std::string_view name = std::string_view(key).substr(kPrefix.size());
    if (!is_property_name(name)) {
      return fail(Error::invalid(cat(
          "annotation '", key, "': a property's name has at least 3 letters and nothing else")));
    }
    properties.push_back(TRY_DOING(cat("annotation '", key, "'"), parse_variant(name, text)));
    TRY_DOING(cat("annotation '", key, "'"), seconds_to_microseconds(properties.back()));
  }
  return properties;
}

}  // namespace plimsoll::plan
