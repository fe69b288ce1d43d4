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
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/check/any_set.h"
#include "harness/check/checked_set.h"
#include "harness/kernel/page_arena.h"
#include "harness/registry/structures.h"
#include "tests/fuzz/fuzz_target.h"
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

enum class Kind : std::uint8_t {
  kSet,
  kSetDown,
  kClear,
  kClearDown,
  kTest,
  kNextRange,
  kClearRange,
  kEmptyWithoutMemory,
};

struct Step {
  Kind kind;
  std::uint64_t offset;
  std::uint64_t pages;   // at least 1
  std::uint64_t stride;  // between two of them
  std::uint64_t failing_request = 0;
  Mode mode = Mode::kOnce;
};

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

// Leaves, segments and chunks end at 2^10, 2^15, 2^16; words and 32 bits at
// places that programs get wrong. All places are a multiple of 2^16 but the
// last one, from which pages count downwards.
constexpr std::array<Pfn, 4> kPlaces = {
    0, (Pfn{1} << 32) - 65536, (Pfn{1} << 63) + (Pfn{1} << 24), kMaxPfn};

Pfn At(Pfn place, std::uint64_t offset) {
  return place == kMaxPfn ? place - offset : place + offset;
}

constexpr std::array<std::uint64_t, 4> kStrides = {1, 2, 64, 1024};
constexpr std::uint64_t kMaxFarPages = 200;
constexpr std::uint64_t kFailNth = 1 << 5;
constexpr std::uint64_t kFailLater = 1 << 6;

std::optional<Step> ReadStep(Bytes& bytes) {
  const std::uint64_t opcode = bytes.Next();
  Step step{.kind = static_cast<Kind>(opcode % 8),
            .offset = 0,
            .pages = 0,
            .stride = kStrides[opcode / 8 % 4]};
  if (opcode & kFailNth) step.failing_request = 1 + bytes.Next() % 16;
  if (opcode & kFailLater) step.mode = Mode::kFromThenOn;
  step.offset = bytes.Next();
  step.offset |= bytes.Next() << 8;
  // Mostly few pages; 1,024 fill a leaf, 2,048 an array of roaring.
  const std::uint64_t extent = bytes.Next();
  step.pages = 1 + (extent < 224 ? extent % 32 : (extent - 224) * 80);
  // A leaf each: some walk them again for every query.
  if (step.stride >= 64) step.pages = std::min(step.pages, kMaxFarPages);
  if (bytes.ended()) return {};
  return step;
}

PfnRange RangeOf(const Step& step, Pfn place) {
  const Pfn one = At(place, step.offset);
  const Pfn other = At(place, step.offset + (step.pages - 1) * step.stride);
  return {std::min(one, other), std::max(one, other)};
}

// Goes on after a page that fails, as a driver does.
template <class Operation>
std::string ForEachPage(const Step& step, PfnRange range, bool downwards,
                        Operation operation) {
  std::string error;
  for (std::uint64_t i = 0; i < step.pages && error.empty(); ++i) {
    const std::uint64_t distance = i * step.stride;
    error =
        operation(downwards ? range.last - distance : range.first + distance);
    ++totals.operations;
  }
  return error;
}

std::string Apply(const Step& step, Pfn place, CheckedSet& set) {
  const PfnRange range = RangeOf(step, place);
  const auto set_page = [&](Pfn pfn) { return set.Set(pfn); };
  const auto clear_page = [&](Pfn pfn) { return set.Clear(pfn); };
  const auto test_page = [&](Pfn pfn) { return set.CheckTest(pfn); };
  switch (step.kind) {
    case Kind::kSet:
      return ForEachPage(step, range, false, set_page);
    case Kind::kSetDown:
      return ForEachPage(step, range, true, set_page);
    case Kind::kClear:
      return ForEachPage(step, range, false, clear_page);
    case Kind::kClearDown:
      return ForEachPage(step, range, true, clear_page);
    case Kind::kTest:
      return ForEachPage(step, range, false, test_page);
    case Kind::kNextRange:
      ++totals.operations;
      return set.CheckNextRange(range.first, range.last);
    case Kind::kClearRange:
      ++totals.operations;
      return set.ClearRange(range);
    case Kind::kEmptyWithoutMemory:
      ++totals.operations;
      return set.EmptyWithoutMemory();
  }
  return "no such operation";
}

std::string Text(const Step& step, Pfn place) {
  constexpr std::array<std::string_view, 8> kNames = {
      "Set",  "Set downwards", "Clear",      "Clear downwards",
      "Test", "NextRange",     "ClearRange", "empty without memory"};
  const PfnRange range = RangeOf(step, place);
  std::string text =
      fmt::format("{} [{},{}]", kNames[static_cast<std::size_t>(step.kind)],
                  range.first, range.last);
  if (step.stride != 1) text += fmt::format(" by {}", step.stride);
  if (step.failing_request != 0) {
    text += fmt::format(", request {} fails{}", step.failing_request,
                        step.mode == Mode::kOnce ? "" : " and all later");
  }
  return text;
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
  while (const std::optional<Step> step = ReadStep(bytes)) {
    set.failures().Arm(step->failing_request, step->mode);
    std::string error = Apply(*step, place, set);
    set.failures().Disarm();
    totals.failures += set.failures().injected();
    ++totals.steps;
    if (error.empty()) error = set.Check();
    if (!error.empty()) Require(error, kind, Text(*step, place));
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
