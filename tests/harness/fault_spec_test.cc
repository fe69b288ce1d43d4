// SPDX-License-Identifier: MIT
//
// What may stand behind --fault=, what is refused and how, and that the models
// fail what the kernel's hooks would.

#include "harness/fault/fault_spec.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

namespace pfn {
namespace {

FaultSpec Failslab(const FaultAttr::Settings& settings) {
  return {.kind = FaultSpec::Kind::kFailslab, .attr = settings, .nth = 0};
}

std::string ErrorOf(const std::string& text) {
  try {
    ParseFaultSpecs(text);
  } catch (const FaultSpecError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), message.npos) << "one line: " << message;
    return message;
  }
  ADD_FAILURE() << "'" << text << "' was accepted";
  return "";
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
  EXPECT_EQ(spec.nth, 12);
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
  EXPECT_EQ(ParseFaultSpec("nth:9223372036854775807").nth, kMost);
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
       {"none", "nth:1", "nth:9223372036854775807", "failslab:probability=0",
        "failslab:probability=1,interval=0", "failslab:probability=1,times=0",
        "failslab:probability=1,space=5",
        "failslab:probability=100,interval=2,times=3,space=4"}) {
    EXPECT_EQ(ParseFaultSpec(text).ToString(), text);
  }
  EXPECT_EQ(
      ParseFaultSpec("failslab:space=0,times=-1,interval=1,probability=01")
          .ToString(),
      "failslab:probability=1");
}

TEST(FaultSpec, RefusesUnknownModels) {
  for (const std::string text :
       {"", "fail_page_alloc", "failslab", "None", "nth", " none"}) {
    EXPECT_EQ(ErrorOf(text),
              "fault: '" + text +
                  "' is not known; expected none, failslab:probability=P,..., "
                  "failslab=<interval>,<probability>,<space>,<times>, or "
                  "nth:N");
  }
}

TEST(FaultSpec, RefusesUnknownAttributes) {
  EXPECT_EQ(ErrorOf("failslab:probabilty=1"),
            "fault: failslab has no attribute 'probabilty'; it has "
            "probability, interval, times, space");
  EXPECT_EQ(ErrorOf("failslab:probability=1,verbose=2"),
            "fault: failslab has no attribute 'verbose'; it has probability, "
            "interval, times, space");
}

TEST(FaultSpec, RefusesWhatIsNoAttribute) {
  for (const std::string pair : {"", "probability", "1"}) {
    EXPECT_EQ(ErrorOf("failslab:" + pair),
              "fault: '" + pair +
                  "' is not attribute=value; for example "
                  "failslab:probability=1,interval=1,times=-1,space=0");
  }
  EXPECT_EQ(ErrorOf("failslab:probability=1,"),
            "fault: '' is not attribute=value; for example "
            "failslab:probability=1,interval=1,times=-1,space=0");
}

TEST(FaultSpec, RefusesValuesOutOfRange) {
  for (const std::string value :
       {"-1", "101", "1%", "", "0.5", " 1", "1 ", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf("failslab:probability=" + value),
              "fault: probability is '" + value +
                  "'; expected a whole number from 0 to 100");
  }
  EXPECT_EQ(ErrorOf("failslab:probability=1,interval=-1"),
            "fault: interval is '-1'; expected a whole number from 0");
  EXPECT_EQ(ErrorOf("failslab:probability=1,times=-2"),
            "fault: times is '-2'; expected a whole number from -1");
  EXPECT_EQ(ErrorOf("failslab:probability=1,space=-1"),
            "fault: space is '-1'; expected a whole number from 0");
  EXPECT_EQ(ErrorOf("failslab:probability=1,space=9223372036854775808"),
            "fault: space is '9223372036854775808'; expected a whole number "
            "from 0");
  EXPECT_EQ(ErrorOf("failslab=1,101,0,-1"),
            "fault: probability is '101'; expected a whole number from 0 to "
            "100");
  EXPECT_EQ(ErrorOf("nth:0"),
            "fault: nth is '0'; expected a whole number from 1");
  EXPECT_EQ(ErrorOf("nth:"),
            "fault: nth is ''; expected a whole number from 1");
}

TEST(FaultSpec, RefusesAnAttributeGivenTwice) {
  EXPECT_EQ(ErrorOf("failslab:probability=1,probability=1"),
            "fault: attribute 'probability' is given twice");
}

