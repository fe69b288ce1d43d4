/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/interval.c
 *
 * interval@TREE: runs of pages in an interval tree (lib/interval_tree.c upon
 * lib/rbtree.c), a node from kmalloc() each, as bpf's range tree and the
 * bitmaps of XFS's scrub have them. Clearing the middle of a run needs a node.
 */

#include <linux/interval_tree.h>

#include "adapter.h"

struct interval_set {
  struct linux_set base;
  struct rb_root_cached tree;
};
typedef struct interval_tree_node run;

static void resize(struct interval_set *set, run *node, uint64_t first,
                   uint64_t last) {
  interval_tree_remove(node, &set->tree);
  node->start = first;
  node->last = last;
  interval_tree_insert(node, &set->tree);
}

static int interval_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct interval_set *set = memory;
  const uint64_t below = page == 0 ? 0 : page - 1;
  const uint64_t above = page == ULONG_MAX ? page : page + 1;
  run *node;
  run *next;
  enter(&set->base);
  node = interval_tree_iter_first(&set->tree, below, above);
  if (node == NULL) {
    node = kmalloc(sizeof(*node), kernel_gfp(gfp));
    if (node == NULL) return PFNBENCH_NO_MEMORY;
    node->start = node->last = page;
    interval_tree_insert(node, &set->tree);
    return PFNBENCH_OK;
  }
  if (node->start <= page && page <= node->last) return PFNBENCH_OK;
  next = interval_tree_iter_next(node, below, above);
  if (next != NULL && next->start <= page) return PFNBENCH_OK;
  if (next != NULL) { /* the page joins two runs */
    const uint64_t last = next->last;
    interval_tree_remove(next, &set->tree);
    kfree(next);
    resize(set, node, node->start, last);
  } else if (node->last < page) {
    resize(set, node, node->start, page);
  } else {
    resize(set, node, page, node->last);
  }
  return PFNBENCH_OK;
}

static int interval_set_clear_range(void *memory, uint64_t first, uint64_t last,
                                    uint32_t gfp) {
  struct interval_set *set = memory;
  run *node;
  enter(&set->base);
  node = interval_tree_iter_first(&set->tree, first, last);
  if (node != NULL && node->start < first && node->last > last) {
    run *rest = kmalloc(sizeof(*rest), kernel_gfp(gfp));
    if (rest == NULL) return PFNBENCH_NO_MEMORY;
    rest->start = last + 1;
    rest->last = node->last;
    resize(set, node, node->start, first - 1);
    interval_tree_insert(rest, &set->tree);
    return PFNBENCH_OK;
  }
  while (node != NULL) {
    if (node->start < first) {
      resize(set, node, node->start, first - 1);
    } else if (node->last > last) {
      resize(set, node, last + 1, node->last);
    } else {
      interval_tree_remove(node, &set->tree);
      kfree(node);
    }
    node = interval_tree_iter_first(&set->tree, first, last);
  }
  return PFNBENCH_OK;
}

static int interval_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  return interval_set_clear_range(memory, page, page, gfp);
}

static int interval_set_test(void *memory, uint64_t page) {
  struct interval_set *set = memory;
  enter(&set->base);
  return interval_tree_iter_first(&set->tree, page, page) != NULL;
}

static int interval_set_next_range(void *memory, uint64_t from, uint64_t max,
                                   struct pfnbench_range *found) {
  struct interval_set *set = memory;
  const run *node;
  enter(&set->base);
  node = interval_tree_iter_first(&set->tree, from, max);
  if (node == NULL) return 0;
  found->first = node->start < from ? from : node->start;
  found->last = node->last > max ? max : node->last;
  return 1;
}

static void interval_set_init(void *memory, struct pfnbench_heap *heap,
                              const struct pfnbench_host *host) {
  struct interval_set *set = memory;
  linux_set_init(&set->base, heap, host);
  set->tree = RB_ROOT_CACHED;
}
static void interval_set_destroy(void *memory) {
  struct interval_set *set = memory;
  (void)interval_set_clear_range(set, 0, ULONG_MAX, PFNBENCH_KERNEL);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_interval, "interval", interval_set, "rbtree",
                "runs of pages in lib/interval_tree.c",
                .flags = PFNBENCH_CLEAR_CAN_FAIL);
