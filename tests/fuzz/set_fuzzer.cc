// SPDX-License-Identifier: MIT
//
// Fuzzes the structures: bytes as a structure, a sequence of operations on it,
// and allocations that fail; the oracle looks on.
//
//   byte 0     which structure (of those that survive failures)
//   byte 1     around which place of the page space
//   then, for each step:
//     opcode   bits 0-2: the operation
//              bits 3-4: how far one page is from the next
//              bit 5:    some request of it fails
//              bit 6:    all later ones too
//     [nth]    if a request fails: which
//     offset   2 bytes, little endian: the first page, from the place
//     extent   1 or 2 bytes: how many pages more
//
// A step that is cut off ends the input. Whatever the bytes are, they are some
// legal sequence, so the fuzzer wastes nothing.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/check/any_set.h"
#include "harness/check/checked_set.h"
#include "harness/kernel/page_arena.h"
#include "harness/registry/structures.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/structures/operation.h"
#include "workloads/base/random.h"

namespace pfn::testing {
namespace {

using Mode = FailuresToOrder::Mode;

// Over all inputs of the program.
struct Totals {
  std::uint64_t inputs = 0;
  std::uint64_t steps = 0;       // after each, membership was compared
  std::uint64_t operations = 0;  // calls of the set: a step may be many
  std::uint64_t failures = 0;    // requests that were made to fail
  std::set<std::string> structures = {};
};

Totals totals;

// Reads numbers until the bytes are used up.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool ended() const { return ended_; }
  std::uint64_t Next() {
    if (bytes_.empty()) {
      ended_ = true;
      return 0;
    }
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool ended_ = false;
};

// A byte stays with its structure when others are added to the list, so a
// corpus keeps its worth: each structure has a number for each byte, and the
// highest has it (rendezvous hashing).
const SetKind& KindOf(std::uint8_t byte) {
  static const std::vector<SetKind> kinds = [] {
    std::vector<SetKind> faultable;
    for (const Structure& structure : Structures()) {
      if (IsFaultable(structure.traits)) faultable.push_back(structure.kind());
    }
    return faultable;
  }();
  const auto weight = [&](const SetKind& kind) {
    std::uint64_t hash = byte;
    for (const char c : kind.traits.name) {
      hash = SplitMix64(hash ^ static_cast<std::uint8_t>(c)).Next();
    }
    return hash;
  };
  return *std::ranges::max_element(kinds, {}, weight);
}

constexpr std::array<std::uint64_t, 4> kStrides = {1, 2, 64, 1024};
constexpr std::uint64_t kMaxFarPages = 200;
constexpr std::uint64_t kFailNth = 1 << 5;
constexpr std::uint64_t kFailLater = 1 << 6;

std::optional<Step> ReadStep(Bytes& bytes, Pfn place) {
  const std::uint64_t opcode = bytes.Next();
  const std::uint64_t stride = kStrides[opcode / 8 % 4];
  Step step;
  if (opcode & kFailNth) step.failing_request = 1 + bytes.Next() % 16;
  if (opcode & kFailLater) step.mode = Mode::kFromThenOn;
  std::uint64_t offset = bytes.Next();
  offset |= bytes.Next() << 8;
  // Mostly few pages; 1,024 fill a leaf, 2,048 an array of roaring.
  const std::uint64_t extent = bytes.Next();
  std::uint64_t pages = 1 + (extent < 224 ? extent % 32 : (extent - 224) * 80);
  // A leaf each: some walk them again for every query.
  if (stride >= 64) pages = std::min(pages, kMaxFarPages);
  if (bytes.ended()) return {};
  const Pfn one = At(place, offset);
  const Pfn other = At(place, offset + (pages - 1) * stride);
  step.operation = {static_cast<Operation::Kind>(opcode % 8),
                    {std::min(one, other), std::max(one, other)},
                    stride};
  return step;
}

std::uint64_t CallsOf(const Operation& operation) {
  if (operation.kind >= Operation::Kind::kNextRange) return 1;
  return (operation.range.last - operation.range.first) / operation.stride + 1;
}

// Both report and make the failing input known: libFuzzer keeps what aborts.
void Require(const std::string& error, const SetKind& kind,
             std::string_view when) {
  if (error.empty()) return;
  fmt::print(stderr, "set_fuzzer: {}: {}: {}\n", kind.traits.name, when, error);
  std::abort();
}

void Play(Bytes bytes) {
  static PageArena arena;
  const SetKind& kind = KindOf(static_cast<std::uint8_t>(bytes.Next()));
  const Pfn place = kPlaces[bytes.Next() % kPlaces.size()];
  ++totals.inputs;
  totals.structures.emplace(kind.traits.name);
  CheckedSet set(kind, arena);
  while (const std::optional<Step> step = ReadStep(bytes, place)) {
    set.failures().Arm(step->failing_request, step->mode);
    std::string error = Apply(step->operation, set);
    set.failures().Disarm();
    totals.failures += set.failures().injected();
    ++totals.steps;
    totals.operations += CallsOf(step->operation);
    if (error.empty()) error = set.Check();
    if (error.empty()) continue;
    std::ostringstream text;
    text << *step;
    Require(error, kind, text.str());
  }
  Require(set.ClearRange(kAllPages), kind, "emptied at the end");
  Require(set.Check(), kind, "emptied at the end");
  Require(set.Destroy(), kind, "destroyed at the end");
}

void PrintTotals() {
  fmt::print(stderr,
             "set_fuzzer: {} inputs, {} structures, {} steps compared, {} "
             "operations, {} failed requests\n",
             totals.inputs, totals.structures.size(), totals.steps,
             totals.operations, totals.failures);
}

}  // namespace
}  // namespace pfn::testing

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer ends the program itself.
  [[maybe_unused]] static const int at_exit =
      std::atexit(pfn::testing::PrintTotals);
  pfn::testing::Play(pfn::testing::Bytes({data, size}));
  return 0;
}
