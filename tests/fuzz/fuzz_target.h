// SPDX-License-Identifier: MIT
//
// File: tests/fuzz/fuzz_target.h
//
// What a fuzz target defines: the entry point, with the name and type that
// libFuzzer expects. replay_main.cc calls it where there is no libFuzzer.

#ifndef PFNBENCH_TESTS_FUZZ_FUZZ_TARGET_H_
#define PFNBENCH_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>

// Returns 0; what must not be aborts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

#endif  // PFNBENCH_TESTS_FUZZ_FUZZ_TARGET_H_
