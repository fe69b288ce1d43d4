// SPDX-License-Identifier: MIT
//
// The contiguous memory allocator as the proposal of cma_alloc_bulk (linux-mm,
// November 2020) met it: many chunks of one order from an area in which some
// pages are pinned. Pages in use always move away; a chunk with a pinned page
// is busy.

#pragma once

#include <cstdint>
#include <vector>

#include "structures/core/pfn.h"

namespace pfn {

struct CmaOptions {
  enum class Mode : std::uint8_t {
    kNormal,  // every call starts at the beginning of the area
    kCached,  // after the chunk that failed last; wraps once
    kBulk,    // one call that passes over the busy ones
  };
  Mode mode = Mode::kCached;
  Pfn base = 0x80000;             // a multiple of 512
  std::uint64_t pages = 131'072;  // of the area
  unsigned order = 4;
  std::uint64_t chunks = 4800;  // wanted
  double pin_density = 0.01;    // share of the pages that is pinned
  double pin_run_mean = 1;      // pages of a pinned run; 1: each by itself
  std::uint64_t pin_lifetime =
      0;               // attempts that a busy chunk stays busy; 0: all
  double prefill = 0;  // share of the chunks allocated before
  // Attempts at a chunk before it is passed over. One is the fail-fast mode
  // that was proposed; 0, until it is free, is the hard one.
  std::uint64_t tries = 1;
  // That a failed attempt has freed the chunk: in kNormal, and with more tries
  // than one. Who fails fast waits for nothing that could free it.
  double retry_gain = 0;
  std::uint64_t seed = 1;
};

struct CmaOutcome {
  std::vector<Pfn> chunks;     // first pages, in the order of success
  std::vector<Pfn> busy;       // candidates that failed, each once
  std::uint64_t attempts = 0;  // calls of alloc_contig_range
};

CmaOutcome SimulateCma(const CmaOptions& options);

}  // namespace pfn
