// SPDX-License-Identifier: MIT
//
// What a user says about a replay, and the driver that it stands for:
//
//   --policy=NAME[,...]   free single array array-rest reserve:BYTES
//                         nowait-pages
//   --host=model|real     real:SIZE for a guest of that size at most
//   --host-merge          the host merges each array before madvise
//   --driver=KEY:VALUE[,...]
//   --replaced=PERCENT
//   --guest=recorded|reacts, and a flag for each value (reacting_guest.h)
//   --costs=SET, and a flag for each cost (costs.h)
//
// Policies and keys of --driver are those of the tables in replay_spec.cc,
// which
// --list-policies and --list-drivers print.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/driver/driver_options.h"
#include "harness/driver/reacting_guest.h"
#include "workloads/base/error.h"

namespace pfn {

struct PolicySpec {
  Policy policy = Policy::kFree;
  std::uint64_t reserve_bytes = 0;  // kReserve

  std::string ToString() const;
  friend bool operator==(const PolicySpec&, const PolicySpec&) = default;
};

struct HostSpec {
  bool is_real = false;
  std::uint64_t bytes = 0;  // of guest memory, at most; 0: what fits
  bool merges = false;      // sorts and merges each array before madvise
};

struct ReplaySpec {
  DriverOptions driver;  // with policy and transport
  PolicySpec policy;
  HostSpec host;
  GuestOptions guest = {};
  // Of the pages that a replay hands out, in a hundred, how many may be others
  // than those that were recorded.
  double most_replaced = 100;
};

// Drivers without a set, which stand among the structures.
struct SetlessDriver {
  std::string_view name;
  Transport transport;
  std::string_view what;
};

inline constexpr std::array<SetlessDriver, 2> kSetlessDrivers = {{
    {"array", Transport::kArrays,
     "the driver without a set: 256 pages, one kick and one wait each"},
    {"pipelined", Transport::kPipelined,
     "the driver without a set, arrays kicked when the ring is full"},
}};

struct PolicyInfo {
  Policy policy;
  std::string_view name;
  std::string_view form;  // as --policy takes it: "reserve:BYTES"
  std::string_view what;  // one line for --list-policies
};
std::span<const PolicyInfo> Policies();

// A key of --driver, as text for --list-drivers.
struct DriverKeyInfo {
  std::string_view name;
  std::string values;
  std::string initial;
  std::string_view what;
};
std::vector<DriverKeyInfo> DriverKeys();

// All throw BadInput.
std::vector<PolicySpec> ParsePolicies(const std::vector<std::string>& names);
HostSpec ParseHost(std::string_view text);
DriverOptions ParseDriver(std::string_view text);

// What differs from the default, as --driver takes it.
std::string DriverToString(const DriverOptions& options);

// Half of the memory that is free now: what a real host uses without a setting
// otherwise.
std::uint64_t ComfortableHostBytes();

}  // namespace pfn
