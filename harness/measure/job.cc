// SPDX-License-Identifier: MIT

#include "harness/measure/job.h"

#include <xxhash.h>

#include <array>
#include <cstddef>
#include <map>
#include <type_traits>

#include "harness/check/oracle.h"
#include "structures/core/pfn_set.h"
#include "workloads/trace/page_blocks.h"

namespace pfn {
namespace {

// Calls `visit` for each page of `pass` in trace order, but for those at the
// positions `skipped`.
template <class Visit>
void ForEachPageBut(const PreparedPass& pass,
                    std::span<const std::uint64_t> skipped, Visit visit) {
  PageBlocks blocks(pass.runs);
  std::size_t next_skipped = 0;
  std::uint64_t position = 0;
  for (std::span<const Pfn> block = blocks.Next(); !block.empty();
       block = blocks.Next()) {
    for (const Pfn pfn : block) {
      if (next_skipped < skipped.size() && skipped[next_skipped] == position) {
        ++next_skipped;
      } else {
        visit(pfn);
      }
      ++position;
    }
  }
}

Oracle Filled(const PreparedPass& pass,
              std::span<const std::uint64_t> failed_sets) {
  Oracle oracle;
  ForEachPageBut(pass, failed_sets, [&](Pfn pfn) { (void)oracle.Set(pfn); });
  return oracle;
}

RangeDigest DigestOf(Oracle& oracle) {
  RangeDigest digest;
  VisitRanges(oracle, {0, kMaxPfn}, digest);
  return digest;
}

// Which pages, and which of them failed: 128 bits of each.
using Question = std::array<std::uint64_t, 4>;

Question Asked(const PreparedPass& pass,
               std::span<const std::uint64_t> failed_sets) {
  static_assert(std::has_unique_object_representations_v<PfnRun>);
  const XXH128_hash_t pages =
      XXH3_128bits(pass.runs.data(), pass.runs.size_bytes());
  const XXH128_hash_t failed =
      XXH3_128bits(failed_sets.data(), failed_sets.size_bytes());
  return {pages.low64, pages.high64, failed.low64, failed.high64};
}

}  // namespace

Expected ExpectFilled(const PreparedPass& pass,
                      std::span<const std::uint64_t> failed_sets) {
  if (failed_sets.empty()) return {pass.digest, pass.pages};
  // Faults are seeded, so that all rounds but the first ask what was asked.
  static std::map<Question, Expected> known;
  constexpr std::size_t kMost = std::size_t{1} << 20;
  if (known.size() >= kMost) known.clear();
  const auto [answer, is_new] = known.try_emplace(Asked(pass, failed_sets));
  if (is_new) {
    Oracle oracle = Filled(pass, failed_sets);
    Expected expected{DigestOf(oracle), 0};
    ForEachPageBut(pass, {},
                   [&](Pfn pfn) { expected.hits += oracle.Test(pfn); });
    answer->second = expected;
  }
  return answer->second;
}

RangeDigest ExpectCleared(const PreparedPass& pass,
                          std::span<const std::uint64_t> failed_sets,
                          std::span<const std::uint64_t> failed_clears) {
  if (failed_clears.empty()) return {};
  Oracle oracle = Filled(pass, failed_sets);
  ForEachPageBut(pass, failed_clears,
                 [&](Pfn pfn) { (void)oracle.Clear(pfn); });
  return DigestOf(oracle);
}

}  // namespace pfn
