// SPDX-License-Identifier: MIT
//
// The in-memory B+ tree of the Linux kernel (Joern Engel, 2007-08) in its
// geometry for `long` keys: a map from 64-bit keys to non-null pointers.
//
// Layout      node 128 bytes, aligned to 128, own slab cache: 8 keys in one
//             cache line, their 8 values in the next. Keys descend; the pairs
//             in use are the first ones, the others are zero. An inner node
//             has for each child a key that is not above any key below it
//             (removals leave it lower than necessary). No parent pointers,
//             leaves are not chained.
// Find        h nodes, h = height. AtMost: the same, and once down the right
//             neighbour of the path where a removal left a key too low. Within
//             a node keys are looked at in turn, up to the right one, or with
//             KeySearch::kCountAll all eight, without a branch to mispredict.
// Insert      a descent; a full node moves its greater half into a new left
//             sibling, so that keys which come in descending order leave nodes
//             half full: that is the posted rule. At most h + 1 nodes.
// Remove      a descent; a node under half merges with a neighbour if both fit
//             into one, there is no borrowing. Never allocates. The value that
//             follows is known then, without a descent of its own.
// RemoveAll   one walk, O(nodes): the kernel's "grim" visitor.
//
// Failure     the sibling is allocated before its parent's entry, so a failed
//             insertion leaves the same keys in the same nodes; at most a key
//             of an inner node is lower than before. A height-1 root that
//             becomes empty stays, as in the kernel, until RemoveAll.
//
// Source: lib/btree.c of Linux, by description only.

#pragma once

#include <algorithm>
#include <cstdint>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn::btree {

enum class KeySearch : std::uint8_t { kInTurn, kCountAll };

template <NowaitAllocator A, class Value,
          KeySearch kSearch = KeySearch::kInTurn>
class Index {
 public:
  static constexpr unsigned kPairs = 8;
  static constexpr std::size_t kNodeBytes = 128;

  explicit Index(A& heap) : cache_(heap.OpenCache(kNodeCache)) {}
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;
  ~Index() {
    RemoveAll([](Value*) {});
  }

  // The value of `key`, or null.
  Value* Find(std::uint64_t key) const {
    if (height_ == 0) return nullptr;
    const Node* node = root_;
    for (unsigned level = height_; level > 1; --level) {
      const unsigned i = Position(*node, key);
      if (i == kPairs || node->values[i] == nullptr) return nullptr;
      node = Child(*node, i);
    }
    const unsigned i = Position(*node, key);
    if (i == kPairs || node->keys[i] != key) return nullptr;
    return static_cast<Value*>(node->values[i]);
  }

  // The value of the greatest key that is not above `key`, or null.
  Value* AtMost(std::uint64_t key) const {
    if (height_ == 0) return nullptr;
    const Node* node = root_;
    // The subtree to the right of the path, and its height.
    const Node* right = nullptr;
    unsigned right_height = 0;
    for (unsigned level = height_;; --level) {
      const unsigned i = Position(*node, key);
      if (i == kPairs || node->values[i] == nullptr) break;
      if (level == 1) return static_cast<Value*>(node->values[i]);
      if (i + 1 < kPairs && node->values[i + 1] != nullptr) {
        right = Child(*node, i + 1);
        right_height = level - 1;
      }
      node = Child(*node, i);
    }
    return right == nullptr ? nullptr : Greatest(right, right_height);
  }

  // The values of the greatest and of the least key, or null.
  Value* Last() const {
    return height_ == 0 ? nullptr : Greatest(root_, height_);
  }
  Value* First() const {
    const Node* node = root_;
    for (unsigned level = height_; level > 1; --level) {
      node = Child(*node, Fill(*node) - 1);
    }
    const unsigned fill = node == nullptr ? 0 : Fill(*node);
    return fill == 0 ? nullptr : static_cast<Value*>(node->values[fill - 1]);
  }

  // `key` must be absent, `value` not null.
  Status Insert(std::uint64_t key, Value* value, Gfp gfp) {
    return InsertAt(1, key, value, gfp);
  }

  // Removes `key`, which must be present. Gives the value of the greatest key
  // below it, or null.
  Value* Remove(std::uint64_t key) {
    Value* const next = RemoveBelow(*root_, height_, key);
    while (height_ > 1 && Fill(*root_) == 1) {
      Node* top = root_;
      root_ = Child(*top, 0);
      --height_;
      cache_.Free(top);
    }
    return next;
  }

