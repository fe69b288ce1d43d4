/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/xarray.c
 *
 * xarray@TREE: leaves in the XArray (lib/xarray.c) by xa_load() and xa_store(),
 * as lib/idr.c has them under an IDA.
 *
 * xarray-hint@TREE (with LINUX_HINT): the same, and the last leaf is
 * remembered, as a caller could who sets neighbours one after the other.
 */

#include <linux/xarray.h>

#include "adapter.h"

struct leaf;
struct leaf_set {
  struct linux_set base;
  struct xarray tree;
  struct leaf *last; /* null: none is remembered */
  unsigned long last_index;
};

static struct leaf *tree_find(struct leaf_set *set, unsigned long index) {
#ifdef LINUX_HINT
  struct leaf *leaf;
  if (set->last != NULL && set->last_index == index) return set->last;
  leaf = xa_load(&set->tree, index);
  if (leaf != NULL) {
    set->last = leaf;
    set->last_index = index;
  }
  return leaf;
#else
  return xa_load(&set->tree, index);
#endif
}
static int tree_insert(struct leaf_set *set, unsigned long index,
                       struct leaf *leaf, gfp_t gfp) {
  return xa_err(xa_store(&set->tree, index, leaf, gfp));
}
static void tree_erase(struct leaf_set *set, unsigned long index) {
  set->last = NULL;
  xa_erase(&set->tree, index);
}
static struct leaf *tree_next(struct leaf_set *set, unsigned long *index,
                              unsigned long last) {
  return xa_find(&set->tree, index, last, XA_PRESENT);
}

#include "leaves.h"

static void leaf_set_init(void *memory, struct pfnbench_heap *heap,
                          const struct pfnbench_host *host) {
  struct leaf_set *set = memory;
  linux_set_init(&set->base, heap, host);
  xa_init(&set->tree);
}
static void leaf_set_destroy(void *memory) {
  struct leaf_set *set = memory;
  free_leaves(set);
  xa_destroy(&set->tree);
  linux_set_gone(&set->base);
}

#ifdef LINUX_HINT
LINUX_STRUCTURE(linux_xarray_hint, "xarray-hint", leaf_set, "radix",
                "as xarray, the last leaf remembered",
                .variant_of = "xarray@" LINUX_TREE);
#else
LINUX_STRUCTURE(linux_xarray, "xarray", leaf_set, "radix",
                "bitmaps of 1,024 pages in lib/xarray.c");
#endif
