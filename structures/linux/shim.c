/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/shim.c
 *
 * Slab caches and kmalloc() on the heap of the set that is being called, and
 * the table of all rows of the tree.
 */

#include <stdlib.h>

#include "adapter.h"

#define MOST_CACHES LINUX_CACHES

/* ---- Slab. */

static struct kmem_cache caches[MOST_CACHES];
static unsigned int cache_count;

struct callback_head *pfnbench_rcu;
struct linux_set *pfnbench_current;
int (*pfnbench_cpu_dead)(unsigned int cpu);

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
                                     unsigned int align, unsigned long flags,
                                     void (*constructor)(void *)) {
  struct kmem_cache *cache;
  (void)flags;
  if (cache_count == MOST_CACHES) abort();
  cache = &caches[cache_count++];
  cache->name = name;
  cache->size = size;
  cache->align = align == 0 ? 8 : align;
  cache->constructor = constructor;
  return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache) { (void)cache; }

static uint32_t gfp_of(gfp_t gfp) {
  return gfp & __GFP_DIRECT_RECLAIM ? PFNBENCH_KERNEL : PFNBENCH_NOWAIT;
}

/*
 * A constructor runs for each object and not once for each slab: it cannot be
 * seen here which object was used before.
 */
static void *prepared(const struct kmem_cache *cache, void *object, gfp_t gfp) {
  if (object == NULL) return NULL;
  if (cache->constructor) {
    cache->constructor(object);
  } else if (gfp & __GFP_ZERO) {
    memset(object, 0, cache->size);
  }
  return object;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp) {
  return prepared(
      cache, pfnbench_current->host->cache_alloc(cache->now, gfp_of(gfp)), gfp);
}

void kmem_cache_free(struct kmem_cache *cache, void *object) {
  pfnbench_current->host->cache_free(cache->now, object);
}

/* All of them, or none: as SLUB's. */
int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t count,
                          void **objects) {
  for (size_t i = 0; i < count; ++i) {
    objects[i] = kmem_cache_alloc(cache, gfp);
    if (objects[i] == NULL) {
      kmem_cache_free_bulk(cache, i, objects);
      return 0;
    }
  }
  return (int)count;
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t count,
                          void **objects) {
  for (size_t i = 0; i < count; ++i) kmem_cache_free(cache, objects[i]);
}

void *pfnbench_kmalloc(size_t size, gfp_t gfp) {
  void *object = pfnbench_current->host->alloc(pfnbench_current->heap, size, 8,
                                               gfp_of(gfp));
  if (object != NULL && (gfp & __GFP_ZERO)) memset(object, 0, size);
  return object;
}

void pfnbench_kfree(void *object, size_t size) {
  pfnbench_current->host->free(pfnbench_current->heap, object, size, 8);
}

mempool_t *mempool_create(int least, mempool_alloc_t alloc, mempool_free_t give,
                          void *data) {
  static mempool_t pool;
  (void)least;
  (void)data;
  pool.alloc = alloc;
  pool.free = give;
  return &pool;
}

/* ---- Bitmaps: what the tree has for its own kernel only. */

#ifdef LINUX_LACKS_BITMAP_CLEAR
void bitmap_clear(unsigned long *map, unsigned int start, int count) {
  const unsigned int end = start + (unsigned int)count;
  while (start < end) {
    const unsigned int bit = start % BITS_PER_LONG;
    const unsigned int bits =
        end - start < BITS_PER_LONG - bit ? end - start : BITS_PER_LONG - bit;
    map[start / BITS_PER_LONG] &= ~((~0UL >> (BITS_PER_LONG - bits)) << bit);
    start += bits;
  }
}
#endif

/* ---- Sets. */

void pfnbench_activate(struct linux_set *set) {
#ifndef LINUX_LACKS_RADIX /* then no row has a pool */
  if (pfnbench_current != NULL) pfnbench_current->pool = radix_tree_preloads;
  radix_tree_preloads = set->pool;
#endif
  pfnbench_current = set;
  for (unsigned int i = 0; i < cache_count; ++i) {
    caches[i].now = set->caches[i];
  }
}

void linux_set_init(struct linux_set *set, struct pfnbench_heap *heap,
                    const struct pfnbench_host *host) {
  set->heap = heap;
  set->host = host;
  for (unsigned int i = 0; i < cache_count; ++i) {
    const struct kmem_cache *cache = &caches[i];
    set->caches[i] = host->open_cache(heap, cache->name, cache->size,
                                      cache->align, cache->constructor != NULL);
  }
  pfnbench_activate(set);
}

void linux_set_gone(struct linux_set *set) {
  enter(set);
  end_grace_period();
#ifndef LINUX_LACKS_RADIX
  pfnbench_cpu_dead(0);
#endif
  pfnbench_current = NULL;
}

void pfnbench_run_callbacks(void) {
  while (pfnbench_rcu != NULL) {
    struct callback_head *head = pfnbench_rcu;
    pfnbench_rcu = head->next;
    head->func(head);
  }
}

/* ---- The plugin. */

/* What start_kernel() calls, before any set is made. */
#define INIT(name) void name(void);
LINUX_INITS
#undef INIT
static void __attribute__((constructor(150), used)) start(void) {
#define INIT(name) name();
  LINUX_INITS
#undef INIT
}

#define ROW(name) extern const struct pfnbench_structure name;
LINUX_ROWS
#undef ROW

const struct pfnbench_plugin *pfnbench_get_plugin(void) {
  static const struct pfnbench_structure *const all[] = {
#define ROW(name) &name,
      LINUX_ROWS
#undef ROW
  };
  enum { COUNT = sizeof(all) / sizeof(all[0]) };
  static struct pfnbench_structure rows[COUNT];
  static const struct pfnbench_plugin plugin = {
      .version = PFNBENCH_PLUGIN_VERSION,
      .structure_bytes = sizeof(struct pfnbench_structure),
      .count = COUNT,
      .structures = rows,
  };
  for (unsigned int i = 0; i < COUNT; ++i) rows[i] = *all[i];
  return &plugin;
}
