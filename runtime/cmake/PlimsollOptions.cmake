# The options of our own code. Third-party headers come in as SYSTEM, so that they are free of our warnings.
option(PLIMSOLL_WERROR "Turn warnings in our own code into errors" ON)
option(PLIMSOLL_STATIC "Link programs statically, as the release does" ON)
set(PLIMSOLL_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated")
option(PLIMSOLL_COVERAGE "Instrument for gcov" OFF)
set(PLIMSOLL_FUZZ "" CACHE STRING "Build the fuzz targets for an engine, libfuzzer or afl (clang only)")
option(PLIMSOLL_COVERAGE_OF_CORPUS "Instrument for clang's source coverage by the fuzz corpora" OFF)

add_library(plimsoll_options INTERFACE)
target_include_directories(plimsoll_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(plimsoll_options INTERFACE _FILE_OFFSET_BITS=64)
target_compile_options(
  plimsoll_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
            -Wnon-virtual-dtor -Wimplicit-fallthrough -Wextra-semi -Wswitch-enum
            -fstack-protector-strong -fno-rtti)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(plimsoll_options INTERFACE -Wlogical-op -Wduplicated-cond -Wuseless-cast
                                                    -fcf-protection)
endif()
if(PLIMSOLL_WERROR)
  target_compile_options(plimsoll_options INTERFACE -Werror)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(plimsoll_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # For speed, with what leads to errors apart from what is executed (base/result.h), and nothing put at round addresses: a
  # quarter larger than -Os, and faster, as a command touches hardly more pages of it.
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -fno-align-functions -fno-align-loops -fno-align-jumps -fno-align-labels -DNDEBUG")
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What is copied is short, and "rep movsb" takes long to begin.
    string(APPEND CMAKE_CXX_FLAGS_RELEASE " -mstringop-strategy=libcall")
  endif()
  # No unwind tables: nothing here is unwound (runtime/entry/no_exceptions.cc). One thread: no guard of a static.
  target_compile_options(
    plimsoll_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ffunction-sections -fdata-sections
                               $<$<COMPILE_LANGUAGE:CXX>:-fno-asynchronous-unwind-tables>
                               $<$<COMPILE_LANGUAGE:CXX>:-fno-threadsafe-statics>)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()
if(PLIMSOLL_SANITIZE)
  target_compile_options(plimsoll_options INTERFACE -fsanitize=${PLIMSOLL_SANITIZE}
                                                    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(plimsoll_options INTERFACE -fsanitize=${PLIMSOLL_SANITIZE})
endif()
if(PLIMSOLL_COVERAGE)
  target_compile_options(plimsoll_options INTERFACE --coverage -O0)
  target_compile_definitions(plimsoll_options INTERFACE PLIMSOLL_COVERAGE)
  target_link_options(plimsoll_options INTERFACE --coverage)
endif()

if(PLIMSOLL_COVERAGE_OF_CORPUS)
  target_compile_options(plimsoll_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(plimsoll_options INTERFACE -fprofile-instr-generate)
endif()

# Programs that ship: static, position independent, all relocations read-only before main.
add_library(plimsoll_program INTERFACE)
target_link_libraries(plimsoll_program INTERFACE plimsoll_options)
target_link_options(plimsoll_program INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections
                    $<$<CONFIG:Release>:-s>)
if(PLIMSOLL_STATIC AND NOT PLIMSOLL_SANITIZE)
  # Relative relocations in their packed form: 90 KB less to read at each start.
  target_link_options(plimsoll_program INTERFACE -static-pie -Wl,-z,pack-relative-relocs)
else()
  target_link_options(plimsoll_program INTERFACE -pie)
endif()

find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBSECCOMP REQUIRED libseccomp)
# The archive, not the shared library: the programs that ship are static.
find_library(LIBSECCOMP_ARCHIVE NAMES libseccomp.a HINTS ${LIBSECCOMP_LIBDIR} REQUIRED)
add_library(plimsoll_libseccomp INTERFACE)
target_include_directories(plimsoll_libseccomp SYSTEM INTERFACE ${LIBSECCOMP_INCLUDE_DIRS})
target_link_libraries(plimsoll_libseccomp INTERFACE ${LIBSECCOMP_ARCHIVE})
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Threads REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
