/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/tree_test.c
 *
 * The tree's own tests of its lib/, with our shims below them instead of a
 * kernel: lib/test_xarray.c and lib/test_maple_tree.c, as the modules that they
 * are. Compiled once for each (with LINUX_TEST), and once for main().
 */

#include <stdlib.h>

#include "adapter.h"

#ifdef LINUX_TEST

#include <linux/maple_tree.h>
#include <linux/xarray.h>

/*
 * From here on it is a kernel's module. Else it would expect the allocator of
 * tools/testing, which refuses GFP_NOWAIT.
 */
#define __KERNEL__ 1
#undef printk
#undef pr_info
#undef pr_err
#undef rcu_barrier
#undef module_init
#undef module_exit
#define printk(...) printf(__VA_ARGS__)
#define pr_info(...) printf(__VA_ARGS__)
#define pr_err(...) printf(__VA_ARGS__)
#define rcu_barrier() end_grace_period()
#define module_init(function) \
  int LINUX_TEST(void) { return function(); }
#define module_exit(function)
#define cond_resched() ((void)0)
#define schedule() ((void)0)
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif

struct rw_semaphore {
  struct lockdep_map dep_map;
};
#define DECLARE_RWSEM(name) struct rw_semaphore name
#define init_rwsem(lock) ((void)(lock))
#define down_write(lock) ((void)(lock))
#define down_write_nested(lock, subclass) ((void)(lock))
#define up_write(lock) ((void)(lock))

#include LINUX_TEST_SOURCE

#else

/* ---- A heap that refuses nothing, and counts what is live. */

struct pfnbench_cache {
  size_t size;
  size_t align;
};
static long live;

static void *give(struct pfnbench_heap *heap, size_t size, size_t align,
                  uint32_t gfp) {
  (void)heap;
  (void)gfp;
  ++live;
  return aligned_alloc(align, (size + align - 1) / align * align);
}
static void take(struct pfnbench_heap *heap, void *object, size_t size,
                 size_t align) {
  (void)heap;
  (void)size;
  (void)align;
  --live;
  free(object);
}
static struct pfnbench_cache *open_cache(struct pfnbench_heap *heap,
                                         const char *name, size_t size,
                                         size_t align, int has_constructor) {
  static struct pfnbench_cache caches[LINUX_CACHES];
  static unsigned int count;
  struct pfnbench_cache *cache = &caches[count++];
  (void)heap;
  (void)name;
  (void)has_constructor;
  cache->size = size;
  cache->align = align;
  return cache;
}
static void *cache_give(struct pfnbench_cache *cache, uint32_t gfp) {
  return give(NULL, cache->size, cache->align, gfp);
}
static void cache_take(struct pfnbench_cache *cache, void *object) {
  take(NULL, object, cache->size, cache->align);
}

#define TEST(name) int name(void);
LINUX_TESTS
#undef TEST

int main(void) {
  static const struct pfnbench_host host = {give, take, open_cache, cache_give,
                                            cache_take};
  static struct linux_set set;
  int failed = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  linux_set_init(&set, NULL, &host);
#define TEST(name)             \
  printf("lib/" #name ".c\n"); \
  failed |= name() != 0;
  LINUX_TESTS
#undef TEST
  linux_set_gone(&set);
  if (live != 0) printf("%ld objects are still allocated\n", live);
  return failed || live != 0;
}

#endif
