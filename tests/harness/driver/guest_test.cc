// SPDX-License-Identifier: MIT
//
// How a recording is read: what its arrays say of the guest.

#include "harness/driver/guest.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/harness/driver/testing.h"

namespace pfn::testing {
namespace {

using Kind = Guest::Item::Kind;

// Takes `count` pages; anything else is a failure.
std::vector<Pfn> Take(Guest& guest, std::size_t count) {
  std::vector<Pfn> pages;
  while (pages.size() < count) {
    const Guest::Item item = guest.Allocate();
    if (item.kind != Kind::kPage) {
      ADD_FAILURE() << "not a page after " << pages.size();
      break;
    }
    pages.push_back(item.page);
  }
  return pages;
}

// The same from the first target on.
std::vector<Pfn> Start(Guest& guest, std::size_t count) {
  EXPECT_EQ(guest.NextEvent().kind, Kind::kTarget);
  return Take(guest, count);
}

// Four pages, of which two are deflated and inflated again.
Trace TwoComeBack() {
  Trace trace = Inflation({1, 2, 3, 4});
  AppendDeflation(trace, {4, 3});
  AppendInflation(trace, {3, 4});
  return trace;
}

TEST(Guest, HandsPagesOutInTheOrderThatTheArraysReverse) {
  std::vector<Pfn> order = Pages(1000, 300);
  order[17] = 5;
  order[290] = 6;
  const Trace trace = Inflation(order);
  EXPECT_EQ(trace.runs().front().first, 1255) << "the array begins at its end";
  RecordedGuest guest(trace);
  EXPECT_EQ(guest.NextEvent().target, 300);
  EXPECT_EQ(Take(guest, 300), order);
  EXPECT_EQ(guest.Allocate().kind, Kind::kEnd);
}

TEST(Guest, ADeflateArrayThatTheTargetDoesNotAskForIsAnOomCall) {
  Trace trace;
  trace.AppendTarget(512);
  AppendInflation(trace, Pages(0, 256));
  AppendDeflation(trace, {255, 254});
  AppendInflation(trace, Pages(256, 256));
  trace.AppendTarget(100);
  AppendDeflation(trace, {511, 510, 509});
  trace.AppendTarget(600);
  RecordedGuest guest(trace);
  Start(guest, 256);
  EXPECT_EQ(guest.Allocate().kind, Kind::kOom);
  Take(guest, 256);
  EXPECT_EQ(guest.NextEvent().target, 100);
  EXPECT_EQ(guest.NextEvent().target, 600) << "deflated by the driver itself";
  EXPECT_EQ(guest.NextEvent().kind, Kind::kEnd);
}

TEST(Guest, AnArrayShorterThanWantedIsAFailedAllocation) {
  Trace trace;
  trace.AppendTarget(600);
  AppendInflation(trace, Pages(0, 256));
  AppendInflation(trace, Pages(256, 100));
  AppendInflation(trace, Pages(400, 244));
  RecordedGuest guest(trace);
  Start(guest, 356);
  EXPECT_EQ(guest.Allocate().kind, Kind::kFailure);
  Take(guest, 244);
  EXPECT_EQ(guest.Allocate().kind, Kind::kEnd) << "the target is reached";
}

TEST(Guest, APageInflatedAndOneDeflatedAtOnceIsAMigration) {
  Trace trace = Inflation(Pages(0, 256));
  AppendInflation(trace, {900});
  AppendDeflation(trace, {17});
  RecordedGuest guest(trace);
  Start(guest, 256);
  const Guest::Item item = guest.Allocate();
  EXPECT_EQ(item.kind, Kind::kMigration);
  EXPECT_EQ(item.page, 900);
  EXPECT_EQ(item.old_page, 17);
}

TEST(Guest, ATargetStaysUntilItIsTaken) {
  const Trace trace = Inflation(Pages(0, 10), 3);
  RecordedGuest guest(trace);
  Start(guest, 10);
  EXPECT_EQ(guest.Allocate().kind, Kind::kTarget);
  EXPECT_EQ(guest.Allocate().kind, Kind::kTarget);
  EXPECT_EQ(guest.NextEvent().target, 3);
  EXPECT_EQ(guest.Allocate().kind, Kind::kEnd);
}

TEST(Guest, PagesThatNobodyAsksForAreLeftOut) {
  const Trace trace = Inflation(Pages(0, 10), 0);
  RecordedGuest guest(trace);
  Start(guest, 4);
  EXPECT_EQ(guest.NextEvent().kind, Kind::kTarget);
  EXPECT_EQ(guest.left_out(), 6);
}

TEST(Guest, WhatCouldNotBeRecordedIsAllocatedNextLastFreedFirst) {
  const Trace trace = Inflation(Pages(0, 10));
  RecordedGuest guest(trace);
  Start(guest, 5);
  guest.FreeUnrecorded(1);
  guest.FreeUnrecorded(3);
  EXPECT_FALSE(guest.held().Contains(3));
  EXPECT_EQ(Take(guest, 4), (std::vector<Pfn>{3, 1, 5, 6}));
  EXPECT_TRUE(guest.held().Contains(3));
}

TEST(Guest, APageThatTheDriverHoldsIsReplacedByTheOneReleasedLast) {
  const Trace trace = TwoComeBack();  // as the recorded driver gave back
  RecordedGuest guest(trace);
  Start(guest, 4);
  EXPECT_EQ(guest.Allocate().kind, Kind::kOom);
  guest.Release(1);  // and what another one does
  guest.Release(2);
  EXPECT_EQ(Take(guest, 2), (std::vector<Pfn>{2, 1}));
  EXPECT_EQ(guest.replaced(), 2);
  EXPECT_EQ(guest.left_out(), 0);
}

TEST(Guest, APageThatWasNotGivenBackHereIsNotHandedOutAgain) {
  const Trace trace = TwoComeBack();
  RecordedGuest guest(trace);
  Start(guest, 4);
  EXPECT_EQ(guest.Allocate().kind, Kind::kOom);
  EXPECT_EQ(guest.Allocate().kind, Kind::kEnd) << "the call found nothing";
  EXPECT_EQ(guest.left_out(), 2);
}

}  // namespace
}  // namespace pfn::testing
