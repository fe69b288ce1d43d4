// SPDX-License-Identifier: MIT
//
// File: harness/fault/fault_spec.h
//
// What a user writes after --fault=, and the model that it stands for.
//
//   none
//   failslab:probability=P[,interval=N][,times=N][,space=BYTES]
//   failslab=<interval>,<probability>,<space>,<times>   the kernel's boot form
//   nth:N                                               the N-th request fails
//
// Attributes that are not named keep the kernel's initial values, but for
// `times`, which is -1 (no limit) instead of 1: a benchmark that fails once
// measures nothing. Several specifications are separated by semicolons.

#ifndef PFNBENCH_HARNESS_FAULT_FAULT_SPEC_H_
#define PFNBENCH_HARNESS_FAULT_FAULT_SPEC_H_

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/fault/fault_attr.h"
#include "harness/fault/fault_model.h"

namespace pfn {

// A fault specification that cannot be understood; what() is one line.
class FaultSpecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct FaultSpec {
  enum class Kind : std::uint8_t { kNone, kFailslab, kNth };
  Kind kind = Kind::kNone;
  FaultAttr::Settings attr;  // kFailslab
  std::uint64_t nth = 0;     // kNth

  // The shortest text that gives this specification again; it stands in
  // benchmark names.
  std::string ToString() const;

  // A fresh model in its initial state; null for none.
  std::unique_ptr<FaultModel> MakeModel(std::uint64_t seed) const;

  friend bool operator==(const FaultSpec&, const FaultSpec&) = default;
};

FaultSpec ParseFaultSpec(std::string_view text);
// "none;nth:3" and so on. At least one, none twice.
std::vector<FaultSpec> ParseFaultSpecs(std::string_view text);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_FAULT_FAULT_SPEC_H_
