# SPDX-License-Identifier: MIT
#
# The two shapes of target that the project has.

# pfn_add_library(NAME heap SRCS a.cc b.cc DEPS pfn::x PRIVATE_DEPS y)
# A static library pfn_NAME with the alias pfn::NAME, which everybody links.
function(pfn_add_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(pfn_${ARG_NAME} STATIC ${ARG_SRCS})
  add_library(pfn::${ARG_NAME} ALIAS pfn_${ARG_NAME})
  target_include_directories(pfn_${ARG_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(pfn_${ARG_NAME}
    PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# pfn_add_test(NAME trace_io_test SRCS trace_io_test.cc DEPS pfn::trace ...)
# One executable, one entry in CTest.
function(pfn_add_test)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS})
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
endfunction()
