// SPDX-License-Identifier: MIT
//
// The fault models as the command line knows them: names, attributes, legal
// values and initial ones. Parser, printer, messages and tests follow it.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "harness/kernel/fault_spec.h"

namespace pfn {

struct FaultAttribute {
  enum class Type : std::uint8_t {
    kWhole,  // name=N, of which suffixes are understood
    kRate,   // name=X, a decimal fraction
    kWord,   // name=WORD, one of `words`
    kFlag,   // name alone; 0 or 1
    kBare    // N alone, and first
  };

  std::string_view name;
  Type type;
  std::string_view placeholder = "N";  // for the value, in a grammar
  double least = 0;                    // exact, also for whole numbers
  double most = 0;  // infinity: no limit but that of the type
  FaultSpec::Value initial = {};
  // Empty, or how to name the attribute, without which nothing would fail.
  std::string_view required = {};
  std::span<const std::string_view> words = {};
};

struct FaultModelInfo {
  FaultSpec::Kind kind;
  std::string_view name;
  std::string_view what;     // fails: some words for --list-faults
  std::string_view example;  // a specification
  bool is_page_model;
  // Of the kernel's boot form NAME=<interval>,<probability>,<space>,<times>.
  bool has_boot_form;
  std::span<const FaultAttribute> attributes;
};

// All but none and slab_boundary, which have no attributes.
std::span<const FaultModelInfo> FaultModels();
// Null for those two.
const FaultModelInfo* FindFaultModel(FaultSpec::Kind kind);
const FaultModelInfo* FindFaultModel(std::string_view name);

// gilbert_elliott with certain attributes, under a name of its own.
struct FaultPreset {
  std::string_view name;
  double loss;
  double burst;
};
std::span<const FaultPreset> FaultPresets();

}  // namespace pfn
