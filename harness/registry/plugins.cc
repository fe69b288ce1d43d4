// SPDX-License-Identifier: MIT

#include "harness/registry/plugins.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "harness/check/any_set.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/measure/measured_set.h"
#include "harness/registry/structures.h"
#include "structures/core/pfn_set.h"
#include "structures/plugin/pfnbench_plugin.h"
#include "workloads/base/error.h"
#include "workloads/base/printable.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEntry = "pfnbench_get_plugin";
constexpr unsigned kSecondsToLoad = 10;
constexpr std::uint64_t kMostStructures = 1000;
constexpr std::size_t kMostSetBytes = std::size_t{1} << 30;
constexpr std::size_t kSetAlignment = 64;
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kLongestFamily = 16;
constexpr std::size_t kLongestOrigin = 200;
constexpr std::size_t kLongestReason = 400;

// ---- The host's side of pfnbench_host.

NowaitHeap& Unwrap(pfnbench_heap* heap) {
  return *reinterpret_cast<NowaitHeap*>(heap);
}
NowaitHeap::Cache& Unwrap(pfnbench_cache* cache) {
  return *reinterpret_cast<NowaitHeap::Cache*>(cache);
}
Gfp GfpOf(std::uint32_t gfp) {
  return gfp == PFNBENCH_KERNEL ? Gfp::kKernel : Gfp::kNowait;
}
std::uint32_t GfpOf(Gfp gfp) {
  return gfp == Gfp::kKernel ? PFNBENCH_KERNEL : PFNBENCH_NOWAIT;
}

constexpr pfnbench_host kHost = {
    .alloc =
        [](pfnbench_heap* heap, std::size_t size, std::size_t align,
           std::uint32_t gfp) noexcept {
          return Unwrap(heap).Allocate(size, align, GfpOf(gfp));
        },
    .free =
        [](pfnbench_heap* heap, void* object, std::size_t size,
           std::size_t align) noexcept {
          Unwrap(heap).Free(object, size, align);
        },
    .open_cache =
        [](pfnbench_heap* heap, const char* name, std::size_t size,
           std::size_t align, int has_constructor) noexcept {
          return reinterpret_cast<pfnbench_cache*>(&Unwrap(heap).OpenCache(
              {.name = name,
               .size = size,
               .align = align,
               .has_constructor = has_constructor != 0}));
        },
    .cache_alloc =
        [](pfnbench_cache* cache, std::uint32_t gfp) noexcept {
          return Unwrap(cache).Allocate(GfpOf(gfp));
        },
    .cache_free = [](pfnbench_cache* cache,
                     void* object) noexcept { Unwrap(cache).Free(object); },
};

// ---- A set of a plugin.

// It breaks its contract: there is no figure for it.
[[noreturn, gnu::cold, gnu::noinline]] void Refuse(
    const pfnbench_structure& structure, std::string_view function,
    std::int64_t answer, std::string_view expected) {
  throw std::runtime_error(fmt::format("{}: {}() returned {}; expected {}",
                                       structure.name, function, answer,
                                       expected));
}

// A row of what is missing says why, and has no figure.
const pfnbench_structure& Present(const pfnbench_structure& structure) {
  if (structure.missing == nullptr) return structure;
  throw std::runtime_error(structure.missing);
}

class PluginSet final : public AnySet {
 public:
  PluginSet(const pfnbench_structure& structure, NowaitHeap& heap)
      : its_(Present(structure)),
        set_(::operator new (its_.set_bytes, std::align_val_t{kSetAlignment})) {
    std::memset(set_, 0, its_.set_bytes);
    its_.init(set_, reinterpret_cast<pfnbench_heap*>(&heap), &kHost);
  }
  ~PluginSet() override {
    its_.destroy(set_);
    ::operator delete (set_, std::align_val_t{kSetAlignment});
  }
  PluginSet(const PluginSet&) = delete;
  PluginSet& operator=(const PluginSet&) = delete;

