// SPDX-License-Identifier: MIT

#include "harness/driver/virtqueue.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace pfn {

std::uint64_t Virtqueue::pages_unprocessed() const {
  std::uint64_t pages = 0;
  for (const Buffer& buffer : unprocessed_) pages += buffer.pages;
  return pages;
}

HostTime Virtqueue::LetHostWork(Host& host, bool is_kick) {
  std::size_t count = unprocessed_.size();
  if (per_kick_ != 0) count = std::min<std::size_t>(count, per_kick_);
  const HostTime time =
      host.Handle(std::span(unprocessed_).first(count), is_kick);
  unprocessed_.erase(unprocessed_.begin(),
                     unprocessed_.begin() + static_cast<std::ptrdiff_t>(count));
  finished_ += static_cast<std::uint32_t>(count);
  return time;
}

HostTime Virtqueue::KickAndWait(Host& host, Wait wait) {
  ++kicks_;
  superfluous_kicks_ += unprocessed_.empty();
  HostTime time = LetHostWork(host, true);
  if (wait == Wait::kOne) {
    if (finished_ > 0) --finished_;
    return time;
  }
  while (has_unprocessed()) {
    time += LetHostWork(host, false);
  }
  Collect();
  return time;
}

}  // namespace pfn
