# SPDX-License-Identifier: MIT
#
# Fuzz targets of the reader and of every importer. With the build type Fuzz
# (clang, -fsanitize=fuzzer-no-link in the flags) they are libFuzzer's, to be
# run as
#
#     build/fuzz/trace_reader_fuzzer -max_total_time=60 NEW \
#       build/fuzz/corpus/trace_reader
#
# and otherwise they replay their corpus as a test.

# pfn_add_trace_fuzzer(NAME qemu_log SRCS x.cc DEPS pfn::import)
function(pfn_add_trace_fuzzer)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS" ${ARGN})
  set(target trace_${ARG_NAME}_fuzzer)
  set(folder ${PROJECT_SOURCE_DIR}/tests/fuzz)
  list(TRANSFORM ARG_SRCS PREPEND ${folder}/)
  add_executable(${target} ${ARG_SRCS})
  add_dependencies(fuzzers ${target})
  target_link_libraries(${target} PRIVATE ${ARG_DEPS})
  if(CMAKE_BUILD_TYPE STREQUAL "Fuzz")
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    target_link_libraries(${target} PRIVATE pfn::fuzz_replay)
    add_test(NAME trace_${ARG_NAME}_corpus_test
      COMMAND ${target} ${PROJECT_BINARY_DIR}/corpus/trace_${ARG_NAME})
  endif()
endfunction()

pfn_add_trace_fuzzer(NAME reader SRCS trace_reader_fuzzer.cc DEPS pfn::trace)
pfn_add_trace_fuzzer(NAME zstd SRCS trace_zstd_fuzzer.cc DEPS pfn::trace)
foreach(format IN ITEMS
    bpftrace ftrace pagemap perf-script pfn-lines qemu-log)
  string(REPLACE "-" "_" name ${format})
  pfn_add_trace_fuzzer(NAME ${name} SRCS trace_import_fuzzer.cc
    DEPS pfn::import)
  target_compile_definitions(trace_${name}_fuzzer PRIVATE
    PFN_FUZZ_FORMAT="${format}")
endforeach()
