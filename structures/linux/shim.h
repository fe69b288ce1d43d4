/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/shim.h
 *
 * The few facilities that a kernel's lib/ needs of the rest of the kernel, for
 * one thread in user space: slab caches on the heap of pfnbench, locks and RCU
 * of a machine with one CPU. structures/linux/build makes each header that
 * the kernel has for them include this one.
 */

#ifndef PFNBENCH_STRUCTURES_LINUX_SHIM_H_
#define PFNBENCH_STRUCTURES_LINUX_SHIM_H_

#include <limits.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* It prints, and its header does not say so. */
#include <asm/bug.h>

/* ---- What lib/ marks and prints. */

#ifndef __init
#define __init
#endif
#ifndef __exit
#define __exit
#endif
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#ifndef __force
#define __force
#endif
#ifndef __rcu
#define __rcu
#endif
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef U8_MAX
#define U8_MAX 255
#endif
#define EXPORT_PER_CPU_SYMBOL_GPL(x)
#define MODULE_AUTHOR(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_LICENSE(x)
#define printk(...) ((void)0)
#define pr_err(...) ((void)0)
#define pr_warn(...) ((void)0)
#define pr_info(...) ((void)0)
#define pr_debug(...) ((void)0)
#define pr_cont(...) ((void)0)
#define dump_stack() ((void)0)
#define trace_ma_op(...) ((void)0)
#define trace_ma_read(...) ((void)0)
#define trace_ma_write(...) ((void)0)

/* Modules are set up when the plugin is loaded. */
#define module_init(function)                         \
  static void __attribute__((constructor(200), used)) \
  pfnbench_##function(void) {                         \
    (void)function();                                 \
  }
#define module_exit(function) \
  static void __attribute__((unused)) pfnbench_##function(void) { function(); }

/* Counters of the maple tree's own tests. */
#define ATOMIC_INIT(value) \
  { (value) }
static inline void atomic_inc(atomic_t *counter) { ++counter->counter; }
static inline int atomic_read(const atomic_t *counter) {
  return counter->counter;
}

/* ---- Locks: one store each. Nobody else is there. */

typedef struct {
  int is_locked;
} spinlock_t;
typedef struct {
} local_lock_t;
struct lock_class_key {
  unsigned int none;
};
struct lockdep_map {
  unsigned int none;
};

