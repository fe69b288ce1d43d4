// SPDX-License-Identifier: MIT

#include "workloads/generate/generators.h"

#include <fmt/format.h>

#include "workloads/trace/trace_error.h"

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

Trace Generate(std::string_view spec) {
  const std::string_view name = NameOfSpec(spec);
  std::string known;
  for (const Generator& generator : Generators()) {
    if (generator.name == name) {
      const Arguments arguments(spec, generator.parameters);
      Trace trace;
      trace.provenance.recorder = "pfntrace generate";
      trace.provenance.provoked = fmt::format("gen:{}", spec);
      generator.generate(arguments, &trace);
      return trace;
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", generator.name);
  }
  throw TraceError(fmt::format("gen:{}: found the generator {}; expected {}",
                               Quoted(spec), Quoted(name), known));
}

}  // namespace pfn
