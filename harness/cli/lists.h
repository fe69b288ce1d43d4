// SPDX-License-Identifier: MIT
//
// File: harness/cli/lists.h
//
// What there is for --fault, --policy and --driver, each on one screen.

#ifndef PFNBENCH_HARNESS_CLI_LISTS_H_
#define PFNBENCH_HARNESS_CLI_LISTS_H_

#include <string>

namespace pfn {

std::string ListWorkloads();
std::string ListStructures();
std::string ListOperations();
std::string ListFaults();
std::string ListPolicies();
std::string ListDrivers();

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_CLI_LISTS_H_