  Status Set(Pfn pfn, Gfp gfp) override {
    return Checked("set", its_.set(set_, pfn, GfpOf(gfp)));
  }
  Status Clear(Pfn pfn, Gfp gfp) override {
    return Checked("clear", its_.clear(set_, pfn, GfpOf(gfp)));
  }
  bool Test(Pfn pfn) override { return its_.test(set_, pfn) != 0; }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) override {
    pfnbench_range found;
    if (its_.next_range(set_, from, max, &found) == 0) return std::nullopt;
    // Else a walk by ranges would not end.
    if (found.first < from || found.last > max || found.last < found.first) {
      throw std::runtime_error(fmt::format(
          "{}: next_range({}, {}) found [{},{}], which is not within",
          its_.name, from, max, found.first, found.last));
    }
    return PfnRange{found.first, found.last};
  }
  Status ClearRange(PfnRange range, Gfp gfp) override {
    return Checked("clear_range",
                   its_.clear_range(set_, range.first, range.last, GfpOf(gfp)));
  }
  bool HasWalk() const override { return its_.for_each_range != nullptr; }
  template <class Any>
  void ForEachRange(PfnRange range, Any&& visitor) {
    if (its_.for_each_range == nullptr) {
      WalkByNextRange(*this, range, visitor);
      return;
    }
    // Nothing that is thrown may cross the plugin.
    its_.for_each_range(
        set_, range.first, range.last,
        [](void* context, std::uint64_t first, std::uint64_t last) noexcept {
          (*static_cast<std::remove_reference_t<Any>*>(context))(
              PfnRange{first, last});
        },
        const_cast<void*>(static_cast<const void*>(&visitor)));
  }
  void Visit(PfnRange range, const Visitor& visitor) override {
    ForEachRange(range, visitor);
  }
  bool Validate() override {
    return its_.validate == nullptr || its_.validate(set_) != 0;
  }

  // The loops over arrays of pages.
  void SetPages(std::span<const Pfn> block, std::uint64_t position,
                FailedPositions& failed) {
    DoPages("set_pages", its_.set_pages, block, position, failed);
  }
  void ClearPages(std::span<const Pfn> block, std::uint64_t position,
                  FailedPositions& failed) {
    DoPages("clear_pages", its_.clear_pages, block, position, failed);
  }
  std::uint64_t TestPages(std::span<const Pfn> block) {
    return its_.test_pages(set_, block.data(), block.size());
  }

 private:
  Status Checked(std::string_view function, int answer) {
    if (answer == PFNBENCH_OK) [[likely]] {
      return Status::kOk;
    }
    if (answer != PFNBENCH_NO_MEMORY) {
      Refuse(its_, function, answer, "0, or -12 for no memory");
    }
    return Status::kNoMemory;
  }

  void DoPages(std::string_view name,
               decltype(pfnbench_structure::set_pages) function,
               std::span<const Pfn> block, std::uint64_t position,
               FailedPositions& failed) {
    while (!block.empty()) {
      const std::uint64_t done =
          function(set_, block.data(), block.size(), PFNBENCH_NOWAIT);
      if (done == block.size()) return;
      if (done > block.size()) {
        Refuse(its_, name, static_cast<std::int64_t>(done),
               fmt::format("{} at most", block.size()));
      }
      failed.push_back(position + done);
      block = block.subspan(done + 1);
      position += done + 1;
    }
  }

  // A copy: its functions are then found without another load.
  const pfnbench_structure its_;
  void* const set_;
};

// As MeasuredLoops, with the loops over pages inside the plugin.
class PluginLoops final : public MeasuredSet {
 public:
  PluginLoops(const pfnbench_structure& structure, NowaitHeap& heap)
      : set_(structure, heap) {}

  void Set(std::span<const Pfn> block, std::uint64_t position,
           FailedPositions& failed) override {
    set_.SetPages(block, position, failed);
  }
  void Clear(std::span<const Pfn> block, std::uint64_t position,
             FailedPositions& failed) override {
    set_.ClearPages(block, position, failed);
  }
  std::uint64_t Test(std::span<const Pfn> block) override {
    return set_.TestPages(block);
  }
  void Walk(PfnRange range, RangeDigest& digest) override {
    set_.ForEachRange(range, digest);
  }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) override {
    return set_.NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp gfp) override {
    return set_.ClearRange(range, gfp);
  }

 private:
  PluginSet set_;
};

// ---- What a plugin says of itself.

class Loader {
 public:
  Loader(const std::string& file, const std::vector<Structure>& known)
      : file_(file), known_(known) {}

  std::vector<Structure> Load() {
    if (access(file_.c_str(), R_OK) != 0) {
      throw Wrong("cannot be read: {}", std::strerror(errno));
    }
    TryToLoad();
    std::string why;
    const pfnbench_plugin* plugin = Open(why);
    if (plugin == nullptr) throw Wrong("{}", why);
    CheckPlugin(*plugin);
    for (const pfnbench_structure& structure :
         std::span(plugin->structures, plugin->count)) {
      structures_.push_back(Check(structure));
    }
    for (const Structure& structure : structures_) CheckVariant(structure);
    return std::move(structures_);
  }

