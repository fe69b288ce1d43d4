// SPDX-License-Identifier: MIT
//
// A split ring as the driver of 2017 uses it. The guest adds buffers, kicks,
// and waits; the host finishes some or all of what is pending per kick; what it
// has finished stays in the ring until the guest takes it back. One entry is
// always free, so Add never fails: anyone who fills the last one must kick and
// wait before the next.

#pragma once

#include <cstdint>
#include <vector>

#include "harness/driver/host.h"

namespace pfn {

// Whether the guest waits until one buffer has come back, as posted, or all.
enum class Wait : std::uint8_t { kOne, kAll };

class Virtqueue {
 public:
  // `per_kick`: buffers that the host finishes before the guest wakes up;
  // 0: all.
  Virtqueue(std::uint32_t size, std::uint32_t per_kick)
      : size_(size), per_kick_(per_kick) {
    unprocessed_.reserve(size);
  }

  // Never negative: what was added to a full ring takes no entry.
  std::uint32_t free() const {
    const auto taken =
        static_cast<std::uint32_t>(unprocessed_.size()) + finished_;
    return taken < size_ ? size_ - taken : 0;
  }
  // As the driver tells it: by the free entries. So a buffer that is finished
  // and not yet taken back counts, which costs a superfluous kick.
  bool has_outstanding() const { return free() != size_; }
  bool has_unprocessed() const { return !unprocessed_.empty(); }
  // Pages in buffers that the host has not seen.
  std::uint64_t pages_unprocessed() const;

  // Takes back what the host has finished.
  void Collect() { finished_ = 0; }
  // Where no entry is free this would fail; it is counted and goes on.
  void Add(const Buffer& buffer) {
    adds_to_full_ += free() == 0;
    unprocessed_.push_back(buffer);
    ++buffers_;
  }
  HostTime KickAndWait(Host& host, Wait wait);

  std::uint64_t buffers() const { return buffers_; }
  std::uint64_t kicks() const { return kicks_; }
  // Kicks with nothing to be seen.
  std::uint64_t superfluous_kicks() const { return superfluous_kicks_; }
  std::uint64_t adds_to_full() const { return adds_to_full_; }

 private:
  HostTime LetHostWork(Host& host, bool is_kick);

  std::uint32_t size_;
  std::uint32_t per_kick_;
  std::vector<Buffer> unprocessed_;
  std::uint32_t finished_ = 0;
  std::uint64_t buffers_ = 0;
  std::uint64_t kicks_ = 0;
  std::uint64_t superfluous_kicks_ = 0;
  std::uint64_t adds_to_full_ = 0;
};

}  // namespace pfn
