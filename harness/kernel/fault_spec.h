// SPDX-License-Identifier: MIT
//
// What a user writes after --fault=, and the model that it stands for.
//
//   none
//   failslab:probability=PERCENT[,interval=N][,times=N][,space=BYTES]
//   fail_page_alloc:probability=PERCENT[,...][,space=PAGES][,min-order=N]
//   failslab=<interval>,<probability>,<space>,<times>   the kernel's boot form,
//                                                       also fail_page_alloc=
//   nth:N[,persistent]         the N-th request fails, or all from it on
//   budget:BYTES               beyond so much memory in use
//
// and the page models, which alone decide about every request:
//
//   gilbert_elliott:loss=L[,burst=B]     presets ge_light, ge_burst, ge_heavy
//   zone_wmark[:thp=0|1][,min=,low=,high=][,lowmem=,latency=,demand=,step=]
//   pcp_only[:a=,f=,batch=,high=][,refill=fixed|double]
//           [,ask=on_empty|precheck|race]
//   nolock[:trylock_miss=R and those of zone_wmark]
//   order:K                              blocks of 2^K pages and more
//
// or stand behind the slab caches, with the kernel's hooks before them:
//
//   slab_boundary[:PAGE_MODEL][+failslab:...][+fail_page_alloc:...]
//
// The page model of slab_boundary is ge_burst unless given; none is none.
// Attributes that are not named keep their initial values
// (harness/kernel/fault_table.cc). The kernel's are those of the kernel, but
// for `times`, which is -1 (no limit) instead of 1: a benchmark that fails once
// measures nothing, and for `probability`, which may have a fraction. Whole
// numbers take suffixes (workloads/base/number.h). Several specifications are
// separated by semicolons.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/fault_model.h"
#include "workloads/base/error.h"

namespace pfn {

struct FaultSpec {
  enum class Kind : std::uint8_t {
    kNone,
    kFailslab,
    kFailPageAlloc,
    kNth,
    kBudget,
    kGilbertElliott,
    kZoneWmark,
    kPcpOnly,
    kNolock,
    kOrder,
    kSlabBoundary
  };

  // Of an attribute: a whole number, the place of a word among those that it
  // may have, or a rate.
  struct Value {
    std::int64_t whole = 0;
    double rate = 0;

    friend bool operator==(const Value&, const Value&) = default;
  };

  Kind kind = Kind::kNone;
  std::vector<Value> values = {};  // as the table orders the attributes
  // kSlabBoundary: its page model, then the hooks that it has.
  std::vector<FaultSpec> parts = {};

  // The attribute `name`, which the model has.
  std::int64_t Whole(std::string_view name) const;
  double Rate(std::string_view name) const;

  // The shortest text that gives this specification again; it stands in
  // benchmark names. Only the page model of slab_boundary is always said.
  std::string ToString() const;

  // A fresh model in its initial state; null for none.
  std::unique_ptr<FaultModel> MakeModel(std::uint64_t seed) const;

  // Throws BadInput if the model cannot decide about whole operations,
  // because it depends on what they ask for.
  void RequireOperationDraw() const;

  bool operator==(const FaultSpec& other) const;
};

FaultSpec ParseFaultSpec(std::string_view text);
// "none;nth:3" and so on. At least one, none twice.
std::vector<FaultSpec> ParseFaultSpecs(std::string_view text);

}  // namespace pfn
