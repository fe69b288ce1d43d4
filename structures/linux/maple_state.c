/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/maple_state.c
 *
 * maple-state@TREE: runs of pages in the maple tree (lib/maple_tree.c) by an
 * ma_state that is kept, as mm/ keeps one in its iterator of mappings while it
 * merges neighbours. A page is looked up once. The gap that it is in says
 * whether there are neighbours, and they are a step away. A walk goes on where
 * it was.
 *
 * Stores are those of maple@TREE, and measured without faults only, as there.
 */

#include <linux/maple_tree.h>
#include <linux/xarray.h>

#include "adapter.h"

struct maple_set {
  struct linux_set base;
  struct maple_tree tree;
  struct ma_state state;
  int walks; /* the state is at the run that a walk found last */
};

#define MEMBER xa_mk_value(1)

/* Null clears. */
static int store(struct maple_set *set, uint64_t first, uint64_t last,
                 void *entry, uint32_t gfp) {
  struct ma_state *mas = &set->state;
  int error;
  mas_set_range(mas, first, last);
  mas_lock(mas);
  error = mas_store_gfp(mas, entry, kernel_gfp(gfp));
  mas_unlock(mas);
  end_grace_period();
  return error == 0 ? PFNBENCH_OK : PFNBENCH_NO_MEMORY;
}

static void *look_up(struct maple_set *set, uint64_t page) {
  set->walks = 0;
  mas_set(&set->state, page);
  return mas_walk(&set->state);
}

static int maple_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct maple_set *set = memory;
  struct ma_state *mas = &set->state;
  uint64_t first = page;
  uint64_t last = page;
  int may_join;
  enter(&set->base);
  if (look_up(set, page) != NULL) return PFNBENCH_OK;
  may_join = mas->index == page && page != 0;
  if (mas->last == page && page != ULONG_MAX) {
    if (mas_next(mas, page + 1) != NULL) last = mas->last;
  }
  if (may_join) {
    /* 6.1 finds no entry of a tree that has one at 0 alone. */
    if (mas_prev(mas, page - 1) != NULL || look_up(set, page - 1) != NULL) {
      first = mas->index;
    }
  }
  return store(set, first, last, MEMBER, gfp);
}

static int maple_set_test(void *memory, uint64_t page) {
  struct maple_set *set = memory;
  enter(&set->base);
  return look_up(set, page) != NULL;
}

static int maple_set_next_range(void *memory, uint64_t from, uint64_t max,
                                struct pfnbench_range *found) {
  struct maple_set *set = memory;
  struct ma_state *mas = &set->state;
  enter(&set->base);
  /* The page after a run is absent: a walk may go on behind it. */
  if (!set->walks || from <= mas->last || from - mas->last > 2) {
    mas_set(mas, from);
  }
  set->walks = mas_find(mas, max) != NULL;
  if (!set->walks) return 0;
  found->first = mas->index < from ? from : mas->index;
  found->last = mas->last > max ? max : mas->last;
  return 1;
}

static int maple_set_clear_range(void *memory, uint64_t first, uint64_t last,
                                 uint32_t gfp) {
  struct maple_set *set = memory;
  enter(&set->base);
  set->walks = 0;
  mas_set(&set->state, first);
  if (mas_find(&set->state, last) == NULL) return PFNBENCH_OK;
  return store(set, first, last, NULL, gfp);
}

static int maple_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  return maple_set_clear_range(memory, page, page, gfp);
}

static void maple_set_init(void *memory, struct pfnbench_heap *heap,
                           const struct pfnbench_host *host) {
  struct maple_set *set = memory;
  const MA_STATE(state, &set->tree, 0, 0);
  linux_set_init(&set->base, heap, host);
  mt_init_flags(&set->tree, 0);
  memcpy(&set->state, &state, sizeof(state));
}
static void maple_set_destroy(void *memory) {
  struct maple_set *set = memory;
  enter(&set->base);
  mtree_destroy(&set->tree);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_maple_state, "maple-state", maple_set, "maple",
                "as maple, an ma_state that is kept",
                .variant_of = "maple@" LINUX_TREE,
                .out_of_memory = LINUX_DOES_NOT_SURVIVE,
                .flags = PFNBENCH_CLEAR_CAN_FAIL);
