/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/xarray_state.c
 *
 * xarray-state@TREE: leaves in the XArray (lib/xarray.c), found by an xa_state
 * that is kept from call to call, as the page cache keeps one while it reads or
 * writes back neighbours under one lock. The same leaf again is a look into its
 * node, and a walk goes on where it was. All changes go through that state, so
 * that it is never stale.
 */

#include <linux/xarray.h>

#include "adapter.h"

struct leaf;
struct leaf_set {
  struct linux_set base;
  struct xarray tree;
  struct xa_state state;
};

static struct leaf *tree_find(struct leaf_set *set, unsigned long index) {
  struct xa_state *xas = &set->state;
  if (xas->xa_index != index) xas_set(xas, index);
  return xas_load(xas);
}
static int tree_insert(struct leaf_set *set, unsigned long index,
                       struct leaf *leaf, gfp_t gfp) {
  struct xa_state *xas = &set->state;
  int error;
  xas_set(xas, index);
  do {
    xas_lock(xas);
    xas_store(xas, leaf);
    xas_unlock(xas);
  } while (xas_nomem(xas, gfp));
  error = xas_error(xas);
  if (error != 0) xas_reset(xas);
  return error;
}
static void tree_erase(struct leaf_set *set, unsigned long index) {
  struct xa_state *xas = &set->state;
  if (xas->xa_index != index) xas_set(xas, index);
  xas_lock(xas);
  xas_store(xas, NULL);
  xas_unlock(xas);
}
static struct leaf *tree_next(struct leaf_set *set, unsigned long *index,
                              unsigned long last) {
  struct xa_state *xas = &set->state;
  struct leaf *leaf = NULL;
  /* After the leaf that it was at, xas_find() needs no walk from the root. */
  if (!xas_is_node(xas) || xas->xa_index + 1 != *index) {
    leaf = tree_find(set, *index);
  }
  if (leaf == NULL) leaf = xas_find(xas, last);
  *index = xas->xa_index;
  return leaf;
}

#include "leaves.h"

static void leaf_set_init(void *memory, struct pfnbench_heap *heap,
                          const struct pfnbench_host *host) {
  struct leaf_set *set = memory;
  const XA_STATE(state, &set->tree, 0);
  linux_set_init(&set->base, heap, host);
  xa_init(&set->tree);
  set->state = state;
}
static void leaf_set_destroy(void *memory) {
  struct leaf_set *set = memory;
  free_leaves(set);
  xa_destroy(&set->tree);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_xarray_state, "xarray-state", leaf_set, "radix",
                "as xarray, found by an xa_state that is kept",
                .variant_of = "xarray@" LINUX_TREE);
