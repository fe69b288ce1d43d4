// SPDX-License-Identifier: MIT

#include "workloads/generate/generators.h"

#include <fmt/format.h>

#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/base/printable.h"

namespace pfn {

std::vector<Generator> Generators() {
  std::vector<Generator> all;
  for (const std::span<const Generator> some :
       {BalloonGenerators(), ShapeGenerators(), CmaGenerators(),
        UserGenerators()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

namespace {

Generator GeneratorOf(std::string_view spec) {
  const std::string_view name = NameOfSpec(spec);
  const std::vector<Generator> generators = Generators();
  for (const Generator& generator : generators) {
    if (generator.name == name) return generator;
  }
  throw BadInput(
      fmt::format("gen:{}: {}; see docs/generators.md", Quoted(spec),
                  UnknownName("generator", name, NamesIn(generators))));
}

}  // namespace

void CheckSpec(std::string_view spec) {
  const Arguments checked(spec, GeneratorOf(spec).parameters);
}

Trace Generate(std::string_view spec) {
  const Generator generator = GeneratorOf(spec);
  const Arguments arguments(spec, generator.parameters);
  Trace trace;
  trace.provenance.recorder = "pfntrace generate";
  trace.provenance.provoked = fmt::format("gen:{}", spec);
  generator.generate(arguments, &trace);
  return trace;
}

}  // namespace pfn
