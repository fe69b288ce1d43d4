// SPDX-License-Identifier: MIT

#include "harness/kernel/pcp_only.h"

#include <algorithm>
#include <cmath>

namespace pfn {
namespace {

constexpr std::int64_t kMostDoubled = 32;  // batches

}  // namespace

PcpOnly::PcpOnly(const Settings& settings, std::uint64_t seed)
    : settings_(settings), random_(seed) {
  for (unsigned order = 0; order < kLists; ++order) {
    List& list = lists_[order];
    list.batch = order == 0
                     ? settings.batch
                     : std::max<std::int64_t>(settings.batch >> order, 2);
    list.blocks = list.next_refill = list.batch;
  }
}

bool PcpOnly::Fail(unsigned order) {
  if (order >= kLists) return true;
  List& list = lists_[order];
  const bool is_race = settings_.ask == Ask::kRace;
  if (!is_race) OthersAllocateAndFree(list);
  bool is_promised = true;
  if (settings_.ask != Ask::kOnEmpty) {
    ++checks_;
    is_promised = list.blocks > 0;
  }
  if (is_race) OthersAllocateAndFree(list);
  if (!is_promised) return true;
  if (list.blocks == 0) {
    lost_races_ += is_race;
    return true;
  }
  --list.blocks;
  return false;
}

void PcpOnly::OthersAllocateAndFree(List& list) {
  for (std::int64_t n = Times(settings_.allocations); n > 0; --n) {
    TakeForOther(list);
  }
  for (std::int64_t n = Times(settings_.frees); n > 0; --n) {
    list.next_refill = list.batch;
    ++list.blocks;
    if (list.blocks >= settings_.high) list.blocks -= list.batch;
  }
}

void PcpOnly::TakeForOther(List& list) {
  if (list.blocks == 0) {
    list.blocks = list.next_refill;
    if (settings_.refill == Refill::kDouble) {
      list.next_refill =
          std::min(2 * list.next_refill, kMostDoubled * list.batch);
    }
  }
  --list.blocks;
}

std::int64_t PcpOnly::Times(double rate) {
  const double whole = std::floor(rate);
  const bool once_more = random_.Fraction() < rate - whole;
  return static_cast<std::int64_t>(whole) + once_more;
}

}  // namespace pfn
