// SPDX-License-Identifier: MIT
//
// cvbmp ("clustered values bitmap", Tetsuo Handa, 3 Jan 2018): an ascending
// doubly linked list of segments. A segment is kSegmentPages consecutive pages
// with a bitmap of its own; neighbouring segments that are completely full
// collapse into one node (a run), and the nodes and bitmaps made redundant by
// that are parked on a list of spares, so that the collapse can be undone
// without allocating. A pointer to the node used last is the only accelerator:
// every search starts there and walks left or right.
//
// Layout      node 40 bytes (kmalloc-64) plus bitmap kSegmentPages / 8 bytes,
//             two allocations for each segment that holds a page; merging never
//             gives memory back, spares are not used for new segments.
// Set         1 + d steps, d = list distance from the node used last; opening a
//             segment allocates node, then bitmap.
// Test        1 + d steps; does not move the pointer.
// Clear       1 + d steps; splits a run with spares. Never allocates.
// NextRange   the posted walk: from the head of the list, no matter what was
// found
//             before, so walking R ranges is quadratic in R.
// ClearRange  per existing segment, ascending: whole segments by ClearSegment,
//             the rest word by word (the author has no such operation). Never
//             allocates, never fails.
// Failure     Set returns kNoMemory with nothing changed (a node whose bitmap
//             could not be had is freed again).
//
// Invariants  I1 the list is strictly ascending, segments disjoint;
//             I2 bits is 1..S-1 (one segment, its population count) or S*k
//                (k full segments, all ones); I3 no two full neighbours are
//                adjacent; I4 spares = sum of (ceil(bits / S) - 1); I5 a
//                spare's bitmap is all ones; I6 the pointer is null iff the
//                list is empty.
//
// Corrected defects of the posted code: a walk to the right that ends at the
// end of the list examines the last node passed, which may be a run that
// reaches over the target (B1); a walk to the left never looks beyond the node
// it stops at (B2); bitmaps are whole 64-bit words (B4).
//
// Source: linux-mm, 3 Jan 2018, by description only.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "structures/core/bits.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A, std::uint64_t kSegmentPages = 1024>
class Cvbmp {
  static_assert(std::has_single_bit(kSegmentPages) && kSegmentPages >= 8 &&
                    kSegmentPages <= 32768,
                "a segment is a power of two of 8 to 32768 pages");

 public:
  static constexpr StructureTraits kTraits{
      .name = "cvbmp",
      .family = "list",
      .origin = "Tetsuo Handa, 3 Jan 2018",
  };

  explicit Cvbmp(A& heap) : heap_(heap) {}
  Cvbmp(const Cvbmp&) = delete;
  Cvbmp& operator=(const Cvbmp&) = delete;
  ~Cvbmp() {
    FreeAll(used_);
    FreeAll(spares_);
  }

  Status Set(Pfn pfn, Gfp gfp) {
    Node* node = FindOrCreate(SegmentOf(pfn), gfp);
    if (node == nullptr) return Status::kNoMemory;
    last_used_ = node;
    const std::uint64_t offset = pfn % kSegmentPages;
    if (bits::Test(node->bitmap, offset)) return Status::kOk;
    bits::Set(node->bitmap, offset);
    if (++node->bits == kSegmentPages) Merge(node);
    return Status::kOk;
  }

  Status Clear(Pfn pfn, Gfp) {
    ClearPage(pfn);
    return Status::kOk;
  }

  bool Test(Pfn pfn) const {
    const Node* node = Find(SegmentOf(pfn)).node;
    return node != nullptr && bits::Test(node->bitmap, pfn % kSegmentPages);
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    return FirstRange(used_.next, from, max).range;
  }

