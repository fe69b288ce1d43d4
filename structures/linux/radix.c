/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/radix.c
 *
 * radix@TREE: leaves in the radix tree (lib/radix-tree.c), as xbitmap had them
 * in 2017. The last user of this shape was lib/idr.c before 4.20. Set is that
 * of its version 20 without the preload, as Wilcox advised on 24 Dec 2017;
 * walks go from leaf to leaf, as those of its version 21: xbitmap of
 * structures/xbitmap/xbitmap.h.
 */

#include <linux/radix-tree.h>

#include "adapter.h"

struct leaf;
struct leaf_set {
  struct linux_set base;
  struct radix_tree_root tree;
};

static struct leaf *tree_find(struct leaf_set *set, unsigned long index) {
  return radix_tree_lookup(&set->tree, index);
}
static int tree_insert(struct leaf_set *set, unsigned long index,
                       struct leaf *leaf, gfp_t gfp) {
  set->tree.xa_flags = (__force gfp_t)(gfp & ~__GFP_ZERO);
  return radix_tree_insert(&set->tree, index, leaf);
}
static void tree_erase(struct leaf_set *set, unsigned long index) {
  radix_tree_delete(&set->tree, index);
}
static struct leaf *tree_next(struct leaf_set *set, unsigned long *index,
                              unsigned long last) {
  struct radix_tree_iter iter;
  void __rcu **slot;
  radix_tree_for_each_slot(slot, &set->tree, &iter, *index) {
    if (iter.index > last) return NULL;
    *index = iter.index;
    return rcu_dereference_raw(*slot);
  }
  return NULL;
}

#include "leaves.h"

static void leaf_set_init(void *memory, struct pfnbench_heap *heap,
                          const struct pfnbench_host *host) {
  struct leaf_set *set = memory;
  linux_set_init(&set->base, heap, host);
  INIT_RADIX_TREE(&set->tree, GFP_NOWAIT | __GFP_NOWARN);
}
static void leaf_set_destroy(void *memory) {
  struct leaf_set *set = memory;
  free_leaves(set);
  /* Nodes that an insertion without memory has left. */
  xa_destroy(&set->tree);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_radix, "radix", leaf_set, "radix",
                "bitmaps of 1,024 pages in lib/radix-tree.c");
