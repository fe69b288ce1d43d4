/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/ida.c
 *
 * ida@TREE: the IDs of an IDA (lib/idr.c), which device numbers, inodes of
 * anonymous mounts and many drivers come from. A page is set by
 * ida_alloc_range() of one ID, and cleared by ida_free().
 *
 * An IDA has no look-up and no walk. They read its XArray as ida_free() does:
 * an entry is a bitmap of 1,024 IDs, or a value of the first 63 of them.
 *
 * An ID is at most INT_MAX. So IDs count from an origin, which the first page
 * of a set gives; it is 0 for pages below 2^30.
 *
 * The row is measured without faults only: ida_alloc_range() of 6.1 and 6.12
 * loses a bitmap where a node for it is refused.
 */

#include <linux/idr.h>

#include "adapter.h"

#define MOST_IDS (1ull << 31)
/* So many pages below the first one, and fewer than that above, have an ID. */
#define REACH (MOST_IDS / 2)

struct ida_set {
  struct linux_set base;
  struct ida ids;
  uint64_t origin; /* the page of ID 0 */
  uint64_t members;
};

static int has_id(const struct ida_set *set, uint64_t page) {
  return page - set->origin < MOST_IDS;
}

static int ida_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct ida_set *set = memory;
  unsigned int id;
  int got;
  enter(&set->base);
  if (unlikely(set->members == 0)) {
    const uint64_t most = UINT64_MAX - (MOST_IDS - 1);
    set->origin = page < REACH ? 0 : page - REACH;
    if (set->origin > most) set->origin = most;
  }
  if (!has_id(set, page)) return PFNBENCH_NO_MEMORY;
  id = (unsigned int)(page - set->origin);
  got = ida_alloc_range(&set->ids, id, id, kernel_gfp(gfp));
  end_grace_period();
  if (got >= 0) ++set->members;
  /* -ENOSPC: it is a member. */
  return got == -ENOMEM ? PFNBENCH_NO_MEMORY : PFNBENCH_OK;
}

/*
 * The first ID from `from` to `last` that is allocated, or is not, as `wanted`
 * says; more than `last` if there is none.
 */
static unsigned long find(struct ida_set *set, unsigned long from,
                          unsigned long last, int wanted) {
  while (from <= last) {
    unsigned long index = from / IDA_BITMAP_BITS;
    unsigned long bit = from % IDA_BITMAP_BITS;
    unsigned long value[IDA_BITMAP_LONGS] = {0};
    const unsigned long *bits = value;
    void *entry = wanted ? xa_find(&set->ids.xa, &index, last / IDA_BITMAP_BITS,
                                   XA_PRESENT)
                         : xa_load(&set->ids.xa, index);
    if (entry == NULL) return wanted ? last + 1 : from;
    if (index != from / IDA_BITMAP_BITS) bit = 0;
    if (xa_is_value(entry)) {
      value[0] = xa_to_value(entry);
    } else {
      bits = ((const struct ida_bitmap *)entry)->bitmap;
    }
    bit = wanted ? find_next_bit(bits, IDA_BITMAP_BITS, bit)
                 : find_next_zero_bit(bits, IDA_BITMAP_BITS, bit);
    from = index * IDA_BITMAP_BITS + bit;
    if (bit < IDA_BITMAP_BITS) break;
  }
  return from;
}

static int ida_set_test(void *memory, uint64_t page) {
  struct ida_set *set = memory;
  const unsigned long id = page - set->origin;
  const unsigned long bit = id % IDA_BITMAP_BITS;
  void *entry;
  enter(&set->base);
  if (!has_id(set, page)) return 0;
  entry = xa_load(&set->ids.xa, id / IDA_BITMAP_BITS);
  if (xa_is_value(entry)) {
    return bit < BITS_PER_XA_VALUE && (xa_to_value(entry) >> bit & 1);
  }
  return entry != NULL && test_bit(bit, ((struct ida_bitmap *)entry)->bitmap);
}

static void give_back(struct ida_set *set, unsigned long id) {
  ida_free(&set->ids, (unsigned int)id);
  --set->members;
}

/* ida_free() warns about an ID that is not allocated. */
static int ida_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  struct ida_set *set = memory;
  (void)gfp;
  if (!ida_set_test(set, page)) return PFNBENCH_OK;
  give_back(set, page - set->origin);
  end_grace_period();
  return PFNBENCH_OK;
}

/* The pages [*first, *last] that have an ID, as IDs; 0: none. */
static int clip(const struct ida_set *set, uint64_t *first, uint64_t *last) {
  const uint64_t end = set->origin + (MOST_IDS - 1);
  if (*last < set->origin || *first > end) return 0;
  *first = *first < set->origin ? 0 : *first - set->origin;
  *last = (*last > end ? end : *last) - set->origin;
  return 1;
}

static int ida_set_next_range(void *memory, uint64_t from, uint64_t max,
                              struct pfnbench_range *found) {
  struct ida_set *set = memory;
  unsigned long id;
  enter(&set->base);
  if (!clip(set, &from, &max)) return 0;
  id = find(set, from, max, 1);
  if (id > max) return 0;
  found->first = set->origin + id;
  id = find(set, id, max, 0);
  found->last = set->origin + (id > max ? max : id - 1);
  return 1;
}

static int ida_set_clear_range(void *memory, uint64_t first, uint64_t last,
                               uint32_t gfp) {
  struct ida_set *set = memory;
  unsigned long id;
  (void)gfp;
  enter(&set->base);
  if (!clip(set, &first, &last)) return PFNBENCH_OK;
  for (id = first; (id = find(set, id, last, 1)) <= last; ++id) {
    give_back(set, id);
  }
  end_grace_period();
  return PFNBENCH_OK;
}

static void ida_set_init(void *memory, struct pfnbench_heap *heap,
                         const struct pfnbench_host *host) {
  struct ida_set *set = memory;
  linux_set_init(&set->base, heap, host);
  ida_init(&set->ids);
}
static void ida_set_destroy(void *memory) {
  struct ida_set *set = memory;
  enter(&set->base);
  ida_destroy(&set->ids);
  /* Nodes that an allocation without memory has left. */
  xa_destroy(&set->ids.xa);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_ida, "ida", ida_set, "radix",
                "an ID a page, by ida_alloc_range()", .max_distance = REACH - 1,
                .out_of_memory = LINUX_DOES_NOT_SURVIVE);