  Status ClearRange(PfnRange range, Gfp) {
    const std::uint64_t last_segment = SegmentOf(range.last);
    std::uint64_t segment = SegmentOf(range.first);
    while (const Node* node = FirstNodeAtOrAfter(segment)) {
      segment = std::max(segment, node->segment);
      if (segment > last_segment) break;
      const std::uint64_t begin =
          segment == SegmentOf(range.first) ? range.first % kSegmentPages : 0;
      const std::uint64_t end = segment == last_segment
                                    ? range.last % kSegmentPages + 1
                                    : kSegmentPages;
      if (end - begin == kSegmentPages) {
        ClearSegment(segment);
      } else {
        ClearPart(segment, begin, end);
      }
      if (segment == last_segment) break;
      ++segment;
    }
    return Status::kOk;
  }

  // Sets all pages of a segment; at most one node and one bitmap are allocated.
  Status SetSegment(std::uint64_t segment, Gfp gfp) {
    if (Set(segment * kSegmentPages, gfp) != Status::kOk) {
      return Status::kNoMemory;
    }
    if (last_used_->bits >= kSegmentPages) return Status::kOk;
    Fill(last_used_->bitmap);
    last_used_->bits = kSegmentPages;
    Merge(last_used_);
    return Status::kOk;
  }

  // Clears all pages of a segment: its first page, which cuts it out of a run,
  // then everything else that it holds.
  void ClearSegment(std::uint64_t segment) {
    ClearPage(segment * kSegmentPages);
    Node* node = last_used_;
    if (node != nullptr && node->segment == segment) Remove(node);
  }

  // Checks I1 to I6.
  bool Validate() const {
    std::uint64_t redundant = 0;
    std::uint64_t next_free = 0;  // first segment number not yet covered
    bool wrapped = false;
    const Node* previous = nullptr;
    bool last_used_listed = last_used_ == nullptr && IsEmpty();
    for (const Link* link = used_.next; link != &used_; link = link->next) {
      const Node* node = AsNode(link);
      if (link->next->prev != link || node->bits == 0) return false;
      if (wrapped || node->segment < next_free) return false;  // I1
      const std::uint64_t ones =
          bits::CountSet(node->bitmap, kBitmapWords);  // I2
      const bool full = node->bits >= kSegmentPages;
      if (full ? node->bits % kSegmentPages != 0 || !IsFull(node->bitmap)
               : ones != node->bits) {
        return false;
      }
      if (previous != nullptr && full && previous->bits >= kSegmentPages &&
          previous->segment + previous->bits / kSegmentPages == node->segment) {
        return false;  // I3
      }
      redundant += Covered(node) - 1;
      wrapped = LastSegment(node) == kLastSegment;
      next_free = LastSegment(node) + 1;
      last_used_listed |= node == last_used_;
      previous = node;
    }
    std::uint64_t parked = 0;
    for (const Link* link = spares_.next; link != &spares_; link = link->next) {
      ++parked;
      if (!IsFull(AsNode(link)->bitmap)) return false;  // I5
    }
    return parked == redundant && last_used_listed;  // I4, I6
  }

  // For white-box tests: visitor(segment, bits) for each node, in list order.
  template <class Visitor>
  void VisitNodes(Visitor&& visitor) const {
    for (const Link* link = used_.next; link != &used_; link = link->next) {
      visitor(AsNode(link)->segment, AsNode(link)->bits);
    }
  }
  std::uint64_t CountSpares() const {
    std::uint64_t count = 0;
    for (const Link* link = spares_.next; link != &spares_; link = link->next) {
      ++count;
    }
    return count;
  }
  std::optional<std::uint64_t> last_used_segment() const {
    if (last_used_ == nullptr) return std::nullopt;
    return last_used_->segment;
  }

 protected:  // for the variants, which change one operation each
  // Circular, with the head embedded.
  struct Link {
    Link* next;
    Link* prev;
  };
  struct Node : Link {
    std::uint64_t segment;  // the first one covered
    std::uint64_t bits;     // 1..S-1, or S * number of full segments covered
    std::uint64_t* bitmap;
  };
  static_assert(sizeof(Node) == 40);

  // An answer of NextRange, and the node where the range begins.
  struct Found {
    std::optional<PfnRange> range;
    Node* node = nullptr;
  };

