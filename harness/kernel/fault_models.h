// SPDX-License-Identifier: MIT
//
// The fault models that are not page models: the kernel's hooks alone, the n-th
// request, a budget of memory, and the two ways to put a page model behind the
// heap: at every request, or where slab caches ask for pages.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "harness/kernel/fault_attr.h"
#include "harness/kernel/fault_model.h"
#include "harness/kernel/kernel_hooks.h"
#include "harness/kernel/page_model.h"

namespace pfn {

class Failslab final : public FaultModel {
 public:
  explicit Failslab(const FailslabHook& hook) : hook_(hook) {}

  bool FailObject(std::size_t object_bytes, Gfp gfp) override {
    return hook_.ShouldFail(object_bytes, gfp);
  }
  bool FailPages(unsigned, PageUser, Gfp) override { return false; }

 private:
  FailslabHook hook_;
};

class FailPageAlloc final : public FaultModel {
 public:
  explicit FailPageAlloc(const FailPageAllocHook& hook) : hook_(hook) {}

  bool FailObject(std::size_t, Gfp) override { return false; }
  bool FailPages(unsigned order, PageUser, Gfp gfp) override {
    return hook_.ShouldFail(order, gfp);
  }
  bool FailOperation() override { return hook_.ShouldFail(0, Gfp::kNowait); }

 private:
  FailPageAllocHook hook_;
};

// The n-th request of a structure fails, once or with all that follow: slab
// objects and page blocks, not the pages that a slab cache asks for on its own.
class FailNth final : public FaultModel {
 public:
  FailNth(std::uint64_t n, bool is_persistent)
      : attr_({}, 0), is_persistent_(is_persistent) {
    attr_.set_fail_nth(n);
  }

  bool FailObject(std::size_t object_bytes, Gfp gfp) override {
    return !MaySleep(gfp) && Fail(object_bytes);
  }
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override {
    return user == PageUser::kCaller && !MaySleep(gfp) &&
           Fail(std::size_t{1} << order);
  }

 private:
  bool Fail(std::size_t size) {
    if (attr_.fail_nth() == 0) return is_persistent_;
    return attr_.ShouldFail(size);
  }

  FaultAttr attr_;
  bool is_persistent_;
};

// Requests that would take the memory in use beyond a limit fail: slab objects
// with their size, page requests with their pages.
class ByteBudget final : public FaultModel {
 public:
  explicit ByteBudget(std::uint64_t bytes) : bytes_(bytes) {}

  bool FailObject(std::size_t object_bytes, Gfp gfp) override {
    return !MaySleep(gfp) && IsBeyond(object_bytes);
  }
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override {
    // The objects of a slab count, not its pages.
    return user == PageUser::kCaller && !MaySleep(gfp) &&
           IsBeyond(kBytesOfAPage << order);
  }
  void WatchMemory(const std::uint64_t* live_bytes) override {
    live_bytes_ = live_bytes;
  }

 private:
  static constexpr std::size_t kBytesOfAPage = 4096;

  bool IsBeyond(std::size_t bytes) const {
    return (live_bytes_ == nullptr ? 0 : *live_bytes_) + bytes > bytes_;
  }

  std::uint64_t bytes_;
  const std::uint64_t* live_bytes_ = nullptr;
};

// A page model that decides about every slab object as if it were a page, and
// about every block: harder than anything a kernel does, because no slab cache
// stands between.
class EveryRequest final : public FaultModel {
 public:
  explicit EveryRequest(std::unique_ptr<PageModel> model)
      : model_(std::move(model)) {}

  bool FailObject(std::size_t, Gfp gfp) override {
    return !MaySleep(gfp) && model_->Fail(0);
  }
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override {
    return user == PageUser::kCaller && !MaySleep(gfp) && model_->Fail(order);
  }
  void NoteOtherPages(std::int64_t taken) override {
    model_->NoteOtherPages(taken);
  }

 private:
  std::unique_ptr<PageModel> model_;
};

// Object, failslab, slab cache, page request, fail_page_alloc, page model: the
// way of a request in the kernel. A page model fails where a slab is used up
// and at every attempt thereafter, so failures are bursts at slab boundaries.
class SlabBoundary final : public FaultModel {
 public:
  SlabBoundary(std::optional<FailslabHook> failslab,
               std::optional<FailPageAllocHook> fail_page_alloc,
               std::unique_ptr<PageModel> model)  // null: none
      : failslab_(std::move(failslab)),
        fail_page_alloc_(std::move(fail_page_alloc)),
        model_(std::move(model)) {}

  bool FailObject(std::size_t object_bytes, Gfp gfp) override {
    return failslab_ && failslab_->ShouldFail(object_bytes, gfp);
  }
  bool FailPages(unsigned order, PageUser, Gfp gfp) override {
    if (fail_page_alloc_ && fail_page_alloc_->ShouldFail(order, gfp)) {
      return true;
    }
    return model_ != nullptr && !MaySleep(gfp) && model_->Fail(order);
  }
  void NoteOtherPages(std::int64_t taken) override {
    if (model_ != nullptr) model_->NoteOtherPages(taken);
  }

 private:
  std::optional<FailslabHook> failslab_;
  std::optional<FailPageAllocHook> fail_page_alloc_;
  std::unique_ptr<PageModel> model_;
};

}  // namespace pfn
