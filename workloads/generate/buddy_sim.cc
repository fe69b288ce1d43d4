// SPDX-License-Identifier: MIT

#include "workloads/generate/buddy_sim.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "workloads/generate/array_writer.h"

namespace pfn {
namespace {

// Group by group from two sequences in turn.
std::vector<BuddyZone::Page> Interleave(std::span<const BuddyZone::Page> blocks,
                                        SplitMix64& random) {
  std::span<const BuddyZone::Page> from = blocks.first(blocks.size() / 2);
  std::span<const BuddyZone::Page> other = blocks.subspan(from.size());
  std::vector<BuddyZone::Page> order;
  while (order.size() < blocks.size()) {
    const std::size_t group =
        std::min<std::size_t>(from.size(), 8 + random.Below(17));
    order.insert(order.end(), from.begin(),
                 from.begin() + static_cast<std::ptrdiff_t>(group));
    from = from.subspan(group);
    std::swap(from, other);
  }
  return order;
}

}  // namespace

BuddySim::BuddySim(const Options& options)
    : options_(options),
      random_(options.seed),
      zone_(options.managed_pages),
      cpu_(zone_, options.pcp),
      other_cpu_(zone_, options.pcp) {}

void BuddySim::Boot(BootOrder order) {
  std::vector<Page> blocks;
  const Page whole = zone_.pages() / BuddyZone::kMaxBlockPages;
  for (Page i = 0; i < whole; ++i) {
    blocks.push_back(i * BuddyZone::kMaxBlockPages);
  }
  switch (order) {
    case BootOrder::kAscending:
      break;
    case BootOrder::kDescending:
      std::reverse(blocks.begin(), blocks.end());
      break;
    case BootOrder::kInterleaved:
      blocks = Interleave(blocks, random_);
      break;
    case BootOrder::kShuffled:
      Shuffle(std::span(blocks), random_);
      break;
  }
  for (const Page block : blocks) {
    zone_.AddBlock(block, BuddyZone::kMaxOrder);
  }
  // What is left at the end is smaller than a block of the highest order.
  Page first = whole * BuddyZone::kMaxBlockPages;
  while (first < zone_.pages()) {
    const auto order_of_rest =
        static_cast<unsigned>(std::bit_width(zone_.pages() - first) - 1);
    zone_.AddBlock(first, order_of_rest);
    first += Page{1} << order_of_rest;
  }
}

void BuddySim::MakeStale(std::uint32_t pages) {
  std::vector<Page> stale;
  while (stale.size() < pages) {
    const std::optional<Page> page = zone_.Allocate();
    if (!page) break;
    stale.push_back(*page);
  }
  Shuffle(std::span(stale), random_);
  for (auto page = stale.rbegin(); page != stale.rend(); ++page) {
    cpu_.pages().PushFront(*page);
  }
}

void BuddySim::Punch(std::uint64_t pages, double freed_share,
                     std::uint64_t run) {
  std::vector<Page> touched;
  touched.reserve(pages);
  while (touched.size() < pages) {
    const std::optional<Page> page = cpu_.Allocate();
    if (!page) break;
    touched.push_back(*page);
  }
  std::vector<Page> groups;  // where in `touched` they begin
  groups.reserve(touched.size() / run + 1);
  for (std::size_t first = 0; first < touched.size(); first += run) {
    if (Draw(freed_share, random_)) groups.push_back(static_cast<Page>(first));
  }
  Shuffle(std::span(groups), random_);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    constexpr std::size_t kAhead = 16;
    const std::size_t soon = std::min(group + kAhead, groups.size() - 1);
    __builtin_prefetch(&touched[groups[soon]]);
    const std::size_t end =
        std::min<std::size_t>(groups[group] + run, touched.size());
    for (std::size_t i = groups[group]; i < end; ++i) cpu_.Free(touched[i]);
  }
}

void BuddySim::FillWithFiles(std::uint64_t pages, double mean_file,
                             double deleted_share) {
  std::vector<std::vector<Page>> files;
  std::uint64_t filled = 0;
  while (filled < pages) {
    std::vector<Page> file(
        std::min(DrawLength(mean_file, random_), pages - filled));
    for (Page& page : file) {
      const std::optional<Page> allocated = cpu_.Allocate();
      if (!allocated) return;
      page = *allocated;
    }
    filled += file.size();
    files.push_back(std::move(file));
  }
  Shuffle(std::span(files), random_);
  files.resize(static_cast<std::size_t>(static_cast<double>(files.size()) *
                                        deleted_share));
  for (const std::vector<Page>& file : files) {
    for (const Page page : file) cpu_.Free(page);
  }
}

