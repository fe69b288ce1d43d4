// SPDX-License-Identifier: MIT
//
// What there is for --fault, --policy, --driver and --costs, each on one
// screen.

#pragma once

#include <string>

namespace pfn {

std::string ListWorkloads();
std::string ListStructures();
std::string ListOperations();
std::string ListFaults();
std::string ListPolicies();
std::string ListDrivers();
std::string ListCosts();

}  // namespace pfn
