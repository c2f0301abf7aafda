# Writes a C++ file with the bytes of INPUT as plimsoll::embedded::SYMBOL into OUTPUT.
file(READ ${INPUT} bytes)
# JSON is read at each start: without its indentation that takes half as long.
if(INPUT MATCHES "\\.json$")
  string(REGEX REPLACE "\n *" "" bytes "${bytes}")
endif()
# Pieces, as no compiler must take a literal beyond 64 KiB; the delimiter is in none of our files.
string(LENGTH "${bytes}" size)
set(pieces "")
set(at 0)
while(at LESS size)
  string(SUBSTRING "${bytes}" ${at} 8000 piece)
  string(APPEND pieces "R\"plimsoll(${piece})plimsoll\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE ${OUTPUT} "// Made from ${INPUT}.
#include <string_view>
namespace plimsoll::embedded {
extern const std::string_view ${SYMBOL};
constinit const std::string_view ${SYMBOL} =
${pieces};
}  // namespace plimsoll::embedded
")
