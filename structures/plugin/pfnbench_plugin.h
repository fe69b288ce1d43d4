/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/plugin/pfnbench_plugin.h
 *
 * Structures that pfnbench loads: a shared object, in any language that can be
 * called from C. No part of pfnbench is built again for it.
 *
 *   gcc -O2 -shared -fPIC -o mine.so mine.c
 *   pfnbench --plugin=mine.so --structure=flat,xbitmap,mine
 *
 * structures/plugin/example.c is a whole one.
 *
 * The shared object exports one function, pfnbench_get_plugin(). It returns the
 * table of its structures, which stays as it is while the program runs. Nothing
 * else of it is looked at, and it is never unloaded.
 *
 * Rules for all functions below
 *   - One thread, no signal handlers. Many sets may exist, each with a heap of
 *     its own, and are called in any order.
 *   - A page is a page frame number. All 64 bits are legal. A range is `first`
 *     to `last`, both inclusive, and never empty.
 *   - All memory comes from the heap of the set, with the gfp that the caller
 *     gives. A request that returns a null pointer has had no effect. Memory is
 *     not zeroed.
 *   - A function that reports PFNBENCH_NO_MEMORY has left all members as they
 *     were.
 *   - No C++ exception and no Rust panic may leave a function.
 *
 * pfnbench compares every answer with an oracle. A structure that answers
 * wrongly, crashes or loses memory has no figure, and its row says why.
 */

#ifndef PFNBENCH_STRUCTURES_PLUGIN_PFNBENCH_PLUGIN_H_
#define PFNBENCH_STRUCTURES_PLUGIN_PFNBENCH_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header. It rises with every change; others are refused. */
#define PFNBENCH_PLUGIN_VERSION 2

/* The gfp of a request. */
#define PFNBENCH_NOWAIT 0 /* GFP_NOWAIT: may fail at any time */
#define PFNBENCH_KERNEL 1 /* GFP_KERNEL: may sleep, and is never refused */

/* How set(), clear() and clear_range() ended. */
#define PFNBENCH_OK 0
#define PFNBENCH_NO_MEMORY (-12) /* the kernel's -ENOMEM */

/* The heap of one set: kmalloc() and slab caches, as the kernel has them. */
struct pfnbench_heap;
struct pfnbench_cache;

/* What pfnbench does for a plugin. The same table for all sets. */
struct pfnbench_host {
  /*
   * kmalloc(): up to 8 KiB from the size classes of the kernel, more as a block
   * of 2^n pages. `align` is at most 8; or at most `size`, where that is a
   * power of two or more than 8 KiB.
   */
  void *(*alloc)(struct pfnbench_heap *heap, size_t size, size_t align,
                 uint32_t gfp);
  /* Gives back what alloc() gave, with the same size and alignment. */
  void (*free)(struct pfnbench_heap *heap, void *object, size_t size,
               size_t align);
  /*
   * kmem_cache_create(): objects of one size. It never fails. The same name
   * gives the same cache of this heap. `has_constructor`: objects keep what
   * they hold while they are free, so each takes 8 bytes more.
   */
  struct pfnbench_cache *(*open_cache)(struct pfnbench_heap *heap,
                                       const char *name, size_t size,
                                       size_t align, int has_constructor);
  void *(*cache_alloc)(struct pfnbench_cache *cache, uint32_t gfp);
  void (*cache_free)(struct pfnbench_cache *cache, void *object);
};

struct pfnbench_range {
  uint64_t first;
  uint64_t last;
};

/* Gets a range of members. It must be called by for_each_range() only. */
typedef void (*pfnbench_visit)(void *context, uint64_t first, uint64_t last);

/* pfnbench_structure.out_of_memory */
#define PFNBENCH_REPORTS 0 /* returns PFNBENCH_NO_MEMORY */
#define PFNBENCH_ABORTS 1  /* is measured without faults only */

