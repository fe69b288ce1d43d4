/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/radix.c
 *
 * radix@TREE: leaves in the radix tree (lib/radix-tree.c), as xbitmap had them
 * in 2017. The last user of this shape was lib/idr.c before 4.20. Set is that
 * of its version 20 without the preload, as Wilcox advised on 24 Dec 2017;
 * walks go from leaf to leaf, as those of its version 21: xbitmap of
 * structures/xbitmap/xbitmap.h.
 *
 * radix-preload@TREE (with LINUX_PRELOAD): before each set the pool of nodes is
 * filled, as by the xb_preload() of xbitmap's versions 12 to 20. Nodes of the
 * pool serve an insertion that gets no other. idr_preload() does it, because
 * radix_tree_preload() warns about GFP_NOWAIT. A leaf is not preloaded: the
 * kernel's pool of those went with 4.20.
 */

#include <linux/idr.h>
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

#ifdef LINUX_PRELOAD
static int preloaded_set(void *memory, uint64_t page, uint32_t gfp) {
  struct leaf_set *set = memory;
  int status;
  enter(&set->base);
  idr_preload(kernel_gfp(gfp));
  status = leaf_set_set(set, page, gfp);
  idr_preload_end();
  return status;
}

LINUX_STRUCTURE(linux_radix_preload, "radix-preload", leaf_set, "radix",
                "as radix, nodes preloaded before each set",
                .variant_of = "radix@" LINUX_TREE, .set = preloaded_set);
#else
LINUX_STRUCTURE(linux_radix, "radix", leaf_set, "radix",
                "bitmaps of 1,024 pages in lib/radix-tree.c");
#endif
