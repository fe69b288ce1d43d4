/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/btree.c
 *
 * btree@TREE: leaves in the B+ tree (lib/btree.c). With LINUX_HINT,
 * btree-hint@TREE: the last leaf is remembered, as Tetsuo Handa posted it on
 * 16 Dec 2017.
 *
 * The tree walks from greater keys to smaller ones only, and knows no key 0: a
 * leaf has the complement of its index as key.
 */

#include <linux/btree.h>

#include "adapter.h"

struct leaf;
struct leaf_set {
  struct linux_set base;
  struct btree_head64 tree;
  struct leaf *last; /* null: none is remembered */
  unsigned long last_index;
};

static struct leaf *tree_find(struct leaf_set *set, unsigned long index) {
#ifdef LINUX_HINT
  struct leaf *leaf;
  if (set->last != NULL && set->last_index == index) return set->last;
  leaf = btree_lookup64(&set->tree, ~(u64)index);
  if (leaf != NULL) {
    set->last = leaf;
    set->last_index = index;
  }
  return leaf;
#else
  return btree_lookup64(&set->tree, ~(u64)index);
#endif
}
static int tree_insert(struct leaf_set *set, unsigned long index,
                       struct leaf *leaf, gfp_t gfp) {
  return btree_insert64(&set->tree, ~(u64)index, leaf, gfp);
}
static void tree_erase(struct leaf_set *set, unsigned long index) {
  set->last = NULL;
  btree_remove64(&set->tree, ~(u64)index);
}
static struct leaf *tree_next(struct leaf_set *set, unsigned long *index,
                              unsigned long last) {
  struct leaf *leaf = btree_lookup64(&set->tree, ~(u64)*index);
  u64 key = ~(u64)*index;
  if (leaf != NULL) return leaf;
  leaf = btree_get_prev64(&set->tree, &key);
  if (leaf == NULL || (unsigned long)~key > last) return NULL;
  *index = (unsigned long)~key;
  return leaf;
}

#include "leaves.h"

static void leaf_set_init(void *memory, struct pfnbench_heap *heap,
                          const struct pfnbench_host *host) {
  struct leaf_set *set = memory;
  linux_set_init(&set->base, heap, host);
  (void)btree_init64(&set->tree); /* a mempool without a reserve */
}
static void leaf_set_destroy(void *memory) {
  struct leaf_set *set = memory;
  free_leaves(set);
  btree_destroy64(&set->tree);
  linux_set_gone(&set->base);
}

#ifdef LINUX_HINT
LINUX_STRUCTURE(linux_btree_hint, "btree-hint", leaf_set, "btree",
                "bitmaps of 1,024 pages in lib/btree.c, the last remembered");
#else
LINUX_STRUCTURE(linux_btree, "btree", leaf_set, "btree",
                "as btree-hint, none remembered",
                .variant_of = "btree-hint@" LINUX_TREE);
#endif
