// SPDX-License-Identifier: MIT
//
// What a worker and its parent tell each other, as bytes. Both are one program,
// so that nothing has to be converted: an object's fields are listed once, and
// written or read in that order.

#pragma once

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/measure/job.h"

namespace pfn {

class MessageWriter {
 public:
  template <class... Ts>
  void operator()(const Ts&... values) {
    (Put(values), ...);
  }
  template <class T, class Visit>
  void Each(std::vector<T>& items, Visit visit) {
    Put(items.size());
    for (T& item : items) visit(item);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void Put(const T& value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Put(const std::string& text) {
    Put(text.size());
    bytes_ += text;
  }

  std::string bytes_;
};

// Of a message that a MessageWriter wrote in the same order.
class MessageReader {
 public:
  explicit MessageReader(const std::string& bytes) : next_(bytes.data()) {}

  template <class... Ts>
  void operator()(Ts&... values) {
    (Get(values), ...);
  }
  template <class T, class Visit>
  void Each(std::vector<T>& items, Visit visit) {
    std::size_t count = 0;
    Get(count);
    items.resize(count);
    for (T& item : items) visit(item);
  }

 private:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void Get(T& value) {
    std::memcpy(&value, next_, sizeof value);
    next_ += sizeof value;
  }
  void Get(std::string& text) {
    std::size_t size = 0;
    Get(size);
    text.assign(next_, size);
    next_ += size;
  }

  const char* next_;
};

template <class Archive>
void Transfer(Archive& archive, Measurement& m) {
  archive(m.ns, m.instructions, m.cpu_seconds, m.pages, m.ranges, m.recorded,
          m.failed_sets, m.failed_clears, m.largest_pass, m.requested_when_full,
          m.rounded_when_full, m.usage, m.accounts_memory, m.error, m.cut_off,
          m.recording_cut_off, m.ns_per_page_so_far);
  archive.Each(m.figures,
               [&](Figure& figure) { archive(figure.name, figure.value); });
  archive.Each(m.more, [&](Measurement& other) { Transfer(archive, other); });
}

}  // namespace pfn