  // Where a search ended: the node that covers the segment, or null and the
  // link after which a new node belongs.
  struct Place {
    Node* node;
    Link* before;
  };

  static constexpr std::uint64_t kBitmapWords =
      (kSegmentPages + bits::kWordBits - 1) / bits::kWordBits;
  static constexpr std::size_t kBitmapBytes =
      kBitmapWords * sizeof(std::uint64_t);
  static constexpr std::uint64_t kLastSegment = kMaxPfn / kSegmentPages;

  static std::uint64_t SegmentOf(Pfn pfn) { return pfn / kSegmentPages; }
  static Node* AsNode(Link* link) { return static_cast<Node*>(link); }
  static const Node* AsNode(const Link* link) {
    return static_cast<const Node*>(link);
  }
  static std::uint64_t Covered(const Node* node) {
    return (node->bits + kSegmentPages - 1) / kSegmentPages;
  }
  static std::uint64_t LastSegment(const Node* node) {
    return node->segment + (node->bits - 1) / kSegmentPages;
  }
  static bool Covers(const Node* node, std::uint64_t segment) {
    // Unsigned wrap-around makes one comparison serve for both ends.
    return segment - node->segment <= (node->bits - 1) / kSegmentPages;
  }

  static void Fill(std::uint64_t* bitmap) {
    if constexpr (kSegmentPages < bits::kWordBits) {
      *bitmap = bits::Mask(kSegmentPages) - 1;
    } else {
      std::memset(bitmap, 0xff, kBitmapBytes);
    }
  }
  static bool IsFull(const std::uint64_t* bitmap) {
    return bits::FindZero(bitmap, 0, kSegmentPages) == kSegmentPages;
  }

  static void InsertAfter(Link* where, Link* link) {
    link->prev = where;
    link->next = where->next;
    where->next->prev = link;
    where->next = link;
  }
  static void Unlink(Link* link) {
    link->prev->next = link->next;
    link->next->prev = link->prev;
  }

  bool IsEmpty() const { return used_.next == &used_; }

  // Starts at the node used last and walks towards `segment`.
  Place Find(std::uint64_t segment) const {
    Node* node = last_used_;
    if (node == nullptr) return {nullptr, const_cast<Link*>(&used_)};
    if (Covers(node, segment)) [[likely]] {
      return {node, nullptr};
    }
    return node->segment < segment ? FindRight(node, segment)
                                   : FindLeft(node, segment);
  }

  Place FindRight(Node* node, std::uint64_t segment) const {
    Link* passed = node;
    Link* link = node->next;
    while (link != &used_ && AsNode(link)->segment < segment) {
      passed = link;
      link = link->next;
    }
    if (link != &used_ && AsNode(link)->segment == segment) {
      return {AsNode(link), nullptr};
    }
    // The last node passed may be a run that reaches over the segment, also at
    // the end of the list (B1).
    if (Covers(AsNode(passed), segment)) return {AsNode(passed), nullptr};
    return {nullptr, passed};
  }

  Place FindLeft(Node* node, std::uint64_t segment) const {
    Link* link = node->prev;
    while (link != &used_ && AsNode(link)->segment > segment) {
      link = link->prev;
    }
    if (link != &used_ && Covers(AsNode(link), segment)) {
      return {AsNode(link), nullptr};
    }
    return {nullptr, link};
  }

  Node* FindOrCreate(std::uint64_t segment, Gfp gfp) {
    const Place place = Find(segment);
    if (place.node != nullptr) [[likely]] {
      return place.node;
    }
    auto* node =
        static_cast<Node*>(heap_.Allocate(sizeof(Node), alignof(Node), gfp));
    if (node == nullptr) return nullptr;
    node->bitmap =
        static_cast<std::uint64_t*>(heap_.Allocate(kBitmapBytes, 8, gfp));
    if (node->bitmap == nullptr) {
      heap_.Free(node, sizeof(Node), alignof(Node));
      return nullptr;
    }
    std::memset(node->bitmap, 0, kBitmapBytes);
    node->segment = segment;
    node->bits = 0;
    InsertAfter(place.before, node);
    return node;
  }

