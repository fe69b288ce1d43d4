// SPDX-License-Identifier: MIT
//
// The sanitizers of this build see what a structure may do wrong. After a
// change of compiler or flags that saves time, this says whether they still
// look.

#include <gtest/gtest.h>
#include <sanitizer/lsan_interface.h>

#include <cstddef>
#include <cstdint>
#include <limits>

#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/page_arena.h"

namespace pfn {
namespace {

constexpr std::size_t kBytes = 100;

class SanitizersDeathTest : public ::testing::Test {
 protected:
  volatile char* Take() {
    return static_cast<volatile char*>(heap_.Allocate(kBytes, 8, Gfp::kNowait));
  }

  PageArena arena_;
  NowaitHeap heap_{arena_};
};

TEST_F(SanitizersDeathTest, SeeAWriteBehindAnObjectOfTheModelledHeap) {
  volatile char* object = Take();
  EXPECT_DEATH(object[kBytes] = 1, "use-after-poison");
  heap_.Free(const_cast<char*>(object), kBytes, 8);
}

TEST_F(SanitizersDeathTest, SeeAUseOfAnObjectThatTheModelledHeapGotBack) {
  volatile char* object = Take();
  heap_.Free(const_cast<char*>(object), kBytes, 8);
  EXPECT_DEATH(object[50] = 1, "use-after-poison");
}

TEST_F(SanitizersDeathTest, SeeAWriteBehindMemoryOfTheLibrary) {
  volatile char* object = new char[kBytes];
  EXPECT_DEATH(object[kBytes] = 1, "heap-buffer-overflow");
  delete[] object;
}

TEST_F(SanitizersDeathTest, SeeAUseOfMemoryThatTheLibraryGotBack) {
  volatile char* object = new char[kBytes];
  delete[] object;
  EXPECT_DEATH(object[50] = 1, "heap-use-after-free");
}

TEST_F(SanitizersDeathTest, SeeASignedOverflow) {
  volatile int value = std::numeric_limits<int>::max();
  EXPECT_DEATH(value = value + 1, "signed integer overflow");
}

TEST_F(SanitizersDeathTest, SeeAShiftByTheWholeWidth) {
  volatile unsigned width = 64;
  volatile std::uint64_t bits = 1;
  EXPECT_DEATH(bits = bits << width, "shift exponent 64 is too large");
}

TEST_F(SanitizersDeathTest, SeeAWordAtAnOddAddress) {
  alignas(8) char bytes[16] = {};
  char* volatile odd = bytes + 1;
  EXPECT_DEATH(*reinterpret_cast<std::uint64_t*>(odd) = 1,
               "misaligned address");
}

TEST_F(SanitizersDeathTest, SeeALeak) {
  EXPECT_DEATH(
      {
        // One address may linger in a register; not all of them.
        for (int i = 0; i < 10; ++i) {
          volatile char* lost = new char[kBytes];
          lost[0] = 1;
        }
        __lsan_do_leak_check();
      },
      "detected memory leaks");
}

}  // namespace
}  // namespace pfn
