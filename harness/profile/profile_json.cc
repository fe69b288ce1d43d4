// SPDX-License-Identifier: MIT

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/profile/profile.h"

namespace pfn {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string Ns(double ns) { return fmt::format("{:.1f}", ns); }

std::string Json(const HeldBytes& held) {
  return fmt::format(
      R"({{"requested": {}, "rounded": {}, "slab": {}, "pow2": {}, "exact": {}}})",
      held.requested, held.rounded, held.slab, held.pow2, held.exact);
}

std::string Json(const PassEnd& end) {
  return fmt::format(
      R"({{"pass": {}, "pages": {}, "requested": {}, "rounded": {}, )"
      R"("slab": {}, "pow2": {}, "exact": {}}})",
      end.pass, end.pages, end.held.requested, end.held.rounded, end.held.slab,
      end.held.pow2, end.held.exact);
}

std::string Json(const CacheUsage& cache) {
  return fmt::format(
      R"({{"name": {}, "object": {}, "per_slab": {}, "order": {}, )"
      R"("slabs_peak": {}, "objects_peak": {}}})",
      Quoted(cache.name), cache.object_bytes, cache.geometry.objects,
      cache.geometry.order, cache.peak_slabs, cache.peak_objects);
}

std::string Json(const TimelinePoint& point) {
  return fmt::format("[{}, {}, {}]", point.pages, point.requested,
                     point.rounded);
}

std::string Json(const TimeBucket& bucket) {
  return fmt::format("[{}, {}, {}]", Ns(bucket.lower_ns), Ns(bucket.upper_ns),
                     bucket.count);
}

template <class Items, class ToText>
std::string List(const Items& items, ToText to_text) {
  std::vector<std::string> texts;
  for (const auto& item : items) {
    std::string text = to_text(item);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

// Collects "key": value lines of an object.
class Object {
 public:
  explicit Object(std::string_view indent) : indent_(indent) {}

  void Add(std::string_view key, const std::string& value) {
    lines_.push_back(fmt::format("{}  \"{}\": {}", indent_, key, value));
  }
  template <class Number>
  void AddNumber(std::string_view key, Number value) {
    Add(key, fmt::format("{}", value));
  }
  std::string inner_indent() const { return indent_ + "  "; }
  std::string Text() const {
    return fmt::format("{{\n{}\n{}}}", fmt::join(lines_, ",\n"), indent_);
  }

 private:
  std::string indent_;
  std::vector<std::string> lines_;
};

std::string Json(const MemoryProfile& memory, std::string_view indent) {
  const auto json = [](const auto& item) { return Json(item); };
  Object object(indent);
  object.AddNumber("cpus", memory.cpus);
  object.Add("pass_ends", List(memory.pass_ends, json));
  object.Add("peak", Json(memory.peak));
  object.Add("retained", Json(memory.retained));
  object.Add("caches", List(memory.caches, json));
  object.AddNumber("allocations", memory.allocations);
  object.AddNumber("frees", memory.frees);
  object.AddNumber("sets", memory.sets);
  object.AddNumber("largest_order", memory.largest_order);
  object.Add("timeline", List(memory.timeline, json));
  return object.Text();
}

std::string Json(const StepTimes& times, bool accounts_memory,
                 std::string_view indent) {
  Object object(indent);
  object.AddNumber("count", times.count);
  object.Add("p50", Ns(times.p50));
  object.Add("p90", Ns(times.p90));
  object.Add("p99", Ns(times.p99));
  object.Add("p99_9", Ns(times.p99_9));
  object.Add("max", Ns(times.max));
  object.Add("max_raw", Ns(times.max_raw));
  object.Add("histogram",
             List(times.histogram, [](const auto& b) { return Json(b); }));
  object.Add(
      "worst", List(times.worst, [&](const SlowStep& step) {
        if (!step.place) return std::string();
        return fmt::format(
            R"({{"position": {}, "pass": {}, "pfn": {}, "ns": {}{}}})",
            step.position, step.place->pass, step.place->pfn, Ns(step.ns),
            accounts_memory
                ? fmt::format(R"(, "allocations": {})", step.place->allocations)
                : "");
      }));
  return object.Text();
}

std::string Json(const TailProfile& tails, bool accounts_memory,
                 std::string_view indent) {
  Object object(indent);
  object.Add("overhead_ns", Ns(tails.overhead_ns));
  object.Add("cost_ns", Ns(tails.cost_ns));
  object.AddNumber("repetitions", tails.repetitions);
  object.AddNumber("passes", tails.passes);
  Object operations(object.inner_indent());
  for (std::size_t i = 0; i < tails.steps.size(); ++i) {
    if (tails.steps[i].count == 0) continue;
    operations.Add(kStepNames[i], Json(tails.steps[i], accounts_memory,
                                       operations.inner_indent()));
  }
  object.Add("operations", operations.Text());
  return object.Text();
}

}  // namespace

std::string ToJson(const Profile& profile, std::string_view indent) {
  Object object(indent);
  object.Add("workload", Quoted(profile.workload));
  object.Add("structure", Quoted(profile.structure));
  object.Add("condition", Quoted(profile.condition));
  if (!profile.error.empty()) object.Add("error", Quoted(profile.error));
  if (profile.memory) {
    object.Add("memory", Json(*profile.memory, object.inner_indent()));
  }
  if (profile.tails) {
    object.Add("tails", Json(*profile.tails, profile.accounts_memory,
                             object.inner_indent()));
  }
  return object.Text();
}

}  // namespace pfn
