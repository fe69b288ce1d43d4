// SPDX-License-Identifier: MIT

#include "workloads/trace/list_distance.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

namespace pfn {
namespace {

// Which of n places are taken, and how many before a place; a Fenwick tree.
class Places {
 public:
  explicit Places(std::size_t count) : taken_(count), sums_(count + 1) {}

  void Take(std::size_t place) {
    if (taken_[place]) return;
    taken_[place] = true;
    for (std::size_t i = place + 1; i < sums_.size(); i += i & (~i + 1)) {
      ++sums_[i];
    }
  }
  // Taken ones below `place`.
  std::uint64_t Before(std::size_t place) const {
    std::uint64_t sum = 0;
    for (std::size_t i = place; i > 0; i -= i & (~i + 1)) sum += sums_[i];
    return sum;
  }

 private:
  std::vector<bool> taken_;
  std::vector<std::uint32_t> sums_;
};

// Calls body(segment, pages) for each segment of `run`, in the run's direction.
template <class Body>
void ForEachSegment(PfnRun run, unsigned shift, Body body) {
  const Pfn low = run.lowest() >> shift;
  const Pfn high = run.highest() >> shift;
  for (Pfn i = 0; i <= high - low; ++i) {
    const Pfn segment = run.length > 0 ? low + i : high - i;
    const Pfn first = std::max(run.lowest(), segment << shift);
    const Pfn last =
        std::min(run.highest(), (segment << shift) + (Pfn{1} << shift) - 1);
    body(segment, last - first + 1);
  }
}

void Note(std::uint64_t distance, std::uint64_t pages,
          ListDistances& distances) {
  const auto& up_to = ListDistances::kUpTo;
  const auto bin = std::lower_bound(up_to.begin(), up_to.end(), distance);
  distances.pages[static_cast<std::size_t>(bin - up_to.begin())] += pages;
  distances.total += pages;
  distances.nodes += distance * pages;
  distances.most = std::max(distances.most, distance);
}

void MeasurePass(std::span<const PfnRun> runs, unsigned shift,
                 ListDistances& distances) {
  std::vector<Pfn> segments;
  for (const PfnRun run : runs) {
    ForEachSegment(run, shift, [&](Pfn segment, std::uint64_t) {
      if (segments.empty() || segments.back() != segment) {
        segments.push_back(segment);
      }
    });
  }
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  const auto place_of = [&](Pfn segment) {
    return static_cast<std::size_t>(
        std::lower_bound(segments.begin(), segments.end(), segment) -
        segments.begin());
  };
  Places list(segments.size());
  bool is_first = true;
  std::size_t last = 0;
  for (const PfnRun run : runs) {
    ForEachSegment(run, shift, [&](Pfn segment, std::uint64_t pages) {
      const std::size_t place = place_of(segment);
      if (!is_first && place != last) {
        const std::size_t low = std::min(place, last);
        const std::size_t high = std::max(place, last);
        Note(list.Before(high) - list.Before(low + 1) + 1, 1, distances);
        --pages;
      }
      if (pages != 0) Note(0, pages, distances);
      list.Take(place);
      last = place;
      is_first = false;
    });
  }
}

}  // namespace

std::string ListDistances::ToString() const {
  const auto share = [&](std::uint64_t part) {
    return total == 0 ? 0.0
                      : static_cast<double>(part) / static_cast<double>(total);
  };
  std::string text;
  for (std::size_t i = 0; i < kUpTo.size(); ++i) {
    text += fmt::format("{}:{:.4g},", kUpTo[i], share(pages[i]));
  }
  return text + fmt::format("more:{:.4g},mean:{:.4g},most:{}",
                            share(pages.back()), share(nodes), most);
}

ListDistances MeasureListDistances(const Trace& trace,
                                   std::uint64_t segment_pages) {
  ListDistances distances;
  const auto shift = static_cast<unsigned>(std::countr_zero(segment_pages));
  for (const Pass& pass : trace.Passes()) {
    MeasurePass(trace.runs_of(pass), shift, distances);
  }
  return distances;
}

}  // namespace pfn
