// SPDX-License-Identifier: MIT
//
// A host that really gives memory back: a second thread, kicked through an
// eventfd, which owns an anonymous mapping of the guest's size and calls
// madvise(MADV_DONTNEED) for every page of an array or for every chunk. It
// answers through a second eventfd. If it merges it sorts each array first and
// calls madvise for its ranges. Pages are touched when the guest allocates
// them, so that there is something to give back.
//
// Times are wall-clock: what the host spent on sorting, on addresses and in
// madvise, and as `notify` the rest of the round trip. Translation is a bounds
// check and an addition, because there is one memory slot; a device model's
// look-up costs more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "harness/driver/host.h"
#include "harness/driver/merge.h"
#include "structures/core/pfn.h"

namespace pfn {

class RealHost final : public Host {
 public:
  // Memory for the pages `span`. It is reserved, not used: only pages that are
  // touched take memory. `merges`: arrays before madvise.
  explicit RealHost(PfnRange span, bool merges = false);
  ~RealHost() override;
  RealHost(const RealHost&) = delete;
  RealHost& operator=(const RealHost&) = delete;

  HostTime Handle(std::span<const Buffer> buffers, bool is_kick) override;
  void Touch(Pfn page) override;

  // "" or what went wrong; nothing is done any more then.
  const std::string& error() const { return error_; }
  // Pages of `range` that have memory.
  std::uint64_t ResidentPages(PfnRange range) const;

 private:
  struct Piece {
    std::byte* begin;
    std::size_t bytes;
    int advice;
  };

  void Serve();
  void Translate();
  void Advise();

  PfnRange span_;
  const bool merges_;
  ArrayMerger merger_;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
  int kick_ = -1;    // guest to host
  int answer_ = -1;  // host to guest
  std::string error_;

  // Handed over by the eventfds: the guest writes before a kick, the host
  // before an answer. A kick without a request ends the thread.
  std::span<const Buffer> request_;
  bool has_request_ = false;
  std::vector<Piece> pieces_;
  double sort_ns_ = 0;
  double translate_ns_ = 0;
  double madvise_ns_ = 0;
  int failed_errno_ = 0;
  std::thread thread_;
};

}  // namespace pfn
