// SPDX-License-Identifier: MIT

#include "harness/driver/real_host.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/measure/stopwatch.h"

namespace pfn {
namespace {

constexpr std::size_t kPageBytes = 4096;

Picoseconds ToPicoseconds(double ns) {
  return static_cast<Picoseconds>(std::max(ns, 0.0) * kPicosecondsPerNs);
}

void Signal(int event) {
  const std::uint64_t one = 1;
  while (write(event, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Await(int event) {
  std::uint64_t count = 0;
  while (read(event, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace

RealHost::RealHost(PfnRange span, bool merges) : span_(span), merges_(merges) {
  const auto fail = [&](std::string_view what) {
    error_ = fmt::format("the host cannot {}: {}", what, std::strerror(errno));
  };
  const std::uint64_t pages = span.last - span.first + 1;
  if (pages > (std::uint64_t{1} << 34)) {  // 64 TiB, half of an address space
    error_ =
        fmt::format("the host cannot map the {} pages of this guest", pages);
    return;
  }
  bytes_ = pages * kPageBytes;
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    fail(fmt::format("map {} bytes", bytes_));
    return;
  }
  memory_ = static_cast<std::byte*>(memory);
  // The unit of both sides is 4 KiB. Not all kernels know huge pages.
  (void)madvise(memory_, bytes_, MADV_NOHUGEPAGE);
  kick_ = eventfd(0, EFD_CLOEXEC);
  answer_ = eventfd(0, EFD_CLOEXEC);
  if (kick_ < 0 || answer_ < 0) {
    fail("make an eventfd");
    return;
  }
  (void)Timer::Get();  // measured now, not in the thread
  thread_ = std::thread([this] { Serve(); });
}

RealHost::~RealHost() {
  if (thread_.joinable()) {
    has_request_ = false;
    Signal(kick_);
    thread_.join();
  }
  if (kick_ >= 0) close(kick_);
  if (answer_ >= 0) close(answer_);
  if (memory_ != nullptr) munmap(memory_, bytes_);
}

void RealHost::Touch(Pfn page) {
  if (!error_.empty()) return;
  *reinterpret_cast<volatile char*>(memory_ +
                                    (page - span_.first) * kPageBytes) = 1;
}

HostTime RealHost::Handle(std::span<const Buffer> buffers, bool) {
  if (!error_.empty()) return {};
  request_ = buffers;
  has_request_ = true;
  Stopwatch watch;
  watch.Start();
  Signal(kick_);
  Await(answer_);
  watch.Stop();
  if (failed_errno_ != 0) {
    error_ = fmt::format("madvise failed: {}", std::strerror(failed_errno_));
  }
  return {.notify = ToPicoseconds(watch.nanoseconds() - sort_ns_ -
                                  translate_ns_ - madvise_ns_),
          .sort = ToPicoseconds(sort_ns_),
          .translate = ToPicoseconds(translate_ns_),
          .madvise = ToPicoseconds(madvise_ns_),
          .madvise_calls = pieces_.size()};
}

// ---- The host's thread ----

void RealHost::Serve() {
  while (true) {
    Await(kick_);
    if (!has_request_) return;
    Stopwatch sort;
    if (merges_) {
      sort.Start();
      request_ = merger_.Merge(request_);
      sort.Stop();
    }
    Stopwatch translate;
    translate.Start();
    Translate();
    translate.Stop();
    Stopwatch advise;
    advise.Start();
    Advise();
    advise.Stop();
    sort_ns_ = sort.nanoseconds();
    translate_ns_ = translate.nanoseconds();
    madvise_ns_ = advise.nanoseconds();
    Signal(answer_);
  }
}

void RealHost::Translate() {
  pieces_.clear();
  const auto add = [&](Pfn first, std::uint64_t pages, Direction direction) {
    const Pfn last = first + pages - 1;
    if (first < span_.first || last > span_.last) {
      failed_errno_ = EFAULT;
      return;
    }
    pieces_.push_back(
        {memory_ + (first - span_.first) * kPageBytes, pages * kPageBytes,
         direction == Direction::kInflate ? MADV_DONTNEED : MADV_WILLNEED});
  };
  for (const Buffer& buffer : request_) {
    if (buffer.array == nullptr) {
      add(buffer.first, buffer.pages, buffer.direction);
      continue;
    }
    for (const Pfn page : std::span(buffer.array, buffer.pages)) {
      add(page, 1, buffer.direction);
    }
  }
}

void RealHost::Advise() {
  for (const Piece& piece : pieces_) {
    if (madvise(piece.begin, piece.bytes, piece.advice) != 0) {
      failed_errno_ = errno;
    }
  }
}

std::uint64_t RealHost::ResidentPages(PfnRange range) const {
  const std::uint64_t pages = range.last - range.first + 1;
  std::vector<unsigned char> resident(pages);
  if (mincore(memory_ + (range.first - span_.first) * kPageBytes,
              pages * kPageBytes, resident.data()) != 0) {
    return ~std::uint64_t{0};
  }
  return static_cast<std::uint64_t>(
      std::count_if(resident.begin(), resident.end(),
                    [](unsigned char state) { return state & 1; }));
}

}  // namespace pfn
