/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/leaves.h
 *
 * A set as bitmaps of 1,024 pages, 128 bytes each, in a tree of the kernel:
 * what xbitmap was, and what lib/idr.c is under its IDs. The file that includes
 * this gives struct leaf_set, which begins with a struct linux_set, and
 *
 *   struct leaf *tree_find(set, index)        null: none
 *   int tree_insert(set, index, leaf, gfp)    0 or -ENOMEM
 *   void tree_erase(set, index)
 *   struct leaf *tree_next(set, &index, last) the first from `index` on
 *
 * A leaf is made with its first page and freed with its last.
 *
 * With LEAF_MARKS the tree knows which leaves are full, and the file also gives
 * leaf_set_set() and
 *
 *   void tree_mark(set, index)                a page of this leaf will go
 */

#define LEAF_BITS 1024

struct leaf {
  unsigned long bits[LEAF_BITS / BITS_PER_LONG];
};

#ifndef LEAF_MARKS
static void tree_mark(struct leaf_set *set, unsigned long index) {
  (void)set;
  (void)index;
}

/* Apart, so that a page of a leaf that is there saves no registers for it. */
static __attribute__((__noinline__)) int set_in_new_leaf(struct leaf_set *set,
                                                         uint64_t page,
                                                         uint32_t gfp) {
  struct leaf *leaf = kzalloc(sizeof(*leaf), kernel_gfp(gfp));
  if (leaf == NULL) return PFNBENCH_NO_MEMORY;
  if (tree_insert(set, page / LEAF_BITS, leaf, kernel_gfp(gfp)) != 0) {
    kfree(leaf);
    end_grace_period();
    return PFNBENCH_NO_MEMORY;
  }
  end_grace_period();
  __set_bit(page % LEAF_BITS, leaf->bits);
  return PFNBENCH_OK;
}

static int leaf_set_set(void *memory, uint64_t page, uint32_t gfp) {
  struct leaf_set *set = memory;
  struct leaf *leaf;
  enter(&set->base);
  leaf = tree_find(set, page / LEAF_BITS);
  if (unlikely(leaf == NULL)) return set_in_new_leaf(set, page, gfp);
  __set_bit(page % LEAF_BITS, leaf->bits);
  return PFNBENCH_OK;
}
#endif

static void remove_leaf(struct leaf_set *set, unsigned long index,
                        struct leaf *leaf) {
  tree_erase(set, index);
  kfree(leaf);
  end_grace_period();
}

static int leaf_set_clear(void *memory, uint64_t page, uint32_t gfp) {
  struct leaf_set *set = memory;
  const unsigned long index = page / LEAF_BITS;
  struct leaf *leaf;
  (void)gfp;
  enter(&set->base);
  leaf = tree_find(set, index);
  if (leaf == NULL) return PFNBENCH_OK;
  tree_mark(set, index);
  __clear_bit(page % LEAF_BITS, leaf->bits);
  if (bitmap_empty(leaf->bits, LEAF_BITS)) remove_leaf(set, index, leaf);
  return PFNBENCH_OK;
}

static int leaf_set_test(void *memory, uint64_t page) {
  struct leaf_set *set = memory;
  const struct leaf *leaf;
  enter(&set->base);
  leaf = tree_find(set, page / LEAF_BITS);
  return leaf != NULL && test_bit(page % LEAF_BITS, leaf->bits);
}

/* The last page of the run that goes on to the end of the leaf `index`. */
static uint64_t end_of_run(struct leaf_set *set, unsigned long index,
                           uint64_t max) {
  while (index < max / LEAF_BITS) {
    const struct leaf *leaf = tree_find(set, ++index);
    const unsigned long zero =
        leaf == NULL ? 0 : find_next_zero_bit(leaf->bits, LEAF_BITS, 0);
    if (zero < LEAF_BITS) {
      const uint64_t last = index * (uint64_t)LEAF_BITS + zero - 1;
      return last < max ? last : max;
    }
  }
  return max;
}

static int leaf_set_next_range(void *memory, uint64_t from, uint64_t max,
                               struct pfnbench_range *found) {
  struct leaf_set *set = memory;
  const unsigned long last = max / LEAF_BITS;
  unsigned long index = from / LEAF_BITS;
  unsigned long bit = from % LEAF_BITS;
  enter(&set->base);
  for (;;) {
    unsigned long at = index;
    const struct leaf *leaf = tree_next(set, &at, last);
    unsigned long zero;
    uint64_t base;
    if (leaf == NULL) return 0;
    if (at != index) bit = 0;
    index = at;
    bit = find_next_bit(leaf->bits, LEAF_BITS, bit);
    if (bit == LEAF_BITS) {
      if (index == last) return 0;
      ++index;
      bit = 0;
      continue;
    }
    base = index * (uint64_t)LEAF_BITS;
    if (base + bit > max) return 0;
    found->first = base + bit;
    zero = find_next_zero_bit(leaf->bits, LEAF_BITS, bit);
    found->last =
        zero == LEAF_BITS ? end_of_run(set, index, max) : base + zero - 1;
    if (found->last > max) found->last = max;
    return 1;
  }
}

static int leaf_set_clear_range(void *memory, uint64_t first, uint64_t last,
                                uint32_t gfp) {
  struct leaf_set *set = memory;
  const unsigned long end = last / LEAF_BITS;
  unsigned long index = first / LEAF_BITS;
  struct leaf *leaf;
  (void)gfp;
  enter(&set->base);
  while ((leaf = tree_next(set, &index, end)) != NULL) {
    const unsigned long from =
        index == first / LEAF_BITS ? first % LEAF_BITS : 0;
    const unsigned long to = index == end ? last % LEAF_BITS : LEAF_BITS - 1;
    if (to - from == LEAF_BITS - 1) {
      remove_leaf(set, index, leaf);
    } else {
      tree_mark(set, index);
      bitmap_clear(leaf->bits, from, to - from + 1);
      if (bitmap_empty(leaf->bits, LEAF_BITS)) remove_leaf(set, index, leaf);
    }
    if (index == end) break;
    ++index;
  }
  return PFNBENCH_OK;
}

static void free_leaves(struct leaf_set *set) {
  (void)leaf_set_clear_range(set, 0, UINT64_MAX, PFNBENCH_NOWAIT);
}
