// SPDX-License-Identifier: MIT
//
// What may stand behind --fault=, what is refused and how, and that every
// specification prints as a text that gives it again.

#include "harness/kernel/fault_spec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "harness/kernel/fault_table.h"
#include "tests/workloads/testing.h"

namespace pfn {
namespace {

struct Attributes {
  double probability;
  std::int64_t interval;
  std::int64_t times;
  std::int64_t space;
};

FaultSpec Failslab(const Attributes& attributes) {
  return {.kind = FaultSpec::Kind::kFailslab,
          .values = {{.rate = attributes.probability},
                     {.whole = attributes.interval},
                     {.whole = attributes.times},
                     {.whole = attributes.space}}};
}

std::string ErrorOf(const std::string& text) {
  SCOPED_TRACE(text);
  return testing::ErrorOf([&] { ParseFaultSpecs(text); });
}

// Texts, and what is said of each behind "fault: ".
void ExpectErrors(
    std::initializer_list<std::pair<std::string, std::string>> errors) {
  for (const auto& [text, error] : errors) {
    EXPECT_EQ(ErrorOf(text), "fault: " + error);
  }
}

TEST(FaultSpec, NoneIsNoFault) {
  EXPECT_EQ(ParseFaultSpec("none"), FaultSpec{});
  EXPECT_EQ(ParseFaultSpec("none").MakeModel(1), nullptr);
}

TEST(FaultSpec, UnnamedAttributesHaveTheirInitialValues) {
  EXPECT_EQ(
      ParseFaultSpec("failslab:probability=7"),
      Failslab({.probability = 7, .interval = 1, .times = -1, .space = 0}));
}

TEST(FaultSpec, TakesEveryAttributeInAnyOrder) {
  const FaultSpec spec =
      Failslab({.probability = 100, .interval = 2, .times = 3, .space = 4096});
  EXPECT_EQ(
      ParseFaultSpec("failslab:probability=100,interval=2,times=3,space=4096"),
      spec);
  EXPECT_EQ(
      ParseFaultSpec("failslab:space=4096,times=3,interval=2,probability=100"),
      spec);
}

TEST(FaultSpec, ProbabilitiesMayHaveFractionsOfAPercent) {
  for (const std::string text :
       {"failslab:probability=0.1", "fail_page_alloc:probability=12.25"}) {
    EXPECT_EQ(ParseFaultSpec(text).ToString(), text);
  }
  EXPECT_EQ(ParseFaultSpec("failslab=1,0.5,0,-1"),
            ParseFaultSpec("failslab:probability=0.5"));
  EXPECT_EQ(ParseFaultSpec("failslab:probability=10.0").ToString(),
            "failslab:probability=10");
}

TEST(FaultSpec, WholeNumbersMayHaveSuffixes) {
  EXPECT_EQ(ParseFaultSpec("budget:10K"), ParseFaultSpec("budget:10240"));
  EXPECT_EQ(ParseFaultSpec("budget:2MiB").ToString(), "budget:2097152");
  EXPECT_EQ(ParseFaultSpec("failslab:probability=1,space=4K,interval=1k"),
            ParseFaultSpec("failslab:probability=1,space=4096,interval=1024"));
}

TEST(FaultSpec, EveryModelHasAnExampleThatCanBeUsed) {
  for (const FaultModelInfo& model : FaultModels()) {
    const FaultSpec spec = ParseFaultSpec(model.example);
    EXPECT_EQ(spec.kind, model.kind);
    EXPECT_NE(spec.MakeModel(1), nullptr);
  }
}

TEST(FaultSpec, TakesTheBootForm) {
  EXPECT_EQ(
      ParseFaultSpec("failslab=2,100,4096,3"),
      Failslab({.probability = 100, .interval = 2, .times = 3, .space = 4096}));
  EXPECT_EQ(ParseFaultSpec("failslab=1,10,0,-1"),
            ParseFaultSpec("failslab:probability=10"));
}

TEST(FaultSpec, TakesTheNthRequest) {
  const FaultSpec spec = ParseFaultSpec("nth:12");
  EXPECT_EQ(spec.kind, FaultSpec::Kind::kNth);
  EXPECT_EQ(spec.Whole("nth"), 12);
  EXPECT_EQ(spec.Whole("persistent"), 0);
  EXPECT_EQ(ParseFaultSpec("nth:12,persistent").Whole("persistent"), 1);
}

TEST(FaultSpec, PagesHaveAMinOrderOfOneUnlessGiven) {
  EXPECT_EQ(ParseFaultSpec("fail_page_alloc:probability=5").Whole("min-order"),
            1);
  EXPECT_EQ(ParseFaultSpec("fail_page_alloc=1,5,0,-1"),
            ParseFaultSpec("fail_page_alloc:probability=5"));
  EXPECT_EQ(ParseFaultSpec("fail_page_alloc:probability=5,min-order=0")
                .Whole("min-order"),
            0);
}

TEST(FaultSpec, PresetsAreGilbertElliott) {
  EXPECT_EQ(ParseFaultSpec("ge_light"),
            ParseFaultSpec("gilbert_elliott:loss=0.001,burst=8"));
  EXPECT_EQ(ParseFaultSpec("ge_burst"),
            ParseFaultSpec("gilbert_elliott:burst=63,loss=0.01"));
  EXPECT_EQ(ParseFaultSpec("ge_heavy"),
            ParseFaultSpec("gilbert_elliott:loss=0.1,burst=252"));
  EXPECT_EQ(ParseFaultSpec("gilbert_elliott:loss=0.01,burst=63").ToString(),
            "ge_burst");
}

TEST(FaultSpec, SlabBoundaryHasAPageModelAndHooks) {
  EXPECT_EQ(ParseFaultSpec("slab_boundary"),
            ParseFaultSpec("slab_boundary:ge_burst"));
  EXPECT_EQ(ParseFaultSpec("slab_boundary:zone_wmark:demand=3,step=9").parts,
            std::vector{ParseFaultSpec("zone_wmark:demand=3,step=9")});
  const FaultSpec all = ParseFaultSpec(
      "slab_boundary:fail_page_alloc=1,3,0,-1+failslab:probability=2+nolock");
  EXPECT_EQ(all.ToString(),
            "slab_boundary:nolock+failslab:probability=2+"
            "fail_page_alloc:probability=3");
  EXPECT_EQ(ParseFaultSpec("slab_boundary:failslab:probability=2").ToString(),
            "slab_boundary:ge_burst+failslab:probability=2");
  EXPECT_EQ(
      ParseFaultSpec("slab_boundary:none+failslab:probability=2").ToString(),
      "slab_boundary:none+failslab:probability=2");
}

TEST(FaultSpec, TakesTheEndsOfEveryRange) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(
      ParseFaultSpec("failslab:probability=0,interval=0,times=0,space=0"),
      Failslab({.probability = 0, .interval = 0, .times = 0, .space = 0}));
  EXPECT_EQ(
      ParseFaultSpec("failslab:probability=100,interval=9223372036854775807,"
                     "times=9223372036854775807,space=9223372036854775807"),
      Failslab({.probability = 100,
                .interval = kMost,
                .times = kMost,
                .space = kMost}));
  EXPECT_EQ(ParseFaultSpec("nth:9223372036854775807").Whole("nth"), kMost);
}

TEST(FaultSpec, TakesSeveralInOrder) {
  const auto specs =
      ParseFaultSpecs("none;failslab:probability=1;nth:3;failslab=1,2,3,4");
  ASSERT_EQ(specs.size(), 4);
  EXPECT_EQ(specs[0].ToString(), "none");
  EXPECT_EQ(specs[1].ToString(), "failslab:probability=1");
  EXPECT_EQ(specs[2].ToString(), "nth:3");
  EXPECT_EQ(specs[3].ToString(), "failslab:probability=2,times=4,space=3");
}

TEST(FaultSpec, ToStringIsTheShortestTextThatParsesBack) {
  for (const char* text :
       {"none",
        "nth:1",
        "nth:9223372036854775807",
        "failslab:probability=0",
        "failslab:probability=1,interval=0",
        "failslab:probability=1,times=0",
        "failslab:probability=1,space=5",
        "failslab:probability=100,interval=2,times=3,space=4",
        "fail_page_alloc:probability=9,min-order=0",
        "nth:7,persistent",
        "budget:65536",
        "gilbert_elliott:loss=0.5",
        "gilbert_elliott:loss=0.25,burst=1.5",
        "ge_light",
        "zone_wmark",
        "zone_wmark:thp=1,latency=400",
        "zone_wmark:min=1,low=2,high=3",
        "pcp_only",
        "pcp_only:a=0.5,f=0,refill=double,ask=race",
        "nolock:trylock_miss=0.5",
        "order:2",
        "slab_boundary:ge_burst",
        "slab_boundary:order:1+failslab:probability=1"}) {
    EXPECT_EQ(ParseFaultSpec(text).ToString(), text);
  }
  EXPECT_EQ(
      ParseFaultSpec("failslab:space=0,times=-1,interval=1,probability=01")
          .ToString(),
      "failslab:probability=1");
}

// Any attributes of any model, as a user could write them.
std::string AnyModelText(const std::vector<FaultModelInfo>& models) {
  const FaultModelInfo model = *rc::gen::elementOf(models);
  std::string text(model.name);
  char separator = ':';
  for (const FaultAttribute& attribute : model.attributes) {
    if (attribute.required.empty() && *rc::gen::arbitrary<bool>()) continue;
    // Those that only go together are tried by hand.
    if (attribute.initial.whole == -1 && attribute.name != "times") continue;
    const double most = std::min(attribute.most, 1e12);
    const double share = *rc::gen::inRange(0, 1001) / 1000.0;
    const double number = attribute.least + share * (most - attribute.least);
    std::string value = std::to_string(std::llround(number));
    if (attribute.type == FaultAttribute::Type::kRate) {
      value = std::to_string(std::clamp(number, 0.001, most));
    } else if (attribute.type == FaultAttribute::Type::kWord) {
      value = *rc::gen::elementOf(attribute.words);
    }
    text += separator;
    separator = ',';
    if (attribute.type != FaultAttribute::Type::kBare) text += attribute.name;
    if (attribute.type == FaultAttribute::Type::kFlag) continue;
    if (attribute.type != FaultAttribute::Type::kBare) text += '=';
    text += value;
  }
  return text;
}

RC_GTEST_PROP(FaultSpecProperty, WhatIsPrintedParsesToTheSame, ()) {
  std::vector<FaultModelInfo> models;
  std::vector<FaultModelInfo> page_models;
  for (const FaultModelInfo& model : FaultModels()) {
    models.push_back(model);
    if (model.is_page_model) page_models.push_back(model);
  }
  std::string text = AnyModelText(models);
  if (*rc::gen::arbitrary<bool>()) {
    text = "slab_boundary:" + AnyModelText(page_models);
    if (*rc::gen::arbitrary<bool>()) text += "+failslab:probability=3";
  }
  FaultSpec spec;
  try {
    spec = ParseFaultSpec(text);
  } catch (const BadInput& error) {
    // Only combinations can be wrong: values are in range.
    const std::string message = error.what();
    RC_LOG() << text << ": " << message;
    RC_ASSERT(message.find("in bursts of") != message.npos ||
              message.find("must be greater") != message.npos);
    RC_DISCARD("contradictory");
  }
  RC_LOG() << text << " -> " << spec.ToString();
  RC_ASSERT(ParseFaultSpec(spec.ToString()) == spec);
  RC_ASSERT(spec.MakeModel(1) != nullptr);
}

TEST(FaultSpec, RefusesUnknownModelsAndNamesTheNearest) {
  const std::string known =
      " (known: none, slab_boundary, failslab, fail_page_alloc, nth, budget, "
      "gilbert_elliott, zone_wmark, pcp_only, nolock, order, ge_light, "
      "ge_burst, ge_heavy); see pfnbench --list-faults";
  for (const auto& [text, nearest] :
       std::vector<std::pair<std::string, std::string>>{
           {"slab_bound", "slab_boundary"},
           {"slab_boundaries", "slab_boundary"},
           {"None", "none"},
           {" none", "none"},
           {"faillslab", "failslab"},
           {"faillslab:probability=1", "failslab"}}) {
    EXPECT_EQ(ErrorOf(text), "fault: unknown model '" +
                                 text.substr(0, text.find(':')) +
                                 "'; did you mean " + nearest + "?" + known);
  }
  EXPECT_EQ(ErrorOf(""), "fault: unknown model ''" + known);
  ExpectErrors({{"nth=3",
                 "'nth=3' has an = behind nth; expected a colon, as in "
                 "nth:100,persistent"}});
}

TEST(FaultSpec, RefusesAModelWithoutWhatMakesItFail) {
  ExpectErrors(
      {{"failslab",
        "failslab needs probability=PERCENT; without it nothing fails"},
       {"failslab:interval=1",
        "failslab needs probability=PERCENT; without it nothing fails"},
       {"gilbert_elliott:burst=3",
        "gilbert_elliott needs loss=SHARE; without it nothing fails"},
       {"nth", "nth needs a number; without it nothing fails"},
       {"slab_boundary:none",
        "nothing fails under slab_boundary:none; name a page model or a "
        "hook"}});
}

TEST(FaultSpec, RefusesContradictions) {
  ExpectErrors({{"zone_wmark:thp=1,min=1,low=2,high=3",
                 "thp stands for min, low and high; give it or them"},
                {"zone_wmark:min=1,low=2",
                 "give all of min, low and high, or none of them"},
                {"nolock:min=1,low=1,high=3",
                 "min, low and high are 1, 1, 3; each must be greater than the "
                 "one before"},
                {"pcp_only:batch=63,high=63",
                 "high is 63 and batch 63; high must be greater"},
                {"gilbert_elliott:loss=0.75,burst=2",
                 "a share of 0.75 cannot be lost in bursts of 2; expected a "
                 "burst of 3 or more, or none for independent failures"},
                {"ge_burst:loss=0.1",
                 "ge_burst has no attributes; write "
                 "gilbert_elliott:loss=0.01,burst=63"}});
}

TEST(FaultSpec, RefusesWhatDoesNotGoWithSlabBoundary) {
  ExpectErrors({{"slab_boundary:nth:3",
                 "nth does not go with slab_boundary; it takes a page model, "
                 "failslab and fail_page_alloc"},
                {"slab_boundary:ge_burst+order:1",
                 "'order:1' stands where slab_boundary has one already"}});
}

TEST(FaultSpec, RefusesToDrawOperationsForWhatDependsOnRequests) {
  for (const char* text : {"slab_boundary", "budget:1000", "order:2",
                           "fail_page_alloc:probability=5"}) {
    EXPECT_THROW(ParseFaultSpec(text).RequireOperationDraw(), BadInput) << text;
  }
  for (const char* text :
       {"none", "nth:3", "failslab:probability=5", "ge_burst",
        "fail_page_alloc:probability=5,min-order=0", "zone_wmark", "pcp_only",
        "nolock"}) {
    EXPECT_NO_THROW(ParseFaultSpec(text).RequireOperationDraw()) << text;
  }
}

TEST(FaultSpec, RefusesUnknownAttributes) {
  ExpectErrors({{"failslab:probabilty=1",
                 "failslab has no attribute 'probabilty'; did you mean "
                 "probability?; it has probability, interval, times, space"},
                {"failslab:probability=1,verbose=2",
                 "failslab has no attribute 'verbose'; it has probability, "
                 "interval, times, space"}});
}

TEST(FaultSpec, RefusesWhatIsNoAttribute) {
  const std::string known =
      "' is not attribute=value; failslab has probability, interval, times, "
      "space";
  ExpectErrors({{"failslab:", "'" + known},
                {"failslab:probability", "'probability" + known},
                {"failslab:1", "'1" + known},
                {"failslab:probability=1,", "'" + known},
                {"nth:3,persistent=1", "'persistent' takes no value"},
                {"order:3,4", "'4' is not attribute=value; order has none"}});
}

TEST(FaultSpec, RefusesValuesOutOfRange) {
  const std::string whole = "a whole number from ";
  const std::string size = whole + "0, perhaps with K, M, G or T";
  const std::string words = "on_empty, precheck, race";
  struct Attribute {
    std::string text;  // up to the value
    std::string name;
    std::string expected;
    std::vector<std::string> refused;
  };
  for (const auto& [text, name, expected, refused] : std::vector<Attribute>{
           {"failslab:probability=",
            "probability",
            "a number from 0 to 100",
            {"-1", "101", "1%", "", "100.1", "nan", " 1", "1 ",
             "99999999999999999999"}},
           {"failslab:probability=1,interval=",
            "interval",
            whole + "0",
            {"-1"}},
           {"failslab:probability=1,times=", "times", whole + "-1", {"-2"}},
           {"failslab:probability=1,space=",
            "space",
            size,
            {"-1", "9223372036854775808"}},
           {"budget:", "budget", size, {"10X", "9999999T"}},
           {"gilbert_elliott:loss=",
            "loss",
            "a number from 1e-09 to 0.999999999",
            {"1"}},
           {"nolock:trylock_miss=",
            "trylock_miss",
            "a number from 0 to 1",
            {"nan", "inf", "", "0.5x", "-0.1", "1.5"}},
           {"pcp_only:ask=", "ask", words, {"always"}},
           {"order:", "order", whole + "0 to 24", {"25"}},
           {"nth:", "nth", whole + "1", {"0", ""}}}) {
    for (const std::string& value : refused) {
      EXPECT_EQ(ErrorOf(text + value),
                "fault: " + name + " is '" + value + "'; expected " + expected);
    }
  }
  ExpectErrors({{"failslab=1,101,0,-1",
                 "probability is '101'; expected a number from 0 to 100"},
                {"pcp_only:ask=rase",
                 "ask is 'rase'; did you mean race?; expected " + words}});
}

TEST(FaultSpec, RefusesAnAttributeGivenTwice) {
  ExpectErrors({{"failslab:probability=1,probability=1",
                 "attribute 'probability' is given twice"}});
}

TEST(FaultSpec, RefusesABootFormOfOtherLength) {
  for (const auto& [values, count] :
       {std::pair{"1,2,3", "3"}, {"", "1"}, {"1,2,3,4,5", "5"}}) {
    const std::string text = std::string("failslab=") + values;
    EXPECT_EQ(ErrorOf(text),
              "fault: '" + text + "' has " + count +
                  " values; expected "
                  "failslab=<interval>,<probability>,<space>,<times>");
  }
}

TEST(FaultSpec, RefusesTheSameFaultTwice) {
  ExpectErrors({{"none;none", "'none' is given twice"},
                {"failslab:probability=5;failslab=1,5,0,-1",
                 "'failslab=1,5,0,-1' is given twice"}});
}

}  // namespace
}  // namespace pfn
