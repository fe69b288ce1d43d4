/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * File: structures/linux/cvbmp.c
 *
 * cvbmp@TREE ("clustered values bitmap", Tetsuo Handa, 3 Jan 2018): an
 * ascending list of segments. A segment is 1,024 pages with a bitmap of its
 * own. Neighbours that are completely full are one node, a run; the nodes and
 * bitmaps that a run does not need are spares, so that it can be cut again
 * without an allocation. Each search starts at the node used last and walks
 * left or right. NextRange is the posted walk, from the head of the list. He
 * posted nothing that clears a range; that is ours.
 *
 * cvbmp-cursor@TREE (with LINUX_CURSOR): NextRange starts at the node used
 * last, if that is not behind the page asked for. Nobody posted that.
 *
 * Written from a description, as structures/cvbmp/cvbmp.h is, with the same
 * defects corrected: a walk to the right looks at the node before the one where
 * it ends, also at the end of the list; a walk to the left never looks beyond
 * the node where it ends.
 */

#include <linux/list.h>

#include "adapter.h"

#define SEGMENT_BITS 1024ul

struct cvbmp_bitmap {
  unsigned long words[SEGMENT_BITS / BITS_PER_LONG];
};

struct cvbmp_node {
  struct list_head list;
  unsigned long segment; /* the first one that it covers */
  unsigned long bits;    /* 1 to SEGMENT_BITS - 1; or SEGMENT_BITS for each */
                         /* full segment that it covers */
  struct cvbmp_bitmap *bitmap;
};

struct cvbmp {
  struct linux_set base;
  struct list_head nodes;
  struct list_head spares;      /* all ones */
  struct cvbmp_node *last_used; /* null: there is no node */
};

static int is_full(const struct cvbmp_node *node) {
  return node->bits >= SEGMENT_BITS;
}

static unsigned long last_segment(const struct cvbmp_node *node) {
  return node->segment + (node->bits - 1) / SEGMENT_BITS;
}

static int covers(const struct cvbmp_node *node, unsigned long segment) {
  return segment - node->segment <= (node->bits - 1) / SEGMENT_BITS;
}

/*
 * The node that covers the segment. If there is none, null, and `before` is
 * where a new one belongs behind.
 */
static struct cvbmp_node *find_node(struct cvbmp *set, unsigned long segment,
                                    struct list_head **before) {
  struct cvbmp_node *node = set->last_used;
  *before = &set->nodes;
  if (unlikely(node == NULL)) return NULL;
  if (likely(covers(node, segment))) return node;
  if (node->segment < segment) {
    list_for_each_entry_continue(node, &set->nodes, list) {
      if (node->segment >= segment) break;
    }
    if (&node->list != &set->nodes && node->segment == segment) return node;
    /* This one may be a run that reaches over the segment. */
    node = list_prev_entry(node, list);
  } else {
    list_for_each_entry_continue_reverse(node, &set->nodes, list) {
      if (node->segment <= segment) break;
    }
    if (&node->list == &set->nodes) return NULL;
  }
  *before = &node->list;
  return covers(node, segment) ? node : NULL;
}

static struct cvbmp_node *create_node(unsigned long segment,
                                      struct list_head *before, gfp_t gfp) {
  struct cvbmp_node *node = kzalloc(sizeof(*node), gfp);
  if (node == NULL) return NULL;
  node->bitmap = kzalloc(sizeof(*node->bitmap), gfp);
  if (node->bitmap == NULL) {
    kfree(node);
    return NULL;
  }
  node->segment = segment;
  list_add(&node->list, before);
  return node;
}

static void free_node(struct cvbmp_node *node) {
  kfree(node->bitmap);
  kfree(node);
}

/* Frees a node of one segment, the one used last. */
static void remove_node(struct cvbmp *set, struct cvbmp_node *node) {
  if (node->list.prev != &set->nodes) {
    set->last_used = list_prev_entry(node, list);
  } else if (node->list.next != &set->nodes) {
    set->last_used = list_next_entry(node, list);
  } else {
    set->last_used = NULL;
  }
  list_del(&node->list);
  free_node(node);
}

/* Whether both are full, and the second begins where the first ends. */
static int are_one_run(const struct cvbmp_node *node,
                       const struct cvbmp_node *next) {
  return is_full(node) && is_full(next) &&
         node->segment + node->bits / SEGMENT_BITS == next->segment;
}

/* The node has just become full: joins it with full neighbours. */
static void merge_node(struct cvbmp *set, struct cvbmp_node *node) {
  if (node->list.prev != &set->nodes) {
    struct cvbmp_node *left = list_prev_entry(node, list);
    if (are_one_run(left, node)) {
      left->bits += node->bits;
      list_move(&node->list, &set->spares);
      set->last_used = node = left;
    }
  }
  if (node->list.next != &set->nodes) {
    struct cvbmp_node *right = list_next_entry(node, list);
    if (are_one_run(node, right)) {
      node->bits += right->bits;
      list_move(&right->list, &set->spares);
    }
  }
}