  // `node` has just become full: joins it with full neighbours.
  void Merge(Node* node) {
    if (node->prev != &used_) {
      Node* left = AsNode(node->prev);
      if (left->bits >= kSegmentPages &&
          left->segment + left->bits / kSegmentPages == node->segment) {
        left->bits += node->bits;
        Park(node);
        last_used_ = node = left;
      }
    }
    if (node->next != &used_) {
      Node* right = AsNode(node->next);
      if (right->bits >= kSegmentPages &&
          node->segment + node->bits / kSegmentPages == right->segment) {
        node->bits += right->bits;
        Park(right);
      }
    }
  }

  void Park(Node* node) {
    Unlink(node);
    InsertAfter(&spares_, node);
  }

  // Takes a spare, whose bitmap is all ones, as a node of full segments.
  Node* Unpark(std::uint64_t segment, std::uint64_t segments, Link* after) {
    Node* node = AsNode(spares_.next);
    Unlink(node);
    node->segment = segment;
    node->bits = segments * kSegmentPages;
    InsertAfter(after, node);
    return node;
  }

  // Cuts a run so that one node covers exactly `segment`, and returns it.
  Node* Unmerge(std::uint64_t segment, Node* run) {
    const std::uint64_t segments = run->bits / kSegmentPages;
    const std::uint64_t index = segment - run->segment;
    if (index == segments - 1) {
      run->bits = index * kSegmentPages;
      return Unpark(segment, 1, run);
    }
    if (index != 0) {
      run->bits = index * kSegmentPages;
      run = Unpark(segment, segments - index, run);
    }
    run->segment += 1;
    run->bits -= kSegmentPages;
    return Unpark(segment, 1, run->prev);
  }

  void ClearPage(Pfn pfn) {
    const std::uint64_t segment = SegmentOf(pfn);
    Node* node = Find(segment).node;
    if (node == nullptr) return;
    if (node->bits > kSegmentPages) node = Unmerge(segment, node);
    last_used_ = node;
    const std::uint64_t offset = pfn % kSegmentPages;
    if (!bits::Test(node->bitmap, offset)) return;
    bits::Clear(node->bitmap, offset);
    if (--node->bits == 0) Remove(node);
  }

  // Clears the pages of a segment at offsets [begin, end).
  void ClearPart(std::uint64_t segment, std::uint64_t begin,
                 std::uint64_t end) {
    Node* node = Find(segment).node;
    if (node == nullptr) return;
    if (node->bits > kSegmentPages) node = Unmerge(segment, node);
    last_used_ = node;
    bits::ClearSpan(node->bitmap, begin, end);
    if (bits::AllZero<kBitmapWords>(node->bitmap)) {
      Remove(node);
    } else {
      node->bits = bits::CountSet(node->bitmap, kBitmapWords);
    }
  }

  // Frees a node of one segment that is the one used last.
  void Remove(Node* node) {
    if (node->prev != &used_) {
      last_used_ = AsNode(node->prev);
    } else if (node->next != &used_) {
      last_used_ = AsNode(node->next);
    } else {
      last_used_ = nullptr;
    }
    Unlink(node);
    FreeNode(node);
  }

  void FreeNode(Node* node) {
    heap_.Free(node->bitmap, kBitmapBytes, 8);
    heap_.Free(node, sizeof(Node), alignof(Node));
  }

  void FreeAll(Link& head) {
    for (Link* link = head.next; link != &head;) {
      Node* node = AsNode(link);
      link = link->next;
      FreeNode(node);
    }
  }

  // The first node that covers `segment` or begins after it, or null; found
  // from the node used last, as every search by value.
  const Node* FirstNodeAtOrAfter(std::uint64_t segment) const {
    const Place place = Find(segment);
    if (place.node != nullptr) return place.node;
    const Link* next = place.before->next;
    return next == &used_ ? nullptr : AsNode(next);
  }

