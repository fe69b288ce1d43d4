/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/adapter.h
 *
 * What the adapters of a kernel's structures have in common. An adapter calls
 * public functions of the tree; the memory comes from the heap of its set.
 */

#ifndef PFNBENCH_STRUCTURES_LINUX_ADAPTER_H_
#define PFNBENCH_STRUCTURES_LINUX_ADAPTER_H_

#ifdef __KERNEL__
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/radix-tree.h>
#include <stdint.h>
#endif

#include "../plugin/pfnbench_plugin.h"

#ifdef __KERNEL__

/* In the module the kernel itself is what shim.h stands for elsewhere. */
struct linux_set {
  unsigned long none;
};
static inline void linux_set_init(struct linux_set *set,
                                  struct pfnbench_heap *heap,
                                  const struct pfnbench_host *host) {}
static inline void linux_set_gone(struct linux_set *set) {}
static inline void enter(struct linux_set *set) {}
static inline void end_grace_period(void) {}
#define pfnbench_kfree(object, size) kfree(object)

#else

#include "shim.h"

/* More than any tree creates. */
#define LINUX_CACHES 16

/* The beginning of each set. */
struct linux_set {
  struct pfnbench_heap *heap;
  const struct pfnbench_host *host;
  struct pfnbench_cache *caches[LINUX_CACHES];
  /* The CPU's pool of nodes, while another set is current: no node changes */
  /* its heap. */
  struct radix_tree_preload pool;
};

extern struct linux_set *pfnbench_current;
void pfnbench_activate(struct linux_set *set);
void pfnbench_run_callbacks(void);

void linux_set_init(struct linux_set *set, struct pfnbench_heap *heap,
                    const struct pfnbench_host *host);
void linux_set_gone(struct linux_set *set);

/* Each function of a set begins with it: the heap of the set is the heap. */
static inline void enter(struct linux_set *set) {
  if (unlikely(pfnbench_current != set)) pfnbench_activate(set);
}

/* And each that may free ends with it. */
static inline void end_grace_period(void) {
  if (unlikely(pfnbench_rcu != NULL)) pfnbench_run_callbacks();
}

#endif /* __KERNEL__ */

static inline gfp_t kernel_gfp(uint32_t gfp) {
  return gfp == PFNBENCH_KERNEL ? GFP_KERNEL : GFP_NOWAIT | __GFP_NOWARN;
}

/*
 * Of code of the kernel that does not survive each failure: measured without
 * faults only. With LINUX_FINDINGS the sweep shows why; docs/findings.md.
 */
#ifdef LINUX_FINDINGS
#define LINUX_DOES_NOT_SURVIVE PFNBENCH_REPORTS
#else
#define LINUX_DOES_NOT_SURVIVE PFNBENCH_ABORTS
#endif

/* The table of a row; NAME is that of the tree. */
#define LINUX_STRUCTURE(symbol, row, prefix, family_, origin_, ...) \
  const struct pfnbench_structure symbol = {                        \
      .name = row "@" LINUX_TREE,                                   \
      .family = family_,                                            \
      .origin = "Linux " LINUX_TREE ": " origin_,                   \
      .set_bytes = sizeof(struct prefix),                           \
      .init = prefix##_init,                                        \
      .destroy = prefix##_destroy,                                  \
      .set = prefix##_set,                                          \
      .clear = prefix##_clear,                                      \
      .test = prefix##_test,                                        \
      .next_range = prefix##_next_range,                            \
      .clear_range = prefix##_clear_range,                          \
      __VA_ARGS__}

#endif /* PFNBENCH_STRUCTURES_LINUX_ADAPTER_H_ */
