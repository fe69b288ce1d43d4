// SPDX-License-Identifier: MIT
//
// Importer for a dump of /proc/PID/pagemap over memory that a process wrote to
// from its first page to its last: 8 bytes a page, little endian, bit 63 for
// "present" and bits 0 to 54 for the frame. The frames in this order are the
// allocator's own answers, without balloon or driver: the same lists that a
// balloon is filled from. They become inflated arrays of 256 pages, not turned
// round. Pages that are not present are counted and left out.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "workloads/base/error.h"
#include "workloads/import/importers.h"
#include "workloads/trace/page_ranges.h"

namespace pfn {
namespace {

constexpr std::size_t kEntryBytes = 8;
constexpr std::uint64_t kArrayPages = 256;
// 8 TiB of addresses. Most of them may be empty, and /dev/zero never ends.
constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 31;
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
constexpr std::uint64_t kSwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kFrameMask = (std::uint64_t{1} << 55) - 1;

std::uint64_t LittleEndian(const char* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = kEntryBytes; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

class PagemapImporter {
 public:
  explicit PagemapImporter(std::string_view name) : name_(name) {}

  ImportResult Import(ByteSource& source) {
    std::vector<char> buffer(std::size_t{64} << 10);
    std::size_t size = 0;  // of which kEntryBytes do not fill an entry yet
    while (const std::size_t got =
               source.Read(std::span(buffer).subspan(size))) {
      size += got;
      std::size_t used = 0;
      for (; used + kEntryBytes <= size; used += kEntryBytes) {
        ImportEntry(LittleEndian(buffer.data() + used));
      }
      std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(used),
                buffer.begin() + static_cast<std::ptrdiff_t>(size),
                buffer.begin());
      size -= used;
    }
    if (size > 0) {
      Fail(fmt::format("{} bytes at the end", size),
           "entries of 8 bytes; is this a dump of pagemap, read in whole?");
    }
    return Finish();
  }

 private:
  void ImportEntry(std::uint64_t entry) {
    if (result_.lines == kMaxEntries || result_.trace.IsTooLarge()) {
      Fail("more than 2^31 entries, or 2^25 runs", "fewer; split the dump");
    }
    if ((entry & kSwapped) != 0) {
      ++swapped_;
    } else if ((entry & kPresent) == 0) {
      ++absent_;
    } else {
      ImportFrame(entry & kFrameMask);
    }
    ++result_.lines;
  }

  void ImportFrame(Pfn pfn) {
    if (pfn == 0) {
      Fail("a page that is present in frame 0",
           "its frame; the kernel hides frames from all but root "
           "(CAP_SYS_ADMIN)");
    }
    if (pfn >= kPfnLimit) {
      Fail(fmt::format("frame {:#x}", pfn),
           "one below 2^52; is this a dump of pagemap?");
    }
    if (members_.Insert({pfn, pfn}) > 0) {
      Fail(fmt::format("frame {:#x} a second time", pfn),
           "every page in a frame of its own; write to the memory, to each "
           "page of it, before the dump: pages only read share one frame");
    }
    if (result_.trace.pages_inflated() % kArrayPages == 0) {
      result_.trace.BeginArray(Direction::kInflate);
    }
    result_.trace.AppendPage(pfn);
  }

  ImportResult Finish() {
    if (result_.trace.arrays() == 0) {
      Fail("the end and no page that is present",
           "entries of memory that was written to");
    }
    result_.notes.push_back(
        "frames are in the order of addresses, which is that of allocation if "
        "the memory was first written in this order");
    if (absent_ > 0) {
      result_.notes.push_back(
          fmt::format("{} pages not present left out", absent_));
    }
    if (swapped_ > 0) {
      result_.notes.push_back(
          fmt::format("{} pages in swap left out", swapped_));
    }
    return std::move(result_);
  }

  [[noreturn]] void Fail(std::string_view found,
                         std::string_view expected) const {
    throw BadInput(fmt::format("{}: byte {}: found {}; expected {}", name_,
                               result_.lines * kEntryBytes, found, expected));
  }

  std::string name_;
  ImportResult result_;
  PageRanges members_;
  std::uint64_t absent_ = 0;
  std::uint64_t swapped_ = 0;
};

}  // namespace

ImportResult ImportPagemap(ByteSource& source, std::string_view name) {
  return PagemapImporter(name).Import(source);
}

}  // namespace pfn
