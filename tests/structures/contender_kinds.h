// SPDX-License-Identifier: MIT
//
// File: tests/structures/contender_kinds.h
//
// The contenders, to parameterise tests by.

#ifndef PFNBENCH_TESTS_STRUCTURES_CONTENDER_KINDS_H_
#define PFNBENCH_TESTS_STRUCTURES_CONTENDER_KINDS_H_

#include <vector>

#include "harness/check/any_set.h"

namespace pfn::testing {

// Every contender of structures/list.def, in its order.
const std::vector<SetKind>& ContenderKinds();
// Those that IsFaultable().
const std::vector<SetKind>& FaultableKinds();

}  // namespace pfn::testing

#endif  // PFNBENCH_TESTS_STRUCTURES_CONTENDER_KINDS_H_
