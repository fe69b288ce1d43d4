/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/plugin/example.c
 *
 * A whole plugin: the pages of a set in one sorted array, as a place to start
 * from. It has every function that a plugin can have.
 *
 *   gcc -O2 -shared -fPIC -o example.so structures/plugin/example.c
 *   pfnbench --plugin=example.so --structure=xbitmap,example
 *
 * Layout      an array of 8 bytes a page, in ascending order; the room doubles
 *             from 64 pages on, and is given back when the set is empty.
 * Set/Clear   a binary search, and the pages above move: O(members).
 * Failure     only set() asks for memory, and only if the array is full.
 */

#include <string.h>

#include "pfnbench_plugin.h"

#define LEAST_ROOM 64

struct example {
  struct pfnbench_heap *heap;
  const struct pfnbench_host *host;
  uint64_t *pages;
  uint64_t count;
  uint64_t room;
};

/* The position of the first page that is not below `page`. */
static uint64_t position_of(const struct example *set, uint64_t page) {
  uint64_t low = 0;
  uint64_t high = set->count;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (set->pages[middle] < page) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static int has_at(const struct example *set, uint64_t position, uint64_t page) {
  return position < set->count && set->pages[position] == page;
}

static void release(struct example *set) {
  if (set->pages != NULL) {
    set->host->free(set->heap, set->pages, set->room * sizeof(uint64_t), 8);
  }
  set->pages = NULL;
  set->room = 0;
}

static int grow(struct example *set, uint32_t gfp) {
  const uint64_t room = set->room == 0 ? LEAST_ROOM : 2 * set->room;
  uint64_t *pages =
      set->host->alloc(set->heap, room * sizeof(uint64_t), 8, gfp);
  if (pages == NULL) return PFNBENCH_NO_MEMORY;
  if (set->count != 0) {
    memcpy(pages, set->pages, set->count * sizeof(uint64_t));
  }
  release(set);
  set->pages = pages;
  set->room = room;
  return PFNBENCH_OK;
}

/* The pages at [begin, end) go. */
static void take_out(struct example *set, uint64_t begin, uint64_t end) {
  if (begin < end) {
    memmove(set->pages + begin, set->pages + end,
            (set->count - end) * sizeof(uint64_t));
  }
  set->count -= end - begin;
  if (set->count == 0) release(set);
}

static void example_init(void *memory, struct pfnbench_heap *heap,
                         const struct pfnbench_host *host) {
  struct example *set = memory; /* zeroed */
  set->heap = heap;
  set->host = host;
}

static void example_destroy(void *memory) { release(memory); }

static int example_set(void *memory, uint64_t page, uint32_t gfp) {
  struct example *set = memory;
  const uint64_t at = position_of(set, page);
  if (has_at(set, at, page)) return PFNBENCH_OK;
  if (set->count == set->room && grow(set, gfp) != PFNBENCH_OK) {
    return PFNBENCH_NO_MEMORY;
  }
  memmove(set->pages + at + 1, set->pages + at,
          (set->count - at) * sizeof(uint64_t));
  set->pages[at] = page;
  ++set->count;
  return PFNBENCH_OK;
}

static int example_clear(void *memory, uint64_t page, uint32_t gfp) {
  struct example *set = memory;
  const uint64_t at = position_of(set, page);
  (void)gfp;
  if (has_at(set, at, page)) take_out(set, at, at + 1);
  return PFNBENCH_OK;
}

static int example_test(void *memory, uint64_t page) {
  const struct example *set = memory;
  return has_at(set, position_of(set, page), page);
}

/* The last page, at most `max`, of the run that begins at the position. */
static uint64_t end_of_run(const struct example *set, uint64_t *position,
                           uint64_t max) {
  uint64_t last = set->pages[(*position)++];
  while (last < max && has_at(set, *position, last + 1)) {
    last = set->pages[(*position)++];
  }
  return last;
}

static int example_next_range(void *memory, uint64_t from, uint64_t max,
                              struct pfnbench_range *found) {
  const struct example *set = memory;
  uint64_t position = position_of(set, from);
  if (position == set->count || set->pages[position] > max) return 0;
  found->first = set->pages[position];
  found->last = end_of_run(set, &position, max);
  return 1;
}

static int example_clear_range(void *memory, uint64_t first, uint64_t last,
                               uint32_t gfp) {
  struct example *set = memory;
  const uint64_t begin = position_of(set, first);
  uint64_t end = position_of(set, last);
  (void)gfp;
  if (has_at(set, end, last)) ++end;
  take_out(set, begin, end);
  return PFNBENCH_OK;
}

static void example_for_each_range(void *memory, uint64_t first, uint64_t last,
                                   pfnbench_visit visit, void *context) {
  const struct example *set = memory;
  uint64_t position = position_of(set, first);
  while (position < set->count && set->pages[position] <= last) {
    const uint64_t from = set->pages[position];
    visit(context, from, end_of_run(set, &position, last));
  }
}

static int example_validate(void *memory) {
  const struct example *set = memory;
  for (uint64_t i = 1; i < set->count; ++i) {
    if (set->pages[i - 1] >= set->pages[i]) return 0;
  }
  return set->count <= set->room;
}

static uint64_t example_set_pages(void *memory, const uint64_t *pages,
                                  uint64_t count, uint32_t gfp) {
  for (uint64_t i = 0; i < count; ++i) {
    if (example_set(memory, pages[i], gfp) != PFNBENCH_OK) return i;
  }
  return count;
}

static uint64_t example_clear_pages(void *memory, const uint64_t *pages,
                                    uint64_t count, uint32_t gfp) {
  for (uint64_t i = 0; i < count; ++i) example_clear(memory, pages[i], gfp);
  return count;
}

static uint64_t example_test_pages(void *memory, const uint64_t *pages,
                                   uint64_t count) {
  uint64_t members = 0;
  for (uint64_t i = 0; i < count; ++i) {
    members += example_test(memory, pages[i]) != 0;
  }
  return members;
}

static const struct pfnbench_structure structures[] = {{
    .name = "example",
    .family = "list",
    .origin = "an example of a plugin: one sorted array",
    .set_bytes = sizeof(struct example),
    .out_of_memory = PFNBENCH_REPORTS,
    .init = example_init,
    .destroy = example_destroy,
    .set = example_set,
    .clear = example_clear,
    .test = example_test,
    .next_range = example_next_range,
    .clear_range = example_clear_range,
    .for_each_range = example_for_each_range,
    .validate = example_validate,
    .set_pages = example_set_pages,
    .clear_pages = example_clear_pages,
    .test_pages = example_test_pages,
}};

static const struct pfnbench_plugin plugin = {
    .version = PFNBENCH_PLUGIN_VERSION,
    .structure_bytes = sizeof(struct pfnbench_structure),
    .count = sizeof(structures) / sizeof(structures[0]),
    .structures = structures,
};

const struct pfnbench_plugin *pfnbench_get_plugin(void) { return &plugin; }