#define __SPIN_LOCK_UNLOCKED(name) \
  { 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = {0}
#define INIT_LOCAL_LOCK(name) \
  {}
static inline void spin_lock_init(spinlock_t *lock) { lock->is_locked = 0; }
static inline void spin_lock(spinlock_t *lock) {
  *(volatile int *)&lock->is_locked = 1;
}
static inline void spin_unlock(spinlock_t *lock) {
  *(volatile int *)&lock->is_locked = 0;
}
static inline int spin_trylock(spinlock_t *lock) {
  spin_lock(lock);
  return 1;
}
#define spin_lock_bh(lock) spin_lock(lock)
#define spin_unlock_bh(lock) spin_unlock(lock)
#define spin_lock_irq(lock) spin_lock(lock)
#define spin_unlock_irq(lock) spin_unlock(lock)
#define spin_lock_irqsave(lock, flags) ((void)((flags) = 0), spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock(lock))
#define spin_lock_nested(lock, subclass) spin_lock(lock)
#define spin_lock_bh_nested(lock, subclass) spin_lock(lock)
#define spin_lock_irq_nested(lock, subclass) spin_lock(lock)
#define spin_lock_irqsave_nested(lock, flags, subclass) \
  spin_lock_irqsave(lock, flags)
static inline void local_lock(local_lock_t *lock) { (void)lock; }
static inline void local_unlock(local_lock_t *lock) { (void)lock; }
#define lockdep_is_held(lock) 1
#define lock_is_held(lock) 1
#define lockdep_assert_held(lock) ((void)(lock))
#define lockdep_assert(condition) ((void)0)
#define lockdep_set_class(lock, key) ((void)(lock), (void)(key))
#define might_alloc(gfp) ((void)(gfp))
#define might_sleep() ((void)0)

/* ---- One CPU, of a machine with cache lines of 64 bytes. */

#ifndef L1_CACHE_BYTES
#define L1_CACHE_BYTES 64
#endif
#ifndef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES L1_CACHE_BYTES
#endif

#define DECLARE_PER_CPU(type, name) extern type name
#define DEFINE_PER_CPU(type, name) type name
#define this_cpu_ptr(pointer) (pointer)
#define raw_cpu_ptr(pointer) (pointer)
#define this_cpu_read(name) (name)
#define per_cpu(name, cpu) (*((void)(cpu), &(name)))
#define per_cpu_ptr(pointer, cpu) ((void)(cpu), (pointer))
#define preempt_disable() ((void)0)
#define preempt_enable() ((void)0)
static inline int in_interrupt(void) { return 0; }
/* The pool of the CPU goes when it is dead: here, when a set is gone. */
extern int (*pfnbench_cpu_dead)(unsigned int cpu);
#define cpuhp_setup_state_nocalls(state, name, up, down) \
  (pfnbench_cpu_dead = (down), 0)
static inline void kmemleak_update_trace(const void *object) { (void)object; }
#ifndef cpu_to_node
#define numa_mem_id() 0
#endif

/* ---- RCU: a grace period ends when the operation on the set does. */

#ifndef callback_head
struct callback_head {
  struct callback_head *next;
  void (*func)(struct callback_head *head);
};
#define rcu_head callback_head
#endif

extern struct callback_head *pfnbench_rcu;

#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_read_lock_held() 1
#define rcu_dereference(p) READ_ONCE(p)
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_dereference_check(p, condition) READ_ONCE(p)
#define rcu_dereference_protected(p, condition) (p)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)
#define rcu_barrier() ((void)0)
#ifndef synchronize_rcu
#define synchronize_rcu() ((void)0)
#endif
static inline void call_rcu(struct rcu_head *head,
                            void (*func)(struct rcu_head *head)) {
  head->func = func;
  head->next = pfnbench_rcu;
  pfnbench_rcu = head;
}

/* ---- Slab: the heap of the set that is being called. */

struct pfnbench_cache;
struct kmem_cache {
  const char *name;
  unsigned int size;
  unsigned int align;
  void (*constructor)(void *);
  struct pfnbench_cache *now; /* of the heap of that set */
};
struct list_lru;

#ifndef SLAB_PANIC
#define SLAB_PANIC 2
#define SLAB_RECLAIM_ACCOUNT 0x00020000UL
#endif
#ifndef SLAB_HWCACHE_ALIGN
#define SLAB_HWCACHE_ALIGN 0x00002000UL
#endif

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
                                     unsigned int align, unsigned long flags,
                                     void (*constructor)(void *));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
#define kmem_cache_alloc_lru(cache, lru, gfp) kmem_cache_alloc(cache, gfp)
#define kmem_cache_alloc_node(cache, gfp, node) kmem_cache_alloc(cache, gfp)
void kmem_cache_free(struct kmem_cache *cache, void *object);
int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t count,
                          void **objects);
void kmem_cache_free_bulk(struct kmem_cache *cache, size_t count,
                          void **objects);

void *pfnbench_kmalloc(size_t size, gfp_t gfp);
void pfnbench_kfree(void *object, size_t size);
#define kmalloc(size, gfp) pfnbench_kmalloc(size, gfp)
#define kzalloc(size, gfp) pfnbench_kmalloc(size, (gfp) | __GFP_ZERO)
/* The heap needs the size of what it gets back: that of the type. */
#define kfree(pointer)                                           \
  ({                                                             \
    __typeof__(pointer) pfnbench_freed = (pointer);              \
    if (pfnbench_freed)                                          \
        pfnbench_kfree(pfnbench_freed, sizeof(*pfnbench_freed)); \
  })

/* ---- A mempool without a reserve, as lib/btree.c makes it. */

typedef void *(*mempool_alloc_t)(gfp_t gfp, void *data);
typedef void (*mempool_free_t)(void *element, void *data);
typedef struct mempool {
  mempool_alloc_t alloc;
  mempool_free_t free;
} mempool_t;

mempool_t *mempool_create(int least, mempool_alloc_t alloc, mempool_free_t give,
                          void *data);
#define mempool_alloc(pool, gfp) ((pool)->alloc(gfp, NULL))
static inline void mempool_free(void *element, mempool_t *pool) {
  if (element) pool->free(element, NULL);
}
#define mempool_destroy(pool) ((void)(pool))

#endif /* PFNBENCH_STRUCTURES_LINUX_SHIM_H_ */
