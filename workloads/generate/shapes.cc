// SPDX-License-Identifier: MIT
//
// Plain shapes: what a structure meets when pages come in an order that one
// word describes. Each inflates in this order, and deflates in the opposite.

#include <numeric>
#include <vector>

#include "workloads/generate/array_writer.h"
#include "workloads/generate/generators.h"

namespace pfn {
namespace {

using Kind = Parameter::Kind;

constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 28;
// Of the shapes whose runs are single pages.
constexpr std::uint64_t kMaxSinglePages = std::uint64_t{1} << 24;
constexpr Pfn kMaxBase = std::uint64_t{1} << 51;

constexpr Parameter kBase = {"base", Kind::kCount, "256", "the lowest page",
                             0,      kMaxBase};
constexpr Parameter kSinglePages = {"pages", Kind::kCount,   "256K", "pages",
                                    1,       kMaxSinglePages};
constexpr Parameter kSpan = {
    "span", Kind::kCount, "1M", "pages from which they are drawn", 1, kMaxBase};

// Inflates runs(0), runs(1), ..., and deflates them in the opposite order.
template <class Runs>
void Shape(const Arguments& arguments, Trace* trace, std::uint64_t count,
           Runs runs) {
  trace->AppendTarget(arguments.Count("pages"));
  ArrayWriter writer(trace, Direction::kInflate);
  for (std::uint64_t i = 0; i < count; ++i) writer.Append(runs(i));
  trace->AppendTarget(0);
  AppendReversed(trace);
}

constexpr Parameter kSequentialParameters[] = {
    {"pages", Kind::kCount, "256K", "pages", 1, kMaxPages}, kBase};

void Sequential(const Arguments& arguments, Trace* trace) {
  const auto pages = static_cast<std::int64_t>(arguments.Count("pages"));
  Shape(arguments, trace, 1, [&](std::uint64_t) {
    return PfnRun{arguments.Count("base"), pages};
  });
}

void Reverse(const Arguments& arguments, Trace* trace) {
  const std::uint64_t pages = arguments.Count("pages");
  Shape(arguments, trace, 1, [&](std::uint64_t) {
    return PfnRun{arguments.Count("base") + pages - 1,
                  -static_cast<std::int64_t>(pages)};
  });
}

constexpr Parameter kStridedParameters[] = {
    kSinglePages,
    kBase,
    {"stride", Kind::kCount, "2", "from page to page", 2,
     std::uint64_t{1} << 26}};

void Strided(const Arguments& arguments, Trace* trace) {
  const Pfn base = arguments.Count("base");
  const std::uint64_t stride = arguments.Count("stride");
  Shape(arguments, trace, arguments.Count("pages"), [&](std::uint64_t i) {
    return PfnRun{base + i * stride, 1};
  });
}

constexpr Parameter kRandomParameters[] = {kSinglePages, kBase, kSpan, kSeed};

void Random(const Arguments& arguments, Trace* trace) {
  const std::uint64_t pages = arguments.Count("pages");
  const std::uint64_t span = arguments.Count("span");
  if (pages > span) arguments.Refuse("more pages than span", "at most as many");
  const Pfn base = arguments.Count("base");
  const Permutation place(span, arguments.Count("seed"));
  Shape(arguments, trace, pages, [&](std::uint64_t i) {
    return PfnRun{base + place(i), 1};
  });
}

constexpr Parameter kClusteredParameters[] = {
    kSinglePages,
    kBase,
    kSpan,
    {"cluster", Kind::kCount, "16", "pages of a cluster, upwards", 1,
     std::uint64_t{1} << 20},
    kSeed};

void Clustered(const Arguments& arguments, Trace* trace) {
  const std::uint64_t pages = arguments.Count("pages");
  const std::uint64_t cluster = arguments.Count("cluster");
  const std::uint64_t places = arguments.Count("span") / cluster;
  const std::uint64_t clusters = (pages + cluster - 1) / cluster;
  if (clusters > places) {
    arguments.Refuse("more clusters than places in span", "at most as many");
  }
  const Pfn base = arguments.Count("base");
  const Permutation place(places, arguments.Count("seed"));
  Shape(arguments, trace, clusters, [&](std::uint64_t i) {
    const std::uint64_t length = std::min(cluster, pages - i * cluster);
    return PfnRun{base + place(i) * cluster, static_cast<std::int64_t>(length)};
  });
}

constexpr Parameter kShuffledParameters[] = {
    kSinglePages,
    kBase,
    {"distance", Kind::kCount, "64", "no page is so far from its place", 2,
     std::uint64_t{1} << 25},
    kSeed};

void Shuffled(const Arguments& arguments, Trace* trace) {
  SplitMix64 random(arguments.Count("seed"));
  const Pfn base = arguments.Count("base");
  const std::uint64_t pages = arguments.Count("pages");
  const std::uint64_t distance = arguments.Count("distance");
  std::vector<Pfn> window;
  Shape(arguments, trace, pages, [&](std::uint64_t i) {
    if (i % distance == 0) {
      window.resize(std::min(distance, pages - i));
      std::iota(window.begin(), window.end(), base + i);
      Shuffle(std::span(window), random);
    }
    return PfnRun{window[i % distance], 1};
  });
}

}  // namespace

std::span<const Generator> ShapeGenerators() {
  static constexpr Generator kGenerators[] = {
      {"sequential", "pages upwards", kSequentialParameters, &Sequential},
      {"reverse", "pages downwards", kSequentialParameters, &Reverse},
      {"strided", "every so many pages upwards", kStridedParameters, &Strided},
      {"random", "single pages anywhere", kRandomParameters, &Random},
      {"clustered", "short runs anywhere", kClusteredParameters, &Clustered},
      {"shuffled", "pages upwards, each within a distance of its place",
       kShuffledParameters, &Shuffled},
  };
  return kGenerators;
}

}  // namespace pfn