  // Empties the map; `release` gets each value.
  template <class Release>
  void RemoveAll(Release&& release) {
    if (root_ == nullptr) return;
    FreeSubtree(root_, height_, release);
    root_ = nullptr;
    height_ = 0;
  }

  unsigned height() const { return height_; }
  std::uint64_t CountNodes() const {
    return height_ == 0 ? 0 : CountNodes(*root_, height_);
  }

  // Whether keys descend, children keep to the bounds of their parents' keys,
  // unused pairs are zero and no node but a root is empty. O(nodes).
  bool Validate() const {
    if (height_ == 0) return root_ == nullptr;
    if (height_ > 1 && Fill(*root_) < 2) return false;
    return ValidateSubtree(*root_, height_, 0, nullptr);
  }

 private:
  struct alignas(kNodeBytes) Node {
    std::uint64_t keys[kPairs];
    void* values[kPairs];  // Node*, or Value* in a leaf
  };
  static_assert(sizeof(Node) == kNodeBytes);

  static constexpr CacheSpec kNodeCache{
      .name = "btree_node", .size = sizeof(Node), .align = alignof(Node)};

  static Node* Child(const Node& node, unsigned i) {
    return static_cast<Node*>(node.values[i]);
  }

  // Of the first key that is not above `key`, or behind the pairs in use.
  // Unused keys are zero and thus above nothing.
  static unsigned Position(const Node& node, std::uint64_t key) {
    unsigned above = 0;
    if constexpr (kSearch == KeySearch::kInTurn) {
      while (above != kPairs && node.keys[above] > key) ++above;
      return above;
    }
#pragma GCC unroll 8
    for (const std::uint64_t other : node.keys) above += other > key;
    return above;
  }
  static unsigned Fill(const Node& node) {
    unsigned fill = 0;
    for (const void* value : node.values) fill += value != nullptr;
    return fill;
  }

  static void InsertPair(Node& node, unsigned i, std::uint64_t key,
                         void* value) {
    std::copy_backward(node.keys + i, node.keys + kPairs - 1,
                       node.keys + kPairs);
    std::copy_backward(node.values + i, node.values + kPairs - 1,
                       node.values + kPairs);
    node.keys[i] = key;
    node.values[i] = value;
  }
  // Drops the first `count` pairs from `i` on.
  static void ErasePairs(Node& node, unsigned i, unsigned count) {
    std::copy(node.keys + i + count, node.keys + kPairs, node.keys + i);
    std::copy(node.values + i + count, node.values + kPairs, node.values + i);
    std::fill(node.keys + kPairs - count, node.keys + kPairs, 0);
    std::fill(node.values + kPairs - count, node.values + kPairs, nullptr);
  }

  static Value* Greatest(const Node* node, unsigned height) {
    for (; height > 1; --height) node = Child(*node, 0);
    return static_cast<Value*>(node->values[0]);
  }

  Node* NewNode(Gfp gfp) {
    auto* node = static_cast<Node*>(cache_.Allocate(gfp));
    if (node != nullptr) *node = Node{};
    return node;
  }

  // Level 1 are the leaves.
  Status InsertAt(unsigned level, std::uint64_t key, void* value, Gfp gfp) {
    if (height_ < level && Grow(gfp) != Status::kOk) return Status::kNoMemory;
    for (;;) {
      Node& node = DescendLowering(level, key);
      if (node.values[kPairs - 1] == nullptr) {
        InsertPair(node, Position(node, key), key, value);
        return Status::kOk;
      }
      if (Split(node, level, gfp) != Status::kOk) return Status::kNoMemory;
    }
  }

  // A root above the present one, or the first.
  Status Grow(Gfp gfp) {
    Node* top = NewNode(gfp);
    if (top == nullptr) return Status::kNoMemory;
    if (root_ != nullptr) {
      InsertPair(*top, 0, root_->keys[Fill(*root_) - 1], root_);
    }
    root_ = top;
    ++height_;
    return Status::kOk;
  }