 private:
  template <class... Arguments>
  BadInput Wrong(fmt::format_string<Arguments...> form,
                 Arguments&&... arguments) const {
    return BadInput(
        fmt::format("--plugin={}: {}", file_,
                    fmt::format(form, std::forward<Arguments>(arguments)...)));
  }

  // Null, and `why`.
  const pfnbench_plugin* Open(std::string& why) const {
    // Without a slash it would be looked for among the libraries of the system.
    const std::string path = fs::absolute(file_).string();
    void* const object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
      why = dlerror();
      if (why.starts_with(path + ": ")) why.erase(0, path.size() + 2);
      why = fmt::format(
          "cannot be loaded: {}; expected a shared object, as gcc -shared "
          "-fPIC makes",
          why);
      return nullptr;
    }
    const auto entry = reinterpret_cast<decltype(&::pfnbench_get_plugin)>(
        dlsym(object, kEntry));
    if (entry == nullptr) {
      why = fmt::format(
          "has no function {}(); structures/plugin/pfnbench_plugin.h says what "
          "it returns",
          kEntry);
      return nullptr;
    }
    const ::pfnbench_plugin* const plugin = entry();
    if (plugin == nullptr) {
      why = fmt::format("{}() returned a null pointer", kEntry);
    }
    return plugin;
  }

  // In a process of its own, which may crash or hang.
  void TryToLoad() const {
    const pid_t pid = fork();
    if (pid < 0) throw Wrong("cannot be tried: {}", std::strerror(errno));
    if (pid == 0) {
      const rlimit no_core = {0, 0};
      setrlimit(RLIMIT_CORE, &no_core);
      for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) {
        std::signal(signal, SIG_DFL);
      }
      alarm(kSecondsToLoad);
      std::string why;
      Open(why);
      _exit(0);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
      if (errno != EINTR)
        throw Wrong("cannot be tried: {}", std::strerror(errno));
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
      throw Wrong("is not loaded within {} s", kSecondsToLoad);
    }
    if (WIFSIGNALED(status)) {
      throw Wrong("crashes while it is loaded: SIG{}",
                  sigabbrev_np(WTERMSIG(status)));
    }
    if (WEXITSTATUS(status) != 0) {
      throw Wrong("ends the program while it is loaded, with status {}",
                  WEXITSTATUS(status));
    }
  }

  void CheckPlugin(const pfnbench_plugin& plugin) const {
    if (plugin.version != PFNBENCH_PLUGIN_VERSION) {
      throw Wrong(
          "has version {} of the interface, this pfnbench has {}; compile it "
          "again with structures/plugin/pfnbench_plugin.h",
          plugin.version, PFNBENCH_PLUGIN_VERSION);
    }
    if (plugin.structure_bytes != sizeof(pfnbench_structure)) {
      throw Wrong(
          "structure_bytes is {}, expected {}: its struct pfnbench_structure "
          "differs from structures/plugin/pfnbench_plugin.h",
          plugin.structure_bytes, sizeof(pfnbench_structure));
    }
    if (plugin.count == 0 || plugin.count > kMostStructures ||
        plugin.structures == nullptr) {
      throw Wrong("has {} structures{}, expected 1 to {}", plugin.count,
                  plugin.structures == nullptr ? " at a null pointer" : "",
                  kMostStructures);
    }
  }

  std::string_view Text(const char* text, std::string_view field,
                        std::size_t longest, std::size_t number) const {
    const std::string_view view = text == nullptr ? "" : text;
    if (view.empty() || view.size() > longest || Printable(view) != view) {
      throw Wrong("structure {}: {} is {}, expected 1 to {} printable letters",
                  number, field, text == nullptr ? "null" : Quoted(view),
                  longest);
    }
    return view;
  }

  void CheckName(std::string_view name) const {
    constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyz0123456789-+.@";
    if (name.find_first_not_of(kLetters) != name.npos || name.front() == '-') {
      throw Wrong(
          "a structure has the name {}, expected letters out of a-z, 0-9 and "
          "-+.@, and no - in front",
          Quoted(name));
    }
    const auto has_name = [&](const Structure& each) {
      return each.traits.name == name;
    };
    if (IsTaken(name) || std::ranges::any_of(known_, has_name) ||
        std::ranges::any_of(structures_, has_name)) {
      throw Wrong("the name {} is taken; give the structure another", name);
    }
  }

  void CheckVariant(const Structure& structure) const {
    const std::string_view base = structure.traits.variant_of;
    const auto is_base = [&](const Structure& each) {
      return each.traits.name == base && base != structure.traits.name;
    };
    if (!base.empty() && std::ranges::none_of(known_, is_base) &&
        std::ranges::none_of(structures_, is_base)) {
      throw Wrong("{}: variant_of is {}, expected the name of a structure",
                  structure.traits.name, Quoted(base));
    }
  }

  Structure Check(const pfnbench_structure& its) const {
    const std::size_t number = structures_.size() + 1;
    const std::string_view name = Text(its.name, "name", kLongestName, number);
    CheckName(name);
    const bool is_missing = its.missing != nullptr;
    if (is_missing) Text(its.missing, "missing", kLongestReason, number);
    const auto require = [&](bool is_there, std::string_view function) {
      if (is_there || is_missing) return;
      throw Wrong("{} lacks the function {}()", name, function);
    };
    require(its.init, "init");
    require(its.destroy, "destroy");
    require(its.set, "set");
    require(its.clear, "clear");
    require(its.test, "test");
    require(its.next_range, "next_range");
    require(its.clear_range, "clear_range");
    const bool has_arrays = its.set_pages || its.clear_pages || its.test_pages;
    if (has_arrays) {
      require(its.set_pages, "set_pages");
      require(its.clear_pages, "clear_pages");
      require(its.test_pages, "test_pages");
    }
    if (!is_missing && (its.set_bytes == 0 || its.set_bytes > kMostSetBytes)) {
      throw Wrong("{}: set_bytes is {}, expected 1 to {}", name, its.set_bytes,
                  kMostSetBytes);
    }
    if (its.out_of_memory > PFNBENCH_ABORTS) {
      throw Wrong("{}: out_of_memory is {}, expected 0 or 1", name,
                  its.out_of_memory);
    }
    constexpr std::uint32_t kFlags =
        PFNBENCH_CLEAR_CAN_FAIL | PFNBENCH_DEFERS_WORK | PFNBENCH_OTHER_MEMORY;
    if ((its.flags & ~kFlags) != 0) {
      throw Wrong("{}: flags is {}, expected a sum out of 1, 2 and 4", name,
                  its.flags);
    }
    Structure structure{
        .traits = {.name = name,
                   .family = Text(its.family, "family", kLongestFamily, number),
                   .origin = Text(its.origin, "origin", kLongestOrigin, number),
                   .variant_of =
                       its.variant_of == nullptr ? "" : its.variant_of,
                   .clear_can_fail = (its.flags & PFNBENCH_CLEAR_CAN_FAIL) != 0,
                   .out_of_memory = its.out_of_memory == PFNBENCH_REPORTS
                                        ? OutOfMemory::kReports
                                        : OutOfMemory::kAborts,
                   .max_distance =
                       its.max_distance == 0 ? kMaxPfn : its.max_distance,
                   .accounts_memory = (its.flags & PFNBENCH_OTHER_MEMORY) == 0,
                   .defers_work = (its.flags & PFNBENCH_DEFERS_WORK) != 0},
        .library = "plugin",
        .inlined = {},
        .make = [&its](NowaitHeap& heap) -> std::unique_ptr<AnySet> {
          return std::make_unique<PluginSet>(its, heap);
        },
        // One call for each page, as others have it, and not one through
        // AnySet and another into the plugin.
        .outlined = [&its](NowaitHeap& heap) -> std::unique_ptr<MeasuredSet> {
          return std::make_unique<MeasuredLoops<PluginSet>>(its, heap);
        },
        .plugin = fs::path(file_).filename().string()};
    if (has_arrays) {
      structure.inlined =
          [&its](NowaitHeap& heap) -> std::unique_ptr<MeasuredSet> {
        return std::make_unique<PluginLoops>(its, heap);
      };
    }
    return structure;
  }

  const std::string& file_;
  const std::vector<Structure>& known_;
  std::vector<Structure> structures_;
};

}  // namespace

std::vector<Structure> LoadPlugin(const std::string& file,
                                  const std::vector<Structure>& known) {
  return Loader(file, known).Load();
}

}  // namespace pfn
