// SPDX-License-Identifier: MIT
//
// File: workloads/generate/generators.h
//
// The list of generators: workloads that nobody recorded, because they are too
// large, too regular, or of another user of PFN sets than the balloon. A trace
// depends on its specification alone, seed included, on every machine. What
// each one models, and how near it comes to recordings, is in
// docs/generators.md. To add one, append it to the list of its file.

#ifndef PFNBENCH_WORKLOADS_GENERATE_GENERATORS_H_
#define PFNBENCH_WORKLOADS_GENERATE_GENERATORS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/generate/arguments.h"
#include "workloads/trace/trace.h"

namespace pfn {

struct Generator {
  std::string_view name;
  std::string_view summary;
  std::span<const Parameter> parameters;
  // Appends events, and sets the guest's memory where that means something.
  void (*generate)(const Arguments& arguments, Trace* trace);
};

// All generators, ordered as in the documentation.
std::vector<Generator> Generators();

// Throws BadInput if `spec` cannot be generated.
void CheckSpec(std::string_view spec);

// The trace of NAME[:KEY=VALUE]..., with its provenance. Throws BadInput.
Trace Generate(std::string_view spec);

// Of the files of this folder.
std::span<const Generator> ShapeGenerators();
std::span<const Generator> BalloonGenerators();
std::span<const Generator> CmaGenerators();
std::span<const Generator> UserGenerators();

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_GENERATE_GENERATORS_H_
