// SPDX-License-Identifier: MIT
//
// File: tests/structures/structure_kinds.h
//
// The structures, to parameterise tests by.

#ifndef PFNBENCH_TESTS_STRUCTURES_STRUCTURE_KINDS_H_
#define PFNBENCH_TESTS_STRUCTURES_STRUCTURE_KINDS_H_

#include <vector>

#include "harness/check/any_set.h"

namespace pfn::testing {

// Every structure of structures/list.def, in its order.
const std::vector<SetKind>& StructureKinds();
// Those that IsFaultable().
const std::vector<SetKind>& FaultableKinds();

}  // namespace pfn::testing

#endif  // PFNBENCH_TESTS_STRUCTURES_STRUCTURE_KINDS_H_
