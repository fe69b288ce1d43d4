/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/xbitmap_tag.c
 *
 * xbitmap-tag@TREE: leaves in the radix tree (lib/radix-tree.c) with exact FREE
 * marks, as Matthew Wilcox rewrote xbitmap on 21 Dec 2017 (v21). A leaf that is
 * not full is marked, and so is all above it. A set asks for the FREE slot of
 * its leaf by idr_get_free(), and scans the leaf for fullness each time.
 *
 * It differs: a leaf comes from kzalloc() and not from a preload, and a walk
 * looks at each leaf, as radix@TREE does. Wilcox's skipped full leaves by their
 * marks, with a patch to the tagged walk of lib/radix-tree.c. In 6.1 that walk
 * does not end where a FREE slot has no node below. A module cannot have this
 * row: idr_get_free() is not exported.
 */

#include <linux/idr.h>

#include "adapter.h"

#define LEAF_MARKS

struct leaf;
struct leaf_set {
  struct linux_set base;
  struct idr idr;
};

static struct leaf *tree_find(struct leaf_set *set, unsigned long index) {
  return radix_tree_lookup(&set->idr.idr_rt, index);
}
static void tree_erase(struct leaf_set *set, unsigned long index) {
  radix_tree_delete(&set->idr.idr_rt, index);
}
static void tree_mark(struct leaf_set *set, unsigned long index) {
  radix_tree_tag_set(&set->idr.idr_rt, index, IDR_FREE);
}
static struct leaf *tree_next(struct leaf_set *set, unsigned long *index,
                              unsigned long last) {
  struct radix_tree_iter iter;
  void __rcu **slot;
  radix_tree_for_each_slot(slot, &set->idr.idr_rt, &iter, *index) {
    if (iter.index > last) return NULL;
    *index = iter.index;
    return rcu_dereference_raw(*slot);
  }
  return NULL;
}

#include "leaves.h"

static int leaf_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct leaf_set *set = memory;
  struct radix_tree_root *tree = &set->idr.idr_rt;
  const unsigned long index = page / LEAF_BITS;
  struct radix_tree_iter iter;
  void __rcu **slot;
  struct leaf *leaf;
  enter(&set->base);
  radix_tree_iter_init(&iter, index);
  slot = idr_get_free(tree, &iter, kernel_gfp(gfp), index);
  if (IS_ERR(slot)) {
    /* None is FREE: the leaf is full and has this page. */
    return PTR_ERR(slot) == -ENOSPC ? PFNBENCH_OK : PFNBENCH_NO_MEMORY;
  }
  leaf = rcu_dereference_raw(*slot);
  if (unlikely(leaf == NULL)) {
    leaf = kzalloc(sizeof(*leaf), kernel_gfp(gfp));
    if (leaf == NULL) return PFNBENCH_NO_MEMORY;
    radix_tree_iter_replace(tree, &iter, slot, leaf);
  }
  __set_bit(page % LEAF_BITS, leaf->bits);
  if (unlikely(bitmap_full(leaf->bits, LEAF_BITS))) {
    radix_tree_iter_tag_clear(tree, &iter, IDR_FREE);
  }
  return PFNBENCH_OK;
}

static void leaf_set_init(void *memory, struct pfnbench_heap *heap,
                          const struct pfnbench_host *host) {
  struct leaf_set *set = memory;
  linux_set_init(&set->base, heap, host);
  idr_init(&set->idr);
}
static void leaf_set_destroy(void *memory) {
  struct leaf_set *set = memory;
  free_leaves(set);
  /* Nodes that a set without memory has left. */
  idr_destroy(&set->idr);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_xbitmap_tag, "xbitmap-tag", leaf_set, "radix",
                "xbitmap of 21 Dec 2017 on lib/radix-tree.c",
                .variant_of = "radix@" LINUX_TREE);
