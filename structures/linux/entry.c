/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/entry.c
 *
 * xarray-entry@TREE: one value entry a page in the XArray, as KVM keeps the
 * attributes of guest pages and iommufd its pinned pages.
 */

#include <linux/xarray.h>

#include "adapter.h"

struct entry_set {
  struct linux_set base;
  struct xarray tree;
};

#define MEMBER xa_mk_value(0)

static int entry_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct entry_set *set = memory;
  void *old;
  enter(&set->base);
  old = xa_store(&set->tree, page, MEMBER, kernel_gfp(gfp));
  end_grace_period();
  return xa_is_err(old) ? PFNBENCH_NO_MEMORY : PFNBENCH_OK;
}

static int entry_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  struct entry_set *set = memory;
  (void)gfp;
  enter(&set->base);
  xa_erase(&set->tree, page);
  end_grace_period();
  return PFNBENCH_OK;
}

static int entry_set_test(void *memory, uint64_t page) {
  struct entry_set *set = memory;
  enter(&set->base);
  return xa_load(&set->tree, page) != NULL;
}

static int entry_set_next_range(void *memory, uint64_t from, uint64_t max,
                                struct pfnbench_range *found) {
  struct entry_set *set = memory;
  XA_STATE(xas, &set->tree, from);
  uint64_t last;
  enter(&set->base);
  if (xas_find(&xas, max) == NULL) return 0;
  found->first = last = xas.xa_index;
  while (last < max && xas_next(&xas) != NULL) ++last;
  found->last = last;
  return 1;
}

static int entry_set_clear_range(void *memory, uint64_t first, uint64_t last,
                                 uint32_t gfp) {
  struct entry_set *set = memory;
  XA_STATE(xas, &set->tree, first);
  void *entry;
  (void)gfp;
  enter(&set->base);
  xas_lock(&xas);
  xas_for_each(&xas, entry, last) xas_store(&xas, NULL);
  xas_unlock(&xas);
  end_grace_period();
  return PFNBENCH_OK;
}

static void entry_set_init(void *memory, struct pfnbench_heap *heap,
                           const struct pfnbench_host *host) {
  struct entry_set *set = memory;
  linux_set_init(&set->base, heap, host);
  xa_init(&set->tree);
}
static void entry_set_destroy(void *memory) {
  struct entry_set *set = memory;
  enter(&set->base);
  xa_destroy(&set->tree);
  linux_set_gone(&set->base);
}

LINUX_STRUCTURE(linux_xarray_entry, "xarray-entry", entry_set, "radix",
                "one value entry a page in lib/xarray.c");
