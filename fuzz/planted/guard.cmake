# Planted bugs are for fuzzing builds alone. A script of its own, so that a check can run it.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  message(FATAL_ERROR "PLIMSOLL_PLANTED: a release is never built with planted bugs")
endif()
if(NOT PLIMSOLL_FUZZ)
  message(FATAL_ERROR "PLIMSOLL_PLANTED: planted bugs are for the presets fuzz and afl")
endif()
