// SPDX-License-Identifier: MIT
//
// Properties of random traces: what is written is read back, and runs are the
// pages that were appended.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/trace/trace.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn::testing {
namespace {

// Few pages close together meet, turn and repeat often; the others are far.
rc::Gen<Pfn> AnyPfn() {
  return rc::gen::oneOf(rc::gen::inRange<Pfn>(0, 12),
                        rc::gen::inRange<Pfn>(kPfnLimit - 12, kPfnLimit),
                        rc::gen::inRange<Pfn>(0, kPfnLimit));
}

rc::Gen<PfnRun> AnyRun() {
  return rc::gen::map(
      rc::gen::pair(AnyPfn(), rc::gen::inRange<std::int64_t>(-9, 9)),
      [](std::pair<Pfn, std::int64_t> pair) {
        auto [first, length] = pair;
        if (length == 0) length = 1;
        if (length < 0 && first < 9) length = -length;
        if (length > 0 && first > kPfnLimit - 9) length = -length;
        return PfnRun{first, length};
      });
}

rc::Gen<std::string> AnyText() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(
          rc::gen::element<std::string>("a", "Z", ": ", "é", "\"", "0", "#",
                                        "\xf0\x9f\x8e\x88")),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        // Brackets, because a blank at an end is refused.
        return text.empty() ? text : "<" + text + ">";
      });
}

Trace AnyTrace() {
  Trace trace;
  trace.provenance.page_size_bytes = std::uint64_t{4096}
                                     << *rc::gen::inRange(0, 10);
  trace.provenance.guest_memory_bytes = *rc::gen::arbitrary<std::uint64_t>();
  trace.provenance.kernel = *AnyText();
  trace.provenance.source = *AnyText();
  const int events = *rc::gen::inRange(0, 30);
  for (int i = 0; i < events; ++i) {
    const int kind = *rc::gen::inRange(0, 5);
    if (kind == 0) {
      trace.AppendTarget(*rc::gen::inRange<std::uint64_t>(0, kPfnLimit));
      continue;
    }
    trace.AppendArray(kind < 3 ? Direction::kInflate : Direction::kDeflate,
                      *rc::gen::container<std::vector<PfnRun>>(AnyRun()));
  }
  return trace;
}

RC_GTEST_PROP(RoundTrip, GivesTheTraceBack, ()) {
  const Trace trace = AnyTrace();
  const std::string text = EncodeTrace(trace);
  const Trace read = ParseTrace(text, "f");
  RC_ASSERT(read == trace);
  RC_ASSERT(EncodeTrace(read) == text);
  RC_ASSERT(TraceId(read) == TraceId(trace));
}

RC_GTEST_PROP(Runs, ArePagesInTheOrderOfTheirAppending, ()) {
  const auto pages = *rc::gen::container<std::vector<Pfn>>(AnyPfn());
  const Trace trace = InflationOf(pages);
  RC_ASSERT(PagesOf(trace.runs()) == pages);
  RC_ASSERT(trace.pages_inflated() == pages.size());
}

RC_GTEST_PROP(Runs, AreTheSameWhetherAppendedAsRunsOrAsPages, ()) {
  const auto runs = *rc::gen::container<std::vector<PfnRun>>(AnyRun());
  Trace by_run;
  Trace by_page;
  by_run.AppendArray(Direction::kDeflate, runs);
  AppendPages(by_page, Direction::kDeflate, PagesOf(runs));
  RC_ASSERT(by_run == by_page);
}

RC_GTEST_PROP(Passes, CoverAllRunsInOrder, ()) {
  const Trace trace = AnyTrace();
  std::uint64_t next_run = 0;
  std::uint64_t pages = 0;
  for (const Pass& pass : trace.Passes()) {
    RC_ASSERT(pass.first_run == next_run);
    RC_ASSERT(pass.pages == PagesOf(trace.runs_of(pass)).size());
    next_run = pass.end_run;
    pages += pass.pages;
  }
  RC_ASSERT(next_run == trace.runs().size());
  RC_ASSERT(pages == trace.pages_inflated() + trace.pages_deflated());
}

RC_GTEST_PROP(Membership, IsThatOfASetOfPages, ()) {
  const Trace trace = AnyTrace();
  std::set<Pfn> ballooned;
  Membership expected;
  for (const TraceEvent& event : trace.events()) {
    for (const Pfn pfn : PagesOf(trace.runs_of(event))) {
      if (event.kind == TraceEvent::Kind::kInflate) {
        if (!ballooned.insert(pfn).second) ++expected.inflated_twice;
      } else if (ballooned.erase(pfn) == 0) {
        ++expected.deflated_absent;
      }
    }
  }
  const Membership membership = CheckMembership(trace);
  RC_ASSERT(membership.inflated_twice == expected.inflated_twice);
  RC_ASSERT(membership.deflated_absent == expected.deflated_absent);
}

}  // namespace
}  // namespace pfn::testing
