// SPDX-License-Identifier: MIT
//
// Failures in bursts (Gilbert 1960, Elliott 1963): a Markov chain of two
// states, of which Bad fails every request and Good none. It is given by the
// share of requests that fail and by the mean length of a burst.

#pragma once

#include <cstdint>

#include "harness/kernel/page_model.h"
#include "workloads/base/random.h"

namespace pfn {

class GilbertElliott final : public PageModel {
 public:
  // 0 < loss < 1, burst >= 1, and not so short that bursts would have to
  // follow each other without a gap: burst >= loss / (1 - loss).
  GilbertElliott(double loss, double burst, std::uint64_t seed)
      : to_bad_(loss / (burst * (1 - loss))),
        to_good_(1 / burst),
        random_(seed) {}

  // The mean burst at which each request fails independently of the last.
  static constexpr double IndependentBurst(double loss) {
    return 1 / (1 - loss);
  }

  // The transition comes first. A draw for the loss would follow, but it is
  // certain in both states.
  bool Fail(unsigned) override {
    Step();
    return is_bad_;
  }
  // Bursts are counted in requests to the allocator, no matter who makes them:
  // those of slab caches alone are so few that no burst would ever begin or
  // end.
  void NoteOtherPages(std::int64_t taken) override {
    for (; taken > 0; --taken) Step();
  }

 private:
  void Step() {
    const double draw = random_.Fraction();
    is_bad_ = is_bad_ ? draw >= to_good_ : draw < to_bad_;
  }

  double to_bad_;
  double to_good_;
  SplitMix64 random_;
  bool is_bad_ = false;
};

}  // namespace pfn
