// SPDX-License-Identifier: MIT
//
// Two of our structures as a plugin, so that its calls can be compared with
// those of the built-in ones.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "structures/flat/flat.h"
#include "structures/plugin/pfnbench_plugin.h"
#include "structures/xbitmap/xbitmap.h"

namespace pfn {
namespace {

class Heap {
 public:
  struct Cache {
    void* Allocate(Gfp gfp) noexcept {
      return host->cache_alloc(cache, static_cast<std::uint32_t>(gfp));
    }
    void Free(void* object) noexcept { host->cache_free(cache, object); }

    const pfnbench_host* host;
    pfnbench_cache* cache;
  };

  Heap(const pfnbench_host* host, pfnbench_heap* heap)
      : host_(host), heap_(heap) {}

  void* Allocate(std::size_t size, std::size_t align, Gfp gfp) noexcept {
    return host_->alloc(heap_, size, align, static_cast<std::uint32_t>(gfp));
  }
  void Free(void* object, std::size_t size, std::size_t align) noexcept {
    host_->free(heap_, object, size, align);
  }
  Cache& OpenCache(const CacheSpec& spec) noexcept {
    caches_.push_back(std::make_unique<Cache>(
        Cache{host_,
              host_->open_cache(heap_, std::string(spec.name).c_str(),
                                spec.size, spec.align, spec.has_constructor)}));
    return *caches_.back();
  }

 private:
  const pfnbench_host* host_;
  pfnbench_heap* heap_;
  std::vector<std::unique_ptr<Cache>> caches_;
};

template <class S>
struct Plugged {
  Plugged(const pfnbench_host* host, pfnbench_heap* its)
      : heap(host, its), set(heap) {}
  static S& Of(void* plugged) { return static_cast<Plugged*>(plugged)->set; }

  Heap heap;
  S set;
};

int Code(Status status) {
  return status == Status::kOk ? PFNBENCH_OK : PFNBENCH_NO_MEMORY;
}

template <class S>
pfnbench_structure Table(const char* name) {
  using P = Plugged<S>;
  pfnbench_structure table{};
  table.name = name;
  table.family = "test";
  table.origin = "ours as a plugin";
  table.set_bytes = sizeof(P);
  table.init = [](void* set, pfnbench_heap* heap, const pfnbench_host* host) {
    std::construct_at(static_cast<P*>(set), host, heap);
  };
  table.destroy = [](void* set) { std::destroy_at(static_cast<P*>(set)); };
  table.set = [](void* set, std::uint64_t page, std::uint32_t gfp) {
    return Code(P::Of(set).Set(page, static_cast<Gfp>(gfp)));
  };
  table.clear = [](void* set, std::uint64_t page, std::uint32_t gfp) {
    return Code(P::Of(set).Clear(page, static_cast<Gfp>(gfp)));
  };
  table.test = [](void* set, std::uint64_t page) {
    return static_cast<int>(P::Of(set).Test(page));
  };
  table.next_range = [](void* set, std::uint64_t from, std::uint64_t max,
                        pfnbench_range* found) {
    const std::optional<PfnRange> range = P::Of(set).NextRange(from, max);
    if (range) *found = {range->first, range->last};
    return static_cast<int>(range.has_value());
  };
  table.clear_range = [](void* set, std::uint64_t first, std::uint64_t last,
                         std::uint32_t gfp) {
    return Code(P::Of(set).ClearRange({first, last}, static_cast<Gfp>(gfp)));
  };
  return table;
}

}  // namespace
}  // namespace pfn

const pfnbench_plugin* pfnbench_get_plugin() {
  static const pfnbench_structure structures[] = {
      pfn::Table<pfn::Flat<pfn::Heap>>("flat-plugged"),
      pfn::Table<pfn::Xbitmap<pfn::Heap>>("xbitmap-plugged"),
  };
  static const pfnbench_plugin plugin = {
      PFNBENCH_PLUGIN_VERSION, sizeof(pfnbench_structure), 2, structures};
  return &plugin;
}
