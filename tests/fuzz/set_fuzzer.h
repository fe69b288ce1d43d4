// SPDX-License-Identifier: MIT
//
// File: tests/fuzz/set_fuzzer.h
//
// Bytes as a contender, a sequence of operations on it, and allocations that
// fail; the oracle looks on. The entry point has the name and type that
// libFuzzer expects; replay_main.cc calls it for files, without libFuzzer.
//
//   byte 0     which contender (of those that survive failures)
//   byte 1     around which place of the page space
//   then, for each step:
//     opcode   bits 0-2: the operation
//              bits 3-4: how far one page is from the next
//              bit 5:    some request of it fails
//              bit 6:    all later ones too
//     [nth]    if a request fails: which
//     offset   2 bytes, little endian: the first page, from the place
//     extent   1 or 2 bytes: how many pages more
//
// A step that is cut off ends the input. Whatever the bytes are, they are some
// legal sequence, so the fuzzer wastes nothing.

#ifndef PFNBENCH_TESTS_FUZZ_SET_FUZZER_H_
#define PFNBENCH_TESTS_FUZZ_SET_FUZZER_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

namespace pfn::testing {

// Over all inputs of the program.
struct FuzzTotals {
  std::uint64_t inputs = 0;
  std::uint64_t steps = 0;       // after each, membership was compared
  std::uint64_t operations = 0;  // calls of the set: a step may be many
  std::uint64_t failures = 0;    // requests that were made to fail
  std::set<std::string> contenders = {};
};

const FuzzTotals& Totals();
void PrintTotals();

}  // namespace pfn::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

#endif  // PFNBENCH_TESTS_FUZZ_SET_FUZZER_H_