/* pfnbench_structure.flags */
#define PFNBENCH_CLEAR_CAN_FAIL 1u /* clear() and clear_range() may report */
                                   /* PFNBENCH_NO_MEMORY */
#define PFNBENCH_DEFERS_WORK 2u    /* set() leaves work to anyone who looks */
/* Not all memory is from the heap: no bytes are printed, and no sweep runs. */
#define PFNBENCH_OTHER_MEMORY 4u

/* One structure. */
struct pfnbench_structure {
  /* On the command line: a-z, 0-9 and "-+.@", at most 32 letters; unique. */
  const char *name;
  const char *family; /* bitmap, radix, list, btree, ...; at most 16 letters */
  const char *origin; /* who proposed it, and when; one line */
  /* The structure that it differs from in one thing; or null. */
  const char *variant_of;
  /*
   * Bytes of the set itself, which pfnbench provides, as a driver has it inside
   * its own struct: zeroed, aligned to 64, and not counted.
   */
  size_t set_bytes;
  /*
   * The greatest distance of two pages in one set; 0: no limit. Beyond it set()
   * reports PFNBENCH_NO_MEMORY.
   */
  uint64_t max_distance;
  uint32_t out_of_memory;
  uint32_t flags;
  /*
   * Null; or why there is no such structure here, in one line of at most 400
   * letters. Its rows are there, say so and have no figure. No function of it
   * is called, and none is needed.
   */
  const char *missing;

  /* Needed. `set` is what init() got. */

  /* Asks for no memory that could be refused. */
  void (*init)(void *set, struct pfnbench_heap *heap,
               const struct pfnbench_host *host);
  /* Frees everything. pfnbench then looks whether the heap is empty. */
  void (*destroy)(void *set);
  /* The page becomes a member; it may be one. */
  int (*set)(void *set, uint64_t page, uint32_t gfp);
  /* The page is no member any more; it may be none. */
  int (*clear)(void *set, uint64_t page, uint32_t gfp);
  /* Not 0: it is a member. */
  int (*test)(void *set, uint64_t page);
  /*
   * The first maximal run of members that meets [from, max], clipped to it. 0
   * if there is none, and `found` is left alone. from <= max.
   */
  int (*next_range)(void *set, uint64_t from, uint64_t max,
                    struct pfnbench_range *found);
  /* No page of [first, last] is a member any more. */
  int (*clear_range)(void *set, uint64_t first, uint64_t last, uint32_t gfp);

  /* Optional: null if the structure has none. */

  /*
   * Calls `visit` for each maximal run within [first, last], clipped to it, in
   * ascending order. Without it each run is asked for by next_range().
   */
  void (*for_each_range)(void *set, uint64_t first, uint64_t last,
                         pfnbench_visit visit, void *context);
  /* For tests: 0 if the structure's own invariants do not hold. */
  int (*validate)(void *set);

  /*
   * Optional, all three or none: the loop over an array of pages, which
   * --calls=inlined measures. The first two return how many pages, from the
   * first, were done before one of them found no memory; `count` if all were.
   */
  uint64_t (*set_pages)(void *set, const uint64_t *pages, uint64_t count,
                        uint32_t gfp);
  uint64_t (*clear_pages)(void *set, const uint64_t *pages, uint64_t count,
                          uint32_t gfp);
  /* How many of the pages are members. */
  uint64_t (*test_pages)(void *set, const uint64_t *pages, uint64_t count);
};

struct pfnbench_plugin {
  uint32_t version;         /* PFNBENCH_PLUGIN_VERSION */
  uint32_t structure_bytes; /* sizeof(struct pfnbench_structure) */
  uint64_t count;           /* of structures: 1 to 1000 */
  const struct pfnbench_structure *structures;
};

/* What the shared object exports. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const struct pfnbench_plugin *
pfnbench_get_plugin(void);

#ifdef __cplusplus
}
#endif

#endif /* PFNBENCH_STRUCTURES_PLUGIN_PFNBENCH_PLUGIN_H_ */
