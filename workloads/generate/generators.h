// SPDX-License-Identifier: MIT
//
// The list of generators: workloads that nobody recorded, because they are too
// large, too regular, or of another user of PFN sets than the balloon. A trace
// depends on its specification alone, seed included, on every machine. What
// each one models, and how near it comes to recordings, is in
// docs/generators.md. To add one, append it to the list of its file.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/trace/trace.h"

namespace pfn {

// What a generator takes, and what it was given: "punched" memory of a
// certain size, with a certain seed. A specification is one word, so that it
// fits into a list of workloads and into the name of a row:
//
//     NAME[:KEY=VALUE]...          buddy:preset=punched:pages=128K:seed=7
struct Parameter {
  enum class Kind : std::uint8_t {
    kCount,  // a whole number, perhaps with K, M, G or T for powers of 1024
    kShare,  // a decimal fraction from `min` to `max`, in millionths
    kWord,   // one of `choices`, or any text if there are none
  };
  std::string_view name;  // its key
  Kind kind;
  std::string_view default_value;
  std::string_view help;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::string_view choices = {};  // "fresh|recycled"
};

// Of one million: the unit of the limits of a kShare.
inline constexpr std::uint64_t kShareUnit = 1'000'000;

inline constexpr Parameter kSeed = {.name = "seed",
                                    .kind = Parameter::Kind::kCount,
                                    .default_value = "1",
                                    .help = "of what is random",
                                    .max = ~std::uint64_t{0}};

// Values for all parameters of one generator, checked.
class Arguments {
 public:
  // `spec` is NAME[:KEY=VALUE]..., of which the name is not looked at. Throws
  // BadInput with `spec` in it.
  Arguments(std::string_view spec, std::span<const Parameter> parameters);

  // `key` must be a parameter of the right kind.
  std::uint64_t Count(std::string_view key) const;
  double Share(std::string_view key) const;
  const std::string& Word(std::string_view key) const;

  const std::string& spec() const { return spec_; }

  // Throws BadInput: the values are possible one by one but not together.
  [[noreturn]] void Refuse(std::string_view found,
                           std::string_view expected) const;

 private:
  struct Value {
    std::string text;
    std::uint64_t count = 0;
    double share = 0;
  };

  void Set(std::string_view key, std::string_view value);
  const Value& Find(std::string_view key) const;

  std::string spec_;
  std::span<const Parameter> parameters_;
  std::vector<Value> values_;  // one for each parameter
};

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