  // The node at `level` where `key` belongs. A key that is less than all
  // lowers the last key of the nodes on the way.
  Node& DescendLowering(unsigned level, std::uint64_t key) {
    Node* node = root_;
    for (unsigned at = height_; at > level; --at) {
      unsigned i = Position(*node, key);
      if (i == kPairs || node->values[i] == nullptr) node->keys[--i] = key;
      node = Child(*node, i);
    }
    return *node;
  }

  Status Split(Node& node, unsigned level, Gfp gfp) {
    constexpr unsigned kHalf = kPairs / 2;
    Node* sibling = NewNode(gfp);
    if (sibling == nullptr) return Status::kNoMemory;
    if (InsertAt(level + 1, node.keys[kHalf - 1], sibling, gfp) !=
        Status::kOk) {
      cache_.Free(sibling);
      return Status::kNoMemory;
    }
    std::copy(node.keys, node.keys + kHalf, sibling->keys);
    std::copy(node.values, node.values + kHalf, sibling->values);
    ErasePairs(node, 0, kHalf);
    return Status::kOk;
  }

  Value* RemoveBelow(Node& node, unsigned level, std::uint64_t key) {
    const unsigned i = Position(node, key);
    if (level == 1) {
      ErasePairs(node, i, 1);
      return static_cast<Value*>(node.values[i]);
    }
    Node& child = *Child(node, i);
    Value* next = RemoveBelow(child, level - 1, key);
    if (next == nullptr && i + 1 < kPairs && node.values[i + 1] != nullptr) {
      next = Greatest(Child(node, i + 1), level - 1);
    }
    if (Fill(child) < kPairs / 2) Rebalance(node, i);
    return next;
  }

  // The child `i` of `parent` is less than half full.
  void Rebalance(Node& parent, unsigned i) {
    const unsigned fill = Fill(*Child(parent, i));
    if (fill == 0) {
      cache_.Free(Child(parent, i));
      ErasePairs(parent, i, 1);
    } else if (i > 0 && Fill(*Child(parent, i - 1)) + fill <= kPairs) {
      Merge(parent, i - 1);
    } else if (i + 1 < Fill(parent) &&
               Fill(*Child(parent, i + 1)) + fill <= kPairs) {
      Merge(parent, i);
    }
  }

  // Moves the pairs of the child after `left` into it.
  void Merge(Node& parent, unsigned left) {
    Node& target = *Child(parent, left);
    Node* source = Child(parent, left + 1);
    const unsigned at = Fill(target);
    const unsigned count = Fill(*source);
    std::copy(source->keys, source->keys + count, target.keys + at);
    std::copy(source->values, source->values + count, target.values + at);
    parent.keys[left] = parent.keys[left + 1];
    ErasePairs(parent, left + 1, 1);
    cache_.Free(source);
  }

  template <class Release>
  void FreeSubtree(Node* node, unsigned height, Release& release) {
    for (void* value : node->values) {
      if (value == nullptr) break;
      if (height == 1) {
        release(static_cast<Value*>(value));
      } else {
        FreeSubtree(static_cast<Node*>(value), height - 1, release);
      }
    }
    cache_.Free(node);
  }

  static std::uint64_t CountNodes(const Node& node, unsigned height) {
    std::uint64_t count = 1;
    for (unsigned i = 0; height > 1 && i < Fill(node); ++i) {
      count += CountNodes(*Child(node, i), height - 1);
    }
    return count;
  }

  // Keys must lie in [low, *limit), or in [low, infinity) without a limit.
  bool ValidateSubtree(const Node& node, unsigned height, std::uint64_t low,
                       const std::uint64_t* limit) const {
    const unsigned fill = Fill(node);
    if (fill == 0 && &node != root_) return false;
    for (unsigned i = 0; i < kPairs; ++i) {
      if (i >= fill) {
        if (node.keys[i] != 0 || node.values[i] != nullptr) return false;
        continue;
      }
      const std::uint64_t* above = i == 0 ? limit : &node.keys[i - 1];
      if (node.keys[i] < low || (above != nullptr && node.keys[i] >= *above)) {
        return false;
      }
      if (height > 1 &&
          !ValidateSubtree(*Child(node, i), height - 1, node.keys[i], above)) {
        return false;
      }
    }
    return true;
  }

  typename A::Cache& cache_;
  Node* root_ = nullptr;
  unsigned height_ = 0;
};

}  // namespace pfn::btree