/* A spare becomes a node of full segments. */
static struct cvbmp_node *take_spare(struct cvbmp *set, unsigned long segment,
                                     unsigned long segments,
                                     struct list_head *before) {
  struct cvbmp_node *node =
      list_first_entry(&set->spares, struct cvbmp_node, list);
  node->segment = segment;
  node->bits = segments * SEGMENT_BITS;
  list_move(&node->list, before);
  return node;
}

/* Cuts a run so that a node covers this segment alone, and returns that. */
static struct cvbmp_node *cut_run(struct cvbmp *set, unsigned long segment,
                                  struct cvbmp_node *run) {
  const unsigned long segments = run->bits / SEGMENT_BITS;
  const unsigned long index = segment - run->segment;
  if (index == segments - 1) {
    run->bits = index * SEGMENT_BITS;
    return take_spare(set, segment, 1, &run->list);
  }
  if (index != 0) {
    run->bits = index * SEGMENT_BITS;
    run = take_spare(set, segment, segments - index, &run->list);
  }
  run->segment += 1;
  run->bits -= SEGMENT_BITS;
  return take_spare(set, segment, 1, run->list.prev);
}

/* The node of this segment alone, which becomes the one used last; or null. */
static struct cvbmp_node *isolate(struct cvbmp *set, unsigned long segment) {
  struct list_head *before;
  struct cvbmp_node *node = find_node(set, segment, &before);
  if (node == NULL) return NULL;
  if (node->bits > SEGMENT_BITS) node = cut_run(set, segment, node);
  set->last_used = node;
  return node;
}

static int cvbmp_set(void *memory, uint64_t page, uint32_t gfp) {
  struct cvbmp *set = memory;
  const unsigned long segment = page / SEGMENT_BITS;
  const unsigned long offset = page % SEGMENT_BITS;
  struct list_head *before;
  struct cvbmp_node *node;
  enter(&set->base);
  node = find_node(set, segment, &before);
  if (unlikely(node == NULL)) {
    node = create_node(segment, before, kernel_gfp(gfp));
    if (node == NULL) return PFNBENCH_NO_MEMORY;
  }
  set->last_used = node;
  if (test_bit(offset, node->bitmap->words)) return PFNBENCH_OK;
  __set_bit(offset, node->bitmap->words);
  if (++node->bits == SEGMENT_BITS) merge_node(set, node);
  return PFNBENCH_OK;
}

static int cvbmp_clear(void *memory, uint64_t page, uint32_t gfp) {
  struct cvbmp *set = memory;
  const unsigned long offset = page % SEGMENT_BITS;
  struct cvbmp_node *node;
  (void)gfp;
  enter(&set->base);
  node = isolate(set, page / SEGMENT_BITS);
  if (node == NULL || !test_bit(offset, node->bitmap->words)) {
    return PFNBENCH_OK;
  }
  __clear_bit(offset, node->bitmap->words);
  if (--node->bits == 0) remove_node(set, node);
  return PFNBENCH_OK;
}

static int cvbmp_test(void *memory, uint64_t page) {
  struct cvbmp *set = memory;
  struct list_head *before;
  const struct cvbmp_node *node = find_node(set, page / SEGMENT_BITS, &before);
  return node != NULL && test_bit(page % SEGMENT_BITS, node->bitmap->words);
}

/* The last page of the run of members that holds `offset` of `segment`. */
static uint64_t end_of_run(struct cvbmp *set, const struct cvbmp_node *node,
                           unsigned long segment, unsigned long offset) {
  const unsigned long zero =
      find_next_zero_bit(node->bitmap->words, SEGMENT_BITS, offset);
  unsigned long last = last_segment(node);
  if (zero < SEGMENT_BITS) return segment * SEGMENT_BITS + zero - 1;
  list_for_each_entry_continue(node, &set->nodes, list) {
    if (node->segment != last + 1) break;
    if (!is_full(node)) {
      return node->segment * SEGMENT_BITS +
             find_next_zero_bit(node->bitmap->words, SEGMENT_BITS, 0) - 1;
    }
    last = last_segment(node);
  }
  return last * SEGMENT_BITS + (SEGMENT_BITS - 1);
}

