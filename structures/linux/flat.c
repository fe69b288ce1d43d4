/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/flat.c
 *
 * flat@TREE: one bitmap over the span of the set, by __set_bit() and
 * find_next_bit(), as the allocator of a device has it. The bitmap doubles, and
 * is one request to the heap.
 */

#include "adapter.h"

#define LEAST_BITS 4096ul
#define MOST_BITS (1ul << 38)

struct flat_set {
  struct linux_set base;
  unsigned long *bits;
  uint64_t origin; /* the page of bit 0, a multiple of BITS_PER_LONG */
  unsigned long size;
};

static void give_back(struct flat_set *set) {
  if (set->bits) pfnbench_kfree(set->bits, set->size / 8);
  set->bits = NULL;
}

/* The last page that the bitmap has room for. */
static uint64_t end_of(const struct flat_set *set) {
  return set->origin + (set->size - 1);
}

static int grow(struct flat_set *set, uint64_t page, uint32_t gfp) {
  const uint64_t word = page - page % BITS_PER_LONG;
  uint64_t low = word;
  uint64_t high = word | (BITS_PER_LONG - 1);
  unsigned long size = LEAST_BITS;
  unsigned long *bits;
  if (set->bits) {
    if (set->origin < low) low = set->origin;
    if (end_of(set) > high) high = end_of(set);
  }
  if (high - low >= MOST_BITS) return PFNBENCH_NO_MEMORY;
  while (size - 1 < high - low) size *= 2;
  /* Room where the set grows, as far as there are pages. */
  if (set->bits && word < set->origin) {
    low = high < size ? 0 : high - (size - 1);
  } else if (low > ULONG_MAX - (size - 1)) {
    low = ULONG_MAX - (size - 1);
  }
  bits = kzalloc(size / 8, kernel_gfp(gfp));
  if (bits == NULL) return PFNBENCH_NO_MEMORY;
  if (set->bits) {
    memcpy(bits + (set->origin - low) / BITS_PER_LONG, set->bits,
           set->size / 8);
  }
  give_back(set);
  set->bits = bits;
  set->origin = low;
  set->size = size;
  return PFNBENCH_OK;
}

static int flat_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct flat_set *set = memory;
  enter(&set->base);
  if (unlikely(page - set->origin >= set->size) &&
      grow(set, page, gfp) != PFNBENCH_OK) {
    return PFNBENCH_NO_MEMORY;
  }
  __set_bit(page - set->origin, set->bits);
  return PFNBENCH_OK;
}

static int flat_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  struct flat_set *set = memory;
  (void)gfp;
  if (page - set->origin < set->size) {
    __clear_bit(page - set->origin, set->bits);
  }
  return PFNBENCH_OK;
}

static int flat_set_test(void *memory, uint64_t page) {
  const struct flat_set *set = memory;
  return page - set->origin < set->size &&
         test_bit(page - set->origin, set->bits);
}

/* The part of [*first, *last] that the bitmap covers, as bits; 0: none. */
static int clip(const struct flat_set *set, uint64_t *first, uint64_t *last) {
  if (set->size == 0 || *last < set->origin || *first > end_of(set)) return 0;
  *first = *first < set->origin ? 0 : *first - set->origin;
  *last = (*last > end_of(set) ? end_of(set) : *last) - set->origin;
  return 1;
}

static int flat_set_next_range(void *memory, uint64_t from, uint64_t max,
                               struct pfnbench_range *found) {
  const struct flat_set *set = memory;
  unsigned long bit;
  if (!clip(set, &from, &max)) return 0;
  bit = find_next_bit(set->bits, max + 1, from);
  if (bit > max) return 0;
  found->first = set->origin + bit;
  found->last = set->origin + find_next_zero_bit(set->bits, max + 1, bit) - 1;
  return 1;
}

static int flat_set_clear_range(void *memory, uint64_t first, uint64_t last,
                                uint32_t gfp) {
  struct flat_set *set = memory;
  (void)gfp;
  if (!clip(set, &first, &last)) return PFNBENCH_OK;
  while (first <= last) { /* bitmap_clear() takes an int */
    const uint64_t rest = last - first + 1;
    const unsigned int step = rest < (1u << 30) ? (unsigned int)rest : 1u << 30;
    bitmap_clear(set->bits + first / BITS_PER_LONG, first % BITS_PER_LONG,
                 step);
    first += step;
  }
  return PFNBENCH_OK;
}

static void flat_set_init(void *memory, struct pfnbench_heap *heap,
                          const struct pfnbench_host *host) {
  struct flat_set *set = memory;
  linux_set_init(&set->base, heap, host);
}
static void flat_set_destroy(void *memory) {
  struct flat_set *set = memory;
  enter(&set->base);
  give_back(set);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_flat, "flat", flat_set, "bitmap",
                "one bitmap over the span", .max_distance = MOST_BITS / 2);
