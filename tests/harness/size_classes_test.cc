// SPDX-License-Identifier: MIT
//
// What the kernel's allocators make of a size: kmalloc classes, page orders and
// the slabs of SLUB, as /proc/slabinfo shows them on machines of 1 to 256 CPUs.

#include "harness/kernel/size_classes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace pfn {

void PrintTo(const SlabGeometry& slab, std::ostream* out) {
  *out << slab.objects << " objects in " << (1 << slab.order) << " pages";
}

namespace {

TEST(KmallocClass, IsTheSmallestThatHoldsTheRequest) {
  for (std::size_t bytes = 1; bytes <= kMaxKmallocClassBytes; ++bytes) {
    const auto smallest =
        std::lower_bound(kKmallocClasses.begin(), kKmallocClasses.end(), bytes);
    ASSERT_EQ(kKmallocClasses[KmallocClassIndex(bytes)], *smallest) << bytes;
  }
}

TEST(KmallocClass, HasTheTwoThatAreNoPowersOfTwo) {
  EXPECT_EQ(kKmallocClasses[KmallocClassIndex(65)], 96);
  EXPECT_EQ(kKmallocClasses[KmallocClassIndex(96)], 96);
  EXPECT_EQ(kKmallocClasses[KmallocClassIndex(97)], 128);
  EXPECT_EQ(kKmallocClasses[KmallocClassIndex(129)], 192);
  EXPECT_EQ(kKmallocClasses[KmallocClassIndex(193)], 256);
}

TEST(PageOrder, IsTheSmallestBlockThatHoldsTheRequest) {
  EXPECT_EQ(PageOrder(1), 0);
  EXPECT_EQ(PageOrder(4096), 0);
  EXPECT_EQ(PageOrder(4097), 1);
  EXPECT_EQ(PageOrder(8193), 2);
  EXPECT_EQ(PageOrder(16384), 2);
  EXPECT_EQ(PageOrder(16385), 3);
  EXPECT_EQ(PageOrder(20000), 3);
  EXPECT_EQ(PageOrder(std::size_t{1} << 30), 18);
  EXPECT_EQ(OrderBytes(3), 32768);
}

constexpr std::array<unsigned, 9> kCpus = {1, 2, 4, 8, 16, 32, 64, 128, 256};
using ByCpus = std::array<unsigned, kCpus.size()>;

struct CacheRow {
  std::size_t stride;
  ByCpus objects;  // of a slab
  ByCpus pages;
};

constexpr CacheRow SameForAll(std::size_t stride, unsigned objects,
                              unsigned pages) {
  CacheRow row = {.stride = stride, .objects = {}, .pages = {}};
  row.objects.fill(objects);
  row.pages.fill(pages);
  return row;
}

constexpr CacheRow kMeasured[] = {
    SameForAll(8, 512, 1),
    SameForAll(16, 256, 1),
    SameForAll(32, 128, 1),
    SameForAll(64, 64, 1),
    SameForAll(96, 42, 1),
    {128, {32, 32, 32, 32, 32, 32, 32, 64, 64}, {1, 1, 1, 1, 1, 1, 1, 2, 2}},
    {192, {21, 21, 21, 21, 42, 42, 42, 42, 42}, {1, 1, 1, 1, 2, 2, 2, 2, 2}},
    {256, {16, 16, 16, 32, 32, 32, 32, 64, 64}, {1, 1, 1, 2, 2, 2, 2, 4, 4}},
    {512, {8, 16, 16, 32, 32, 32, 32, 64, 64}, {1, 2, 2, 4, 4, 4, 4, 8, 8}},
    {1024, {8, 16, 16, 32, 32, 32, 32, 32, 32}, {2, 4, 4, 8, 8, 8, 8, 8, 8}},
    {2048, {8, 16, 16, 16, 16, 16, 16, 16, 16}, {4, 8, 8, 8, 8, 8, 8, 8, 8}},
    SameForAll(4096, 8, 8),
    SameForAll(8192, 4, 8),
    // radix_tree_node: 576 bytes and, behind the constructed object, the free
    // pointer.
    {584, {14, 14, 28, 28, 28, 28, 56, 56, 56}, {2, 2, 4, 4, 4, 4, 8, 8, 8}},
};

TEST(SlabGeometry, IsWhatSlabinfoShows) {
  for (const CacheRow& row : kMeasured) {
    for (std::size_t i = 0; i < kCpus.size(); ++i) {
      const SlabGeometry slab = ComputeSlabGeometry(row.stride, kCpus[i]);
      EXPECT_EQ(slab.objects, row.objects[i])
          << row.stride << " bytes, " << kCpus[i] << " CPUs";
      EXPECT_EQ(1u << slab.order, row.pages[i])
          << row.stride << " bytes, " << kCpus[i] << " CPUs";
    }
  }
}

// The rule since Linux 6.7, which allows 1/2 of the slab to be left over
// instead of lowering the wanted number of objects.
SlabGeometry GeometrySince67(std::size_t stride, unsigned cpus) {
  const auto objects = [&](unsigned order) {
    return static_cast<unsigned>(OrderBytes(order) / stride);
  };
  const unsigned wanted =
      std::min(4u * (std::bit_width(cpus) + 1), objects(kMaxSlabOrder));
  for (std::size_t fraction = 16; fraction >= 2; fraction /= 2) {
    for (unsigned order = PageOrder(wanted * stride); order <= kMaxSlabOrder;
         ++order) {
      if (OrderBytes(order) % stride * fraction <= OrderBytes(order)) {
        return {order, objects(order)};
      }
    }
  }
  return {PageOrder(stride), objects(PageOrder(stride))};
}

TEST(SlabGeometry, IsTheSameByTheOldAndTheNewRule) {
  for (std::size_t stride = 8; stride <= 8192; stride += 8) {
    for (const unsigned cpus : kCpus) {
      ASSERT_EQ(ComputeSlabGeometry(stride, cpus),
                GeometrySince67(stride, cpus))
          << stride << " bytes, " << cpus << " CPUs";
    }
  }
}

TEST(SlabGeometry, OfAnObjectBeyondTheLargestSlabIsOneObject) {
  EXPECT_EQ(ComputeSlabGeometry(40000, 4), (SlabGeometry{4, 1}));
}

}  // namespace
}  // namespace pfn
