# SPDX-License-Identifier: MIT
#
# The two shapes of target that the project has, and how their headers are read
# once for all where the result is not measured.

set(PFN_COMMON_HEADERS
  <algorithm> <array> <charconv> <cstdint> <filesystem> <fstream> <functional>
  <map> <memory> <optional> <set> <span> <sstream> <string> <string_view>
  <utility> <vector> <fmt/format.h>)

# pfn_share_headers(test_headers <map> <gtest/gtest.h> DEPS GTest::gtest
#   FLAGS -O0)
# The target pfn_NAME, which compiles the given headers, which DEPS bring, for
# others to reuse. A file that forgets an include compiles then, but not in a
# debug build, which shares no headers.
function(pfn_share_headers name)
  cmake_parse_arguments(ARG "" "" "DEPS;FLAGS" ${ARGN})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${name}.cc
    CONTENT "// Needed for its headers only.\n")
  add_library(pfn_${name} OBJECT ${PROJECT_BINARY_DIR}/generated/${name}.cc)
  target_compile_options(pfn_${name} PRIVATE ${ARG_FLAGS})
  target_link_libraries(pfn_${name} PRIVATE fmt::fmt ${ARG_DEPS})
  target_precompile_headers(pfn_${name} PRIVATE ${ARG_UNPARSED_ARGUMENTS})
endfunction()

# pfn_add_library(NAME heap SRCS a.cc b.cc DEPS pfn::x PRIVATE_DEPS y)
# A static library pfn_NAME with the alias pfn::NAME, which everybody links.
function(pfn_add_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(pfn_${ARG_NAME} STATIC ${ARG_SRCS})
  add_library(pfn::${ARG_NAME} ALIAS pfn_${ARG_NAME})
  target_include_directories(pfn_${ARG_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(pfn_${ARG_NAME}
    PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    # fmt: what reuses compiled headers must have been asked for alike.
    target_link_libraries(pfn_${ARG_NAME} PRIVATE fmt::fmt)
    target_precompile_headers(pfn_${ARG_NAME} REUSE_FROM pfn_common_headers)
    # GCC 12 finds overflows in the standard library that there are not, and
    # keeps silent about them only where its headers are not compiled before.
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      target_compile_options(pfn_${ARG_NAME} PRIVATE
        -Wno-stringop-overflow -Wno-stringop-overread)
    endif()
  endif()
endfunction()

# pfn_add_room(NAME heap SRCS a.cc b.cc DEPS pfn::x PRIVATE_DEPS y)
# The same for the folder NAME, which has all the sources: a folder is a library.
function(pfn_add_room)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  list(TRANSFORM ARG_SRCS PREPEND ${ARG_NAME}/)
  pfn_add_library(NAME ${ARG_NAME} SRCS ${ARG_SRCS}
    DEPS ${ARG_DEPS} PRIVATE_DEPS ${ARG_PRIVATE_DEPS})
endfunction()

# Does not optimise the target: a command line or a file of results takes long
# to compile and no time to run. The linker takes the first copy of an inline
# function that it meets, so a program has pfn_link_first for what is measured. A
# debug build compiles it like the rest, and finds an include that is missing.
function(pfn_compile_quickly target)
  if(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
    target_compile_options(${target} PRIVATE -O0)
    target_link_libraries(${target} PRIVATE fmt::fmt)
    set_target_properties(${target} PROPERTIES
      PRECOMPILE_HEADERS_REUSE_FROM pfn_cold_headers)
  endif()
endfunction()

# pfn_link_first(pfnbench measure kernel)
# Links the objects of these libraries before all else: see pfn_compile_quickly.
function(pfn_link_first target)
  foreach(name IN LISTS ARGN)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:pfn_${name}>)
  endforeach()
endfunction()

# Code of a test: nothing in it is measured.
function(pfn_compile_as_test target)
  target_compile_options(${target} PRIVATE -O0)
  # fmt: what reuses compiled headers must have been asked for alike.
  target_link_libraries(${target} PRIVATE fmt::fmt)
  target_precompile_headers(${target} REUSE_FROM pfn_test_headers)
endfunction()

# pfn_add_test(NAME trace_io_test SRCS trace_io_test.cc DEPS pfn::trace ...)
# One executable, one entry in CTest. Its own code, which is most of what there
# is to compile, is not optimised, unless it is TIMED and times mean something;
# what it links is as it is measured.
function(pfn_add_test)
  cmake_parse_arguments(ARG "TIMED" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS})
  if(NOT ARG_TIMED OR PFN_QUICK_BUILD)
    pfn_compile_as_test(${ARG_NAME})
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
endfunction()

# pfn_add_pytest(NAME plots_test FOLDER plots MODULES pytest matplotlib)
# One folder of Python tests, or one file, one entry in CTest, which starts
# before others if its COST, about the seconds it takes, is higher. Uses the
# first interpreter that has MODULES: the python3 on PATH may know none of
# Debian's. The programs are found through PFNBENCH and PFNTRACE. The label
# "program" selects what needs no test to be built; PROJECT adds the label
# "project", which `./run test` leaves out: what only the project has to know of
# itself. WITHOUT is a file of the folder that another entry has.
function(pfn_add_pytest)
  cmake_parse_arguments(ARG "PROJECT" "NAME;FOLDER;COST;WITHOUT" "MODULES"
    ${ARGN})
  list(JOIN ARG_MODULES ", " modules)
  # Looked for, not imported, which would take seconds of each configuration.
  set(look "import importlib.util as u, sys"
    "sys.exit(not all(map(u.find_spec, sys.argv[1:])))")
  set(python)
  foreach(candidate IN ITEMS /usr/bin/python3 python3)
    execute_process(COMMAND ${candidate} -c "${look}" ${ARG_MODULES}
      RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      set(python ${candidate})
      break()
    endif()
  endforeach()
  if(NOT python)
    message(WARNING "${ARG_NAME} is left out: no python3 has ${modules}")
    return()
  endif()
  set(without)
  if(ARG_WITHOUT)
    set(without --ignore ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_WITHOUT})
  endif()
  add_test(NAME ${ARG_NAME}
    COMMAND ${python} -m pytest -q -p no:cacheprovider
            ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FOLDER} ${without}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(ARG_COST)
    set_tests_properties(${ARG_NAME} PROPERTIES COST ${ARG_COST})
  endif()
  set(labels program)
  if(ARG_PROJECT)
    list(APPEND labels project)
  endif()
  set_property(TEST ${ARG_NAME} PROPERTY LABELS ${labels})
  set_tests_properties(${ARG_NAME} PROPERTIES ENVIRONMENT
    "PFNBENCH=$<TARGET_FILE:pfnbench>;PFNTRACE=$<TARGET_FILE:pfntrace>;PYTHONDONTWRITEBYTECODE=1")
endfunction()