TEST(FaultSpec, RefusesFailslabWithoutProbability) {
  EXPECT_EQ(ErrorOf("failslab:interval=1"),
            "fault: failslab needs probability=PERCENT; without it nothing "
            "fails");
}

TEST(FaultSpec, RefusesABootFormOfOtherLength) {
  EXPECT_EQ(ErrorOf("failslab=1,2,3"),
            "fault: 'failslab=1,2,3' has 3 values; expected "
            "failslab=<interval>,<probability>,<space>,<times>");
  EXPECT_EQ(ErrorOf("failslab="),
            "fault: 'failslab=' has 1 values; expected "
            "failslab=<interval>,<probability>,<space>,<times>");
  EXPECT_EQ(ErrorOf("failslab=1,2,3,4,5"),
            "fault: 'failslab=1,2,3,4,5' has 5 values; expected "
            "failslab=<interval>,<probability>,<space>,<times>");
}

TEST(FaultSpec, RefusesTheSameFaultTwice) {
  EXPECT_EQ(ErrorOf("none;none"), "fault: 'none' is given twice");
  EXPECT_EQ(ErrorOf("failslab:probability=5;failslab=1,5,0,-1"),
            "fault: 'failslab=1,5,0,-1' is given twice");
}

TEST(FaultModel, FailslabFailsObjectsThatMayNotSleep) {
  const auto model = ParseFaultSpec("failslab:probability=100").MakeModel(1);
  EXPECT_TRUE(model->FailObject(128, Gfp::kNowait));
  EXPECT_FALSE(model->FailObject(128, Gfp::kKernel));
}

TEST(FaultModel, FailslabLeavesPageRequestsAlone) {
  const auto model = ParseFaultSpec("failslab:probability=100").MakeModel(1);
  EXPECT_FALSE(model->FailPages(2, PageUser::kCaller, Gfp::kNowait));
  EXPECT_FALSE(model->FailPages(2, PageUser::kSlab, Gfp::kNowait));
}

TEST(FaultModel, RequestsThatMaySleepMoveNoCounter) {
  const auto model =
      ParseFaultSpec("failslab:probability=100,interval=2").MakeModel(1);
  EXPECT_FALSE(model->FailObject(128, Gfp::kNowait));
  EXPECT_FALSE(model->FailObject(128, Gfp::kKernel));
  EXPECT_TRUE(model->FailObject(128, Gfp::kNowait));
}

TEST(FaultModel, SpaceOfFailslabCountsBytes) {
  const auto model =
      ParseFaultSpec("failslab:probability=100,space=1000").MakeModel(1);
  EXPECT_FALSE(model->FailObject(576, Gfp::kNowait));
  EXPECT_TRUE(model->FailObject(576, Gfp::kNowait));
}

TEST(FaultModel, NthCountsObjectsAndBlocksOfTheCaller) {
  const auto model = ParseFaultSpec("nth:3").MakeModel(1);
  EXPECT_FALSE(model->FailObject(128, Gfp::kNowait));
  // A slab cache that refills itself, and whoever may sleep, do not count.
  EXPECT_FALSE(model->FailPages(0, PageUser::kSlab, Gfp::kNowait));
  EXPECT_FALSE(model->FailObject(128, Gfp::kKernel));
  EXPECT_FALSE(model->FailPages(5, PageUser::kCaller, Gfp::kKernel));
  EXPECT_FALSE(model->FailPages(5, PageUser::kCaller, Gfp::kNowait));
  EXPECT_TRUE(model->FailPages(5, PageUser::kCaller, Gfp::kNowait));
  EXPECT_FALSE(model->FailObject(128, Gfp::kNowait));
}

std::string FirstFailures(const FaultSpec& spec, std::uint64_t seed) {
  const auto model = spec.MakeModel(seed);
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += model->FailObject(64, Gfp::kNowait) ? 'x' : '.';
  }
  return pattern;
}

TEST(FaultModel, EveryModelOfOneSeedFailsTheSameRequests) {
  const FaultSpec spec = ParseFaultSpec("failslab:probability=10");
  EXPECT_EQ(FirstFailures(spec, 7), FirstFailures(spec, 7));
  EXPECT_NE(FirstFailures(spec, 7), FirstFailures(spec, 8));
}

}  // namespace
}  // namespace pfn
