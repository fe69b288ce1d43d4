// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include "harness/profile/profile.h"
#include "workloads/base/json.h"

namespace pfn {
namespace {

// Clocks tell no more than a tenth of a ns.
std::string Ns(double ns) {
  const std::string text = fmt::format("{:.1f}", ns);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

JsonObject& Add(JsonObject& object, const HeldBytes& held) {
  return object.Add("requested", held.requested)
      .Add("rounded", held.rounded)
      .Add("slab", held.slab)
      .Add("pow2", held.pow2)
      .Add("exact", held.exact);
}

std::string Json(const HeldBytes& held) {
  JsonObject object;
  return Add(object, held).Text();
}

std::string Json(const PassEnd& end) {
  JsonObject object;
  object.Add("pass", end.pass).Add("pages", end.pages);
  return Add(object, end.held).Text();
}

std::string Json(const CacheUsage& cache) {
  return JsonObject()
      .Add("name", cache.name)
      .Add("object", cache.object_bytes)
      .Add("per_slab", cache.geometry.objects)
      .Add("order", cache.geometry.order)
      .Add("slabs_peak", cache.peak_slabs)
      .Add("objects_peak", cache.peak_objects)
      .Text();
}

std::string Json(const TimelinePoint& point) {
  return fmt::format("[{},{},{}]", point.pages, point.requested, point.rounded);
}

std::string Json(const TimeBucket& bucket) {
  return fmt::format("[{},{},{}]", Ns(bucket.lower_ns), Ns(bucket.upper_ns),
                     bucket.count);
}

std::string Json(const SlowStep& step, bool accounts_memory) {
  if (!step.place) return "";
  JsonObject object;
  object.Add("position", step.position)
      .Add("pass", step.place->pass)
      .Add("pfn", step.place->pfn)
      .AddJson("ns", Ns(step.ns));
  if (accounts_memory) object.Add("allocations", step.place->allocations);
  return object.Text();
}

template <class Items>
std::string List(const Items& items) {
  return JsonList(items, [](const auto& item) { return Json(item); });
}

std::string Json(const MemoryProfile& memory) {
  return JsonObject()
      .Add("cpus", memory.cpus)
      .AddJson("pass_ends", List(memory.pass_ends))
      .AddJson("peak", Json(memory.peak))
      .AddJson("retained", Json(memory.retained))
      .AddJson("caches", List(memory.caches))
      .Add("allocations", memory.allocations)
      .Add("frees", memory.frees)
      .Add("sets", memory.sets)
      .Add("largest_order", memory.largest_order)
      .AddJson("timeline", List(memory.timeline))
      .Text();
}

std::string Json(const StepTimes& times, bool accounts_memory) {
  return JsonObject()
      .Add("count", times.count)
      .AddJson("p50", Ns(times.p50))
      .AddJson("p90", Ns(times.p90))
      .AddJson("p99", Ns(times.p99))
      .AddJson("p99_9", Ns(times.p99_9))
      .AddJson("max", Ns(times.max))
      .AddJson("max_raw", Ns(times.max_raw))
      .AddJson("histogram", List(times.histogram))
      .AddJson("worst", JsonList(times.worst,
                                 [&](const SlowStep& step) {
                                   return Json(step, accounts_memory);
                                 }))
      .Text();
}

std::string Json(const TailProfile& tails, bool accounts_memory) {
  JsonObject operations;
  for (std::size_t i = 0; i < tails.steps.size(); ++i) {
    if (tails.steps[i].count == 0) continue;
    operations.AddJson(kStepNames[i], Json(tails.steps[i], accounts_memory));
  }
  return JsonObject()
      .AddJson("overhead_ns", Ns(tails.overhead_ns))
      .AddJson("cost_ns", Ns(tails.cost_ns))
      .Add("repetitions", tails.repetitions)
      .Add("passes", tails.passes)
      .AddJson("operations", operations.Text())
      .Text();
}

}  // namespace

std::string ToJson(const Profile& profile) {
  JsonObject object;
  object.Add("workload", profile.workload).Add("structure", profile.structure);
  if (!profile.conditions.empty()) {
    object.AddJson("conditions", profile.conditions);
  }
  if (!profile.error.empty()) object.Add("error", profile.error);
  if (profile.memory) object.AddJson("memory", Json(*profile.memory));
  if (profile.tails) {
    object.AddJson("tails", Json(*profile.tails, profile.accounts_memory));
  }
  return object.Text();
}

}  // namespace pfn
