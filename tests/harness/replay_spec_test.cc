// SPDX-License-Identifier: MIT
//
// What --policy, --host, --driver and --costs take, and how they refuse the
// rest.

#include "harness/driver/replay_spec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/driver/costs.h"
#include "tests/workloads/testing.h"

namespace pfn {
namespace {

using testing::ErrorOf;
using testing::Has;

TEST(PolicySpecs, EveryNameIsReadAndGivenBack) {
  const std::vector<std::string> names = {
      "free", "single", "array", "array-rest", "reserve:65536", "nowait-pages"};
  const std::vector<PolicySpec> policies = ParsePolicies(names);
  ASSERT_EQ(policies.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(policies[i].ToString(), names[i]);
  }
  EXPECT_EQ(ParsePolicies({"reserve:64K"})[0].reserve_bytes, 65536);
}

TEST(PolicySpecs, WhatCannotBeUsedIsRefusedWithTheLegalNames) {
  for (const char* name : {"fre", "", "free:1", "reserve", "arrays"}) {
    EXPECT_TRUE(Has(ErrorOf([&] { ParsePolicies({name}); }),
                    "free, single, array, array-rest, reserve:BYTES, "
                    "nowait-pages"))
        << name;
  }
  for (const char* name : {"reserve:", "reserve:0", "reserve:-1", "reserve:x",
                           "reserve:99999999999999999999", "reserve:K"}) {
    EXPECT_TRUE(
        Has(ErrorOf([&] { ParsePolicies({name}); }), "such as reserve:64K"))
        << name;
  }
  EXPECT_EQ(ErrorOf([] {
              ParsePolicies({"reserve:1K", "reserve:1024"});
            }),
            "policy 'reserve:1024' is given twice");
}

TEST(PolicySpecs, TheListHasAFormThatIsReadAndWords) {
  for (const PolicyInfo& policy : Policies()) {
    std::string form(policy.form);
    const std::size_t bytes = form.find("BYTES");
    if (bytes != form.npos) form.replace(bytes, 5, "64k");
    EXPECT_EQ(ParsePolicies({form})[0].policy, policy.policy);
    EXPECT_NE(policy.what, "");
  }
}

TEST(PolicySpecs, TheNearestNameIsSaid) {
  EXPECT_EQ(ErrorOf([] { ParsePolicies({"sinlge"}); }),
            "--policy: unknown 'sinlge'; did you mean single? (known: free, "
            "single, array, array-rest, reserve:BYTES, nowait-pages)");
}

TEST(HostSpecs, AreModelOrRealWithASize) {
  EXPECT_FALSE(ParseHost("model").is_real);
  EXPECT_TRUE(ParseHost("real").is_real);
  EXPECT_EQ(ParseHost("real").bytes, 0);
  EXPECT_EQ(ParseHost("real:2G").bytes, std::uint64_t{2} << 30);
  for (const char* text : {"", "Real", "real:", "real:4096", "model:1G"}) {
    EXPECT_TRUE(Has(ErrorOf([&] { ParseHost(text); }), "real:SIZE")) << text;
  }
  EXPECT_GT(ComfortableHostBytes(), 1 << 20);
}

TEST(DriverKeys, AreReadAndGivenBackInTheOrderOfTheTable) {
  EXPECT_EQ(DriverToString(ParseDriver("")), "");
  const std::string all =
      "walk:posted,wait:one,release:posted,order:posted,oom-path:array,"
      "ring:64,completion:1,clip:4096,oom-pages:1,stall:3,block-order:9,"
      "sleep-ms:1000";
  EXPECT_EQ(DriverToString(ParseDriver(all)), all);
  EXPECT_EQ(DriverToString(ParseDriver("ring:64,walk:posted")),
            "walk:posted,ring:64");
  EXPECT_EQ(DriverToString(ParseDriver("clip:none,completion:all,wait:all")),
            "")
      << "the defaults";
  const DriverOptions options = ParseDriver("walk:posted,sleep-ms:60000");
  EXPECT_EQ(options.walk, Defect::kPosted);
  EXPECT_EQ(options.sleep, 60'000 * kPicosecondsPerMs);
}

TEST(DriverKeys, TheListHasTheDefaultsAndWords) {
  for (const DriverKeyInfo& key : DriverKeys()) {
    EXPECT_EQ(
        DriverToString(ParseDriver(std::string(key.name) + ":" + key.initial)),
        "");
    EXPECT_NE(key.what, "");
    EXPECT_NE(key.values, "");
  }
}

TEST(DriverKeys, WhatCannotBeUsedIsRefused) {
  EXPECT_TRUE(Has(ErrorOf([] { ParseDriver("wlak:posted"); }), "known: walk"));
  EXPECT_EQ(ErrorOf([] { ParseDriver("walk:broken"); }),
            "--driver: walk cannot be 'broken': fixed, posted");
  EXPECT_EQ(ErrorOf([] { ParseDriver("walk:1"); }),
            "--driver: walk cannot be '1': fixed, posted");
  EXPECT_EQ(ErrorOf([] { ParseDriver("ring:1"); }),
            "--driver: ring cannot be '1': a whole number from 2 to 32768");
  EXPECT_EQ(ErrorOf([] { ParseDriver("walk:postde"); }),
            "--driver: walk cannot be 'postde'; did you mean posted?: fixed, "
            "posted");
  EXPECT_TRUE(Has(ErrorOf([] { ParseDriver("wlak:posted"); }),
                  "unknown key 'wlak'; did you mean walk?"));
  EXPECT_TRUE(Has(ErrorOf([] { ParseDriver("clip:-1"); }), "or none"));
  EXPECT_EQ(ErrorOf([] { ParseDriver("wait"); }),
            "--driver: wait has no value: one, all");
  EXPECT_EQ(ErrorOf([] { ParseDriver("ring:64,ring:64"); }),
            "--driver: ring is given twice");
}

TEST(Costs, AreThoseOfASetAndOfTheFlagsThatChangeIt) {
  EXPECT_EQ(ParseCosts("2016", {}), PostedCosts());
  EXPECT_EQ(ParseCosts("measured", {}), MeasuredCosts());
  const CostTable costs =
      ParseCosts("2016", {{"kick", "5000"}, {"madvise-page", "16.7"}});
  EXPECT_EQ(costs.round_trip, 5000 * kPicosecondsPerNs);
  EXPECT_EQ(costs.madvise_page, 16'700);
  EXPECT_EQ(costs.translate, PostedCosts().translate);
  EXPECT_EQ(ParseCosts("2016", {{"record", "13"}}).record_page, 13'000);
  EXPECT_EQ(ParseCosts("2016", {{"record", "own"}}).record_page, kOwnTime);
}

TEST(Costs, EachHasAFlagThatTakesItsLeastAndItsMost) {
  for (const CostFlag& flag : CostFlags()) {
    const std::string name(flag.name);
    EXPECT_EQ(ParseCosts("2016", {{name, "0"}}).*flag.cost, 0) << name;
    EXPECT_EQ(
        ParseCosts("2016", {{name, std::to_string(flag.most_ns)}}).*flag.cost,
        flag.most_ns * kPicosecondsPerNs)
        << name;
    EXPECT_TRUE(
        Has(ErrorOf([&] {
              ParseCosts("2016", {{name, std::to_string(flag.most_ns + 1)}});
            }),
            "--list-costs"))
        << name;
    EXPECT_NE(flag.what, "");
  }
}

TEST(Costs, WhatCannotBeUsedIsRefused) {
  for (const char* text : {"", "-1", "x", "5us", "nan", "inf", "1e3", "own"}) {
    EXPECT_TRUE(Has(ErrorOf([&] {
                      ParseCosts("2016", {{"kick", text}});
                    }),
                    "--kick-ns cannot be"))
        << text;
  }
  EXPECT_EQ(ErrorOf([] { ParseCosts("2106", {}); }),
            "--costs: unknown set '2106'; did you mean 2016? (known: 2016, "
            "measured)");
}

TEST(Costs, AreSaidInOneLineThatMarksThoseThatWereGiven) {
  const std::string usual = CostsToString("2016", PostedCosts());
  EXPECT_TRUE(Has(usual, "2016: ns allocate 146.15"));
  EXPECT_TRUE(Has(usual, ", record own, kick 393"));
  EXPECT_FALSE(Has(usual, "given"));
  EXPECT_TRUE(Has(CostsToString("2016", ParseCosts("2016", {{"kick", "5000"}})),
                  ", kick 5000 (given), sort 10.5,"));
}

}  // namespace
}  // namespace pfn
