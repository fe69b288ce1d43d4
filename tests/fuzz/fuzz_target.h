// SPDX-License-Identifier: MIT
//
// What a fuzz target defines: the entry point, with the name and type that
// libFuzzer expects. replay_main.cc calls it where there is no libFuzzer.

#pragma once

#include <cstddef>
#include <cstdint>

// Returns 0; what must not be aborts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);