  // The first run of members in [from, max], looked for from `link` on.
  Found FirstRange(Link* link, Pfn from, Pfn max) const {
    const std::uint64_t segment = SegmentOf(from);
    while (link != &used_ && LastSegment(AsNode(link)) < segment) {
      link = link->next;
    }
    for (; link != &used_; link = link->next) {
      Node* node = AsNode(link);
      // A run is all ones, so any of its segments can stand for the others.
      const std::uint64_t begin_segment = std::max(segment, node->segment);
      const std::uint64_t begin =
          begin_segment == segment ? from % kSegmentPages : 0;
      const std::uint64_t offset =
          bits::FindSet(node->bitmap, begin, kSegmentPages);
      if (offset == kSegmentPages) continue;
      const Pfn first = begin_segment * kSegmentPages + offset;
      if (first > max) break;
      const Pfn last = EndOfRun(node, begin_segment, offset);
      return {PfnRange{first, std::min(last, max)}, node};
    }
    return {};
  }

  // The last page of the run of members that holds `offset` of `segment`.
  Pfn EndOfRun(const Node* node, std::uint64_t segment,
               std::uint64_t offset) const {
    const std::uint64_t zero =
        bits::FindZero(node->bitmap, offset, kSegmentPages);
    if (zero != kSegmentPages) return segment * kSegmentPages + zero - 1;
    std::uint64_t last = LastSegment(node);
    const Link* link = node->next;
    for (; link != &used_ && AsNode(link)->segment == last + 1;
         link = link->next) {
      node = AsNode(link);
      if (node->bits < kSegmentPages) {
        const std::uint64_t end =
            bits::FindZero(node->bitmap, 0, kSegmentPages);
        return node->segment * kSegmentPages + end - 1;
      }
      last = LastSegment(node);
    }
    return last * kSegmentPages + (kSegmentPages - 1);
  }

  A& heap_;
  Link used_{&used_, &used_};
  Link spares_{&spares_, &spares_};
  Node* last_used_ = nullptr;
};

// cvbmp-cursor: cvbmp whose extraction starts at the node used last, a variant
// that nobody posted. The posted query walks from the head of the list for each
// range, which makes an extraction quadratic; this one makes it linear.
//
// Layout      as cvbmp.
// NextRange   starts at the node used last if that is not behind the page asked
//             for, else at the head, and leaves the pointer at the node where
//             the range begins. O(1) per range of an ascending extraction.
// Others      as cvbmp.
// Failure     as cvbmp.
template <NowaitAllocator A>
class CvbmpCursor : public Cvbmp<A> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "cvbmp-cursor",
      .family = "list",
      .origin =
          "variant of cvbmp, nobody's proposal: extraction from the "
          "node used last",
      .variant_of = "cvbmp",
  };

  using CvbmpCursor::Cvbmp::Cvbmp;

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    const bool is_ahead =
        last_used_ == nullptr || last_used_->segment > this->SegmentOf(from);
    const auto found =
        this->FirstRange(is_ahead ? this->used_.next : last_used_, from, max);
    if (found.node != nullptr) last_used_ = found.node;
    return found.range;
  }

 private:
  using Cvbmp<A>::last_used_;
};

// cvbmp-32768: cvbmp with segments of 32,768 pages, the largest that its author
// allows with 4 KiB pages; he posted 1,024. Fewer and longer steps: the list is
// 32 times shorter, a segment costs a page of memory.
//
// Layout      node 40 bytes (kmalloc-64) plus bitmap 4,096 bytes.
// Operations  as cvbmp; opening a segment zeroes a page.
// Failure     as cvbmp.
template <NowaitAllocator A>
class Cvbmp32768 : public Cvbmp<A, 32768> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "cvbmp-32768",
      .family = "list",
      .origin = "Tetsuo Handa, 3 Jan 2018, with his largest segment size",
      .variant_of = "cvbmp",
  };

  using Cvbmp32768::Cvbmp::Cvbmp;
};

}  // namespace pfn
