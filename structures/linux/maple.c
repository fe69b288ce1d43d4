/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/maple.c
 *
 * maple@TREE: runs of pages in the maple tree (lib/maple_tree.c), as regmap and
 * guest_memfd keep ranges. A page is looked up, then its two neighbours, and
 * the run that they make together is stored by mas_store_gfp(). Storing and
 * clearing need memory. The row is measured without faults only: in 6.1
 * mas_nomem() tries again for as long as it holds one node, so that a
 * store never returns if the first request of it succeeds and no later one
 * does.
 *
 * maple-prealloc@TREE (with LINUX_PREALLOC): the same by mas_preallocate() and
 * mas_store_prealloc(), as mmap() does it: all nodes of the worst case are
 * asked for, and those that are not used go back.
 */

#include <linux/maple_tree.h>
#include <linux/xarray.h>

#include "adapter.h"

struct maple_set {
  struct linux_set base;
  struct maple_tree tree;
};

#define MEMBER xa_mk_value(1)

/* Null clears. */
static int store(struct maple_set *set, uint64_t first, uint64_t last,
                 void *entry, uint32_t gfp) {
  MA_STATE(mas, &set->tree, first, last);
  int error;
  mas_lock(&mas);
#ifdef LINUX_PREALLOC
  error = mas_preallocate(&mas, entry, kernel_gfp(gfp));
  if (error == 0) mas_store_prealloc(&mas, entry);
#else
  error = mas_store_gfp(&mas, entry, kernel_gfp(gfp));
#endif
  mas_unlock(&mas);
  end_grace_period();
  return error == 0 ? PFNBENCH_OK : PFNBENCH_NO_MEMORY;
}

static int maple_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct maple_set *set = memory;
  MA_STATE(mas, &set->tree, page, page);
  uint64_t first = page;
  uint64_t last = page;
  enter(&set->base);
  if (mas_walk(&mas) != NULL) return PFNBENCH_OK;
  if (page != 0) {
    mas_set(&mas, page - 1);
    if (mas_walk(&mas) != NULL) first = mas.index;
  }
  if (page != ULONG_MAX) {
    mas_set(&mas, page + 1);
    if (mas_walk(&mas) != NULL) last = mas.last;
  }
  return store(set, first, last, MEMBER, gfp);
}

static int maple_set_test(void *memory, uint64_t page) {
  struct maple_set *set = memory;
  MA_STATE(mas, &set->tree, page, page);
  enter(&set->base);
  return mas_walk(&mas) != NULL;
}

static int maple_set_next_range(void *memory, uint64_t from, uint64_t max,
                                struct pfnbench_range *found) {
  struct maple_set *set = memory;
  MA_STATE(mas, &set->tree, from, from);
  enter(&set->base);
  if (mas_find(&mas, max) == NULL) return 0;
  found->first = mas.index < from ? from : mas.index;
  found->last = mas.last > max ? max : mas.last;
  return 1;
}

static int maple_set_clear_range(void *memory, uint64_t first, uint64_t last,
                                 uint32_t gfp) {
  struct maple_set *set = memory;
  MA_STATE(mas, &set->tree, first, first);
  enter(&set->base);
  if (mas_find(&mas, last) == NULL) return PFNBENCH_OK;
  return store(set, first, last, NULL, gfp);
}

static int maple_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  return maple_set_clear_range(memory, page, page, gfp);
}

static void maple_set_init(void *memory, struct pfnbench_heap *heap,
                           const struct pfnbench_host *host) {
  struct maple_set *set = memory;
  linux_set_init(&set->base, heap, host);
  mt_init_flags(&set->tree, 0);
}
static void maple_set_destroy(void *memory) {
  struct maple_set *set = memory;
  enter(&set->base);
  mtree_destroy(&set->tree);
  linux_set_gone(&set->base);
}

#ifdef LINUX_PREALLOC
LINUX_STRUCTURE(linux_maple_prealloc, "maple-prealloc", maple_set, "maple",
                "as maple, nodes of the worst case asked for before",
                .variant_of = "maple@" LINUX_TREE,
                .flags = PFNBENCH_CLEAR_CAN_FAIL);
#else
LINUX_STRUCTURE(linux_maple, "maple", maple_set, "maple",
                "runs of pages in lib/maple_tree.c, by mas_store_gfp()",
                .out_of_memory = LINUX_DOES_NOT_SURVIVE,
                .flags = PFNBENCH_CLEAR_CAN_FAIL);
#endif
