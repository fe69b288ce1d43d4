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

struct SlabSize {
  unsigned objects;
  unsigned pages;
};

constexpr std::array<unsigned, 9> kCpus = {1, 2, 4, 8, 16, 32, 64, 128, 256};

struct CacheRow {
  std::size_t stride;
  std::array<SlabSize, kCpus.size()> slabs;  // in the order of kCpus
};

constexpr CacheRow SameForAll(std::size_t stride, SlabSize slab) {
  return {stride, {slab, slab, slab, slab, slab, slab, slab, slab, slab}};
}

// Objects and pages of a slab, by CPUs.
constexpr CacheRow kMeasured[] = {
    SameForAll(8, {512, 1}),
    SameForAll(16, {256, 1}),
    SameForAll(32, {128, 1}),
    SameForAll(64, {64, 1}),
    SameForAll(96, {42, 1}),
    {128,
     {{{32, 1},
       {32, 1},
       {32, 1},
       {32, 1},
       {32, 1},
       {32, 1},
       {32, 1},
       {64, 2},
       {64, 2}}}},
    {192,
     {{{21, 1},
       {21, 1},
       {21, 1},
       {21, 1},
       {42, 2},
       {42, 2},
       {42, 2},
       {42, 2},
       {42, 2}}}},
    {256,
     {{{16, 1},
       {16, 1},
       {16, 1},
       {32, 2},
       {32, 2},
       {32, 2},
       {32, 2},
       {64, 4},
       {64, 4}}}},
    {512,
     {{{8, 1},
       {16, 2},
       {16, 2},
       {32, 4},
       {32, 4},
       {32, 4},
       {32, 4},
       {64, 8},
       {64, 8}}}},
    {1024,
     {{{8, 2},
       {16, 4},
       {16, 4},
       {32, 8},
       {32, 8},
       {32, 8},
       {32, 8},
       {32, 8},
       {32, 8}}}},
    {2048,
     {{{8, 4},
       {16, 8},
       {16, 8},
       {16, 8},
       {16, 8},
       {16, 8},
       {16, 8},
       {16, 8},
       {16, 8}}}},
    SameForAll(4096, {8, 8}),
    SameForAll(8192, {4, 8}),
    // radix_tree_node: 576 bytes and, behind the constructed object, the free
    // pointer.
    {584,
     {{{14, 2},
       {14, 2},
       {28, 4},
       {28, 4},
       {28, 4},
       {28, 4},
       {56, 8},
       {56, 8},
       {56, 8}}}},
};

TEST(SlabGeometry, IsWhatSlabinfoShows) {
  for (const CacheRow& row : kMeasured) {
    for (std::size_t i = 0; i < kCpus.size(); ++i) {
      const SlabGeometry slab = ComputeSlabGeometry(row.stride, kCpus[i]);
      EXPECT_EQ(slab.objects, row.slabs[i].objects)
          << row.stride << " bytes, " << kCpus[i] << " CPUs";
      EXPECT_EQ(1u << slab.order, row.slabs[i].pages)
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