// From the highest order down. A place is a block of which nothing is known to
// be free; of its two halves one may be free, not both: they would have merged.
bool BuddySim::PlaceBuddyinfo(const BuddyZone::Buddyinfo& blocks) {
  std::vector<Page> places;
  for (Page first = 0; first + BuddyZone::kMaxBlockPages <= zone_.pages();
       first += BuddyZone::kMaxBlockPages) {
    places.push_back(first);
  }
  std::vector<std::pair<Page, unsigned>> free_blocks;
  for (unsigned order = BuddyZone::kMaxOrder;; --order) {
    if (blocks[order] > places.size()) return false;
    Shuffle(std::span(places), random_);
    const Page half = order == BuddyZone::kMaxOrder ? 0 : Page{1} << order;
    const std::size_t count = static_cast<std::size_t>(blocks[order]);
    std::vector<Page> rest;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i >= count) {
        rest.push_back(places[i]);
        if (half != 0) rest.push_back(places[i] + half);
        continue;
      }
      const Page upper = half != 0 && random_.Below(2) == 1 ? half : 0;
      free_blocks.emplace_back(places[i] + upper, order);
      if (half != 0) rest.push_back(places[i] + (half - upper));
    }
    if (order == 0) break;
    places = std::move(rest);
  }
  Shuffle(std::span(free_blocks), random_);
  for (const auto& [first, order] : free_blocks) zone_.AddBlock(first, order);
  return true;
}

std::uint64_t BuddySim::Inflate(std::uint64_t pages, Trace* trace) {
  balloon_.reserve(balloon_.size() + pages);
  std::uint64_t done = 0;
  bool has_memory = true;
  while (done < pages && has_memory) {
    array_.clear();
    const std::uint64_t wanted =
        std::min<std::uint64_t>(options_.array_pages, pages - done);
    while (array_.size() < wanted) {
      if (options_.other_cpu_rate > 0 &&
          Draw(options_.other_cpu_rate, random_)) {
        (void)other_cpu_.Allocate();
      }
      const std::optional<Page> page = cpu_.Allocate();
      has_memory = page.has_value();
      if (!has_memory) break;
      array_.push_back(*page);
    }
    if (array_.empty()) break;
    if (options_.reverses_arrays) std::reverse(array_.begin(), array_.end());
    balloon_.insert(balloon_.end(), array_.begin(), array_.end());
    done += array_.size();
    if (trace != nullptr) {
      trace->BeginArray(Direction::kInflate);
      for (const Page page : array_) trace->AppendPage(page);
    }
    if (options_.migrate_rate == 0) continue;
    for (std::size_t i = array_.size(); i > 0; --i) {
      if (Draw(options_.migrate_rate, random_)) MigrateOne(trace);
    }
  }
  return done;
}

// Compaction moves a page of the balloon to another place.
void BuddySim::MigrateOne(Trace* trace) {
  const std::optional<Page> to = zone_.Allocate();
  if (!to) return;
  const auto from = balloon_.begin() +
                    static_cast<std::ptrdiff_t>(random_.Below(balloon_.size()));
  const Page old = *from;
  balloon_.erase(from);
  balloon_.push_back(*to);
  zone_.Free(old);
  if (trace == nullptr) return;
  trace->AppendArray(Direction::kInflate, {*to, 1});
  trace->AppendArray(Direction::kDeflate, {old, 1});
}

void BuddySim::Deflate(std::uint64_t pages, Trace* trace) {
  pages = std::min<std::uint64_t>(pages, balloon_.size());
  while (pages > 0) {
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>(options_.array_pages, pages));
    const auto begin = balloon_.end() - static_cast<std::ptrdiff_t>(count);
    array_.assign(begin, balloon_.end());
    balloon_.erase(begin, balloon_.end());
    // The head of the balloon's list comes first, and is freed last.
    if (trace != nullptr) {
      trace->BeginArray(Direction::kDeflate);
      for (auto page = array_.rbegin(); page != array_.rend(); ++page) {
        trace->AppendPage(*page);
      }
    }
    for (const Page page : array_) cpu_.Free(page);
    pages -= count;
  }
}

void BuddySim::DrainCpus() {
  cpu_.Drain();
  other_cpu_.Drain();
}

}  // namespace pfn
