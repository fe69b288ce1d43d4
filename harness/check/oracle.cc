// SPDX-License-Identifier: MIT

#include "harness/check/oracle.h"

#include <algorithm>
#include <bit>

namespace pfn {

Oracle::Chunk& Oracle::ChunkFor(std::uint64_t number) {
  if (recent_ == nullptr || recent_number_ != number) {
    recent_ = &chunks_[number];  // zeroed when new
    recent_number_ = number;
  }
  return *recent_;
}

Status Oracle::Set(Pfn pfn, Gfp) {
  ChunkFor(pfn / kChunkPages)[pfn / 64 % kWords] |= std::uint64_t{1}
                                                    << (pfn % 64);
  return Status::kOk;
}

Status Oracle::Clear(Pfn pfn, Gfp) {
  const auto found = chunks_.find(pfn / kChunkPages);
  if (found != chunks_.end()) {
    found->second[pfn / 64 % kWords] &= ~(std::uint64_t{1} << (pfn % 64));
  }
  return Status::kOk;
}

bool Oracle::Test(Pfn pfn) const {
  const auto found = chunks_.find(pfn / kChunkPages);
  return found != chunks_.end() &&
         (found->second[pfn / 64 % kWords] >> (pfn % 64) & 1) != 0;
}

std::optional<Pfn> Oracle::Find(Pfn from, Pfn max, bool member) const {
  Pfn at = from;
  for (auto chunk = chunks_.lower_bound(from / kChunkPages);
       chunk != chunks_.end(); ++chunk) {
    const Pfn first = chunk->first * kChunkPages;
    if (first > max) break;
    if (first > at) {
      if (!member) return at;  // between chunks nothing is a member
      at = first;
    }
    for (std::uint64_t i = at / 64 % kWords; i < kWords; ++i) {
      std::uint64_t wanted = member ? chunk->second[i] : ~chunk->second[i];
      if (first + i * 64 < at) wanted &= ~std::uint64_t{0} << (at % 64);
      if (wanted == 0) continue;
      const Pfn found = first + i * 64 + std::countr_zero(wanted);
      if (found > max) return std::nullopt;
      return found;
    }
    const Pfn last = first + (kChunkPages - 1);
    if (last >= max) return std::nullopt;
    at = last + 1;
  }
  if (member) return std::nullopt;
  return at;
}

std::optional<PfnRange> Oracle::NextRange(Pfn from, Pfn max) const {
  const std::optional<Pfn> first = Find(from, max, true);
  if (!first) return std::nullopt;
  const std::optional<Pfn> after = Find(*first, max, false);
  return PfnRange{*first, after ? *after - 1 : max};
}

Status Oracle::ClearRange(PfnRange range, Gfp) {
  const auto end = chunks_.upper_bound(range.last / kChunkPages);
  auto chunk = chunks_.lower_bound(range.first / kChunkPages);
  while (chunk != end) {
    const Pfn first = chunk->first * kChunkPages;
    const Pfn last = first + (kChunkPages - 1);
    if (range.first <= first && last <= range.last) {
      chunk = chunks_.erase(chunk);
      recent_ = nullptr;
      continue;
    }
    const Pfn low = std::max(first, range.first);
    const Pfn high = std::min(last, range.last);
    for (Pfn i = low - first; i <= high - first; ++i) {
      chunk->second[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    }
    ++chunk;
  }
  return Status::kOk;
}

}  // namespace pfn
