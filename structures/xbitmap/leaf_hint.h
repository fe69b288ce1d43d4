// SPDX-License-Identifier: MIT
//
// Remembers where the leaf used last is, for the structures labelled as having
// such a hint. The disabled hint is empty and never finds anything, so that a
// design without one pays nothing for the code that it shares.

#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace pfn {

// `Where` leads to a leaf. One number is remembered at a time;
// the owner calls Forget() when what it leads to may go away.
template <class Where, bool kEnabled>
class LeafHint {
 public:
  const Where* Find(std::uint64_t number) const {
    return number == number_ ? &where_ : nullptr;
  }
  void Remember(std::uint64_t number, Where where) {
    number_ = number;
    where_ = where;
  }
  void Forget() { number_ = kNone; }

  // What is remembered, for the checks of tests.
  std::optional<std::pair<std::uint64_t, Where>> remembered() const {
    if (number_ == kNone) return std::nullopt;
    return std::pair(number_, where_);
  }

 private:
  // No leaf has this number: leaves hold more than one page.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  std::uint64_t number_ = kNone;
  Where where_{};
};

template <class Where>
class LeafHint<Where, false> {
 public:
  static constexpr const Where* Find(std::uint64_t) { return nullptr; }
  static constexpr void Remember(std::uint64_t, Where) {}
  static constexpr void Forget() {}
  static std::optional<std::pair<std::uint64_t, Where>> remembered() {
    return std::nullopt;
  }
};

}  // namespace pfn