static int cvbmp_next_range(void *memory, uint64_t from, uint64_t max,
                            struct pfnbench_range *found) {
  struct cvbmp *set = memory;
  const unsigned long segment = from / SEGMENT_BITS;
  struct cvbmp_node *node =
      list_first_entry(&set->nodes, struct cvbmp_node, list);
#ifdef LINUX_CURSOR
  if (set->last_used != NULL && set->last_used->segment <= segment) {
    node = set->last_used;
  }
#endif
  list_for_each_entry_from(node, &set->nodes, list) {
    unsigned long start = node->segment;
    unsigned long offset = 0;
    if (last_segment(node) < segment) continue;
    /* Any segment of a run stands for the others: all are ones. */
    if (start <= segment) {
      start = segment;
      offset = from % SEGMENT_BITS;
    }
    offset = find_next_bit(node->bitmap->words, SEGMENT_BITS, offset);
    if (offset == SEGMENT_BITS) continue;
    found->first = start * SEGMENT_BITS + offset;
    if (found->first > max) return 0;
    found->last = end_of_run(set, node, start, offset);
    if (found->last > max) found->last = max;
#ifdef LINUX_CURSOR
    set->last_used = node;
#endif
    return 1;
  }
  return 0;
}

/* The first node that covers the segment, or begins after it; or null. */
static struct cvbmp_node *node_from(struct cvbmp *set, unsigned long segment) {
  struct list_head *before;
  struct cvbmp_node *node = find_node(set, segment, &before);
  if (node != NULL || before->next == &set->nodes) return node;
  return list_entry(before->next, struct cvbmp_node, list);
}

static int cvbmp_clear_range(void *memory, uint64_t first, uint64_t last,
                             uint32_t gfp) {
  struct cvbmp *set = memory;
  const unsigned long end = last / SEGMENT_BITS;
  unsigned long segment = first / SEGMENT_BITS;
  struct cvbmp_node *node;
  (void)gfp;
  enter(&set->base);
  while ((node = node_from(set, segment)) != NULL) {
    unsigned long from, to;
    if (node->segment > segment) segment = node->segment;
    if (segment > end) break;
    from = segment == first / SEGMENT_BITS ? first % SEGMENT_BITS : 0;
    to = segment == end ? last % SEGMENT_BITS : SEGMENT_BITS - 1;
    node = isolate(set, segment);
    if (to - from == SEGMENT_BITS - 1) {
      node->bits = 0;
    } else {
      bitmap_clear(node->bitmap->words, from, to - from + 1);
      node->bits = bitmap_weight(node->bitmap->words, SEGMENT_BITS);
    }
    if (node->bits == 0) remove_node(set, node);
    if (segment == end) break;
    ++segment;
  }
  return PFNBENCH_OK;
}

/* Whether the list ascends, runs are joined, and the spares are enough. */
static int cvbmp_validate(void *memory) {
  struct cvbmp *set = memory;
  const struct cvbmp_node *node, *last = NULL;
  unsigned long spares = 0;
  int has_last_used = set->last_used == NULL && list_empty(&set->nodes);
  list_for_each_entry(node, &set->nodes, list) {
    const unsigned long weight =
        bitmap_weight(node->bitmap->words, SEGMENT_BITS);
    if (is_full(node) ? weight != SEGMENT_BITS || node->bits % SEGMENT_BITS
                      : weight != node->bits || weight == 0) {
      return 0;
    }
    if (last != NULL &&
        (last_segment(last) >= node->segment || are_one_run(last, node))) {
      return 0;
    }
    spares += (node->bits - 1) / SEGMENT_BITS;
    has_last_used |= node == set->last_used;
    last = node;
  }
  list_for_each_entry(node, &set->spares, list) {
    if (!bitmap_full(node->bitmap->words, SEGMENT_BITS)) return 0;
    --spares;
  }
  return spares == 0 && has_last_used;
}

static void cvbmp_init(void *memory, struct pfnbench_heap *heap,
                       const struct pfnbench_host *host) {
  struct cvbmp *set = memory;
  linux_set_init(&set->base, heap, host);
  INIT_LIST_HEAD(&set->nodes);
  INIT_LIST_HEAD(&set->spares);
  set->last_used = NULL;
}
static void cvbmp_destroy(void *memory) {
  struct cvbmp *set = memory;
  struct cvbmp_node *node, *next;
  enter(&set->base);
  list_for_each_entry_safe(node, next, &set->nodes, list) free_node(node);
  list_for_each_entry_safe(node, next, &set->spares, list) free_node(node);
  linux_set_gone(&set->base);
}

#ifdef LINUX_CURSOR
LINUX_STRUCTURE(linux_cvbmp_cursor, "cvbmp-cursor", cvbmp, "list",
                "as cvbmp, extraction from the node used last",
                .variant_of = "cvbmp@" LINUX_TREE, .validate = cvbmp_validate);
#else
LINUX_STRUCTURE(linux_cvbmp, "cvbmp", cvbmp, "list",
                "Handa's proposal of 3 Jan 2018, on its list_head",
                .validate = cvbmp_validate);
#endif
