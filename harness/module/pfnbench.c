// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * File: harness/module/pfnbench.c
 *
 * Measures sets of page frames inside a kernel. The sets are those of
 * structures/linux, the loops those of harness/measure/measure.cc, the passes
 * those of a file that `pfnbench kernel --pack` made:
 *
 *   insmod pfnbench.ko passes=/passes/busy-2g
 *   echo "run xarray set,drain" >/proc/pfnbench
 *   cat /proc/pfnbench
 *
 * What is read first are parameters and rows, then the lines of the last
 * command. Commands:
 *
 *   run ROW OPERATION,...  set, test, extract; and at the end clear or drain
 *   steps ROW              set and drain, each call timed alone
 *   fill ROW               records the largest pass, and keeps it
 *   empty                  frees what fill has recorded, and waits for RCU
 *
 * Pages are set with GFP_NOWAIT, in blocks, without interrupts within a block.
 * Between blocks the clock stands and others may run. One call clears a pass:
 * without interrupts, too, where instructions are counted. A page that found no
 * memory is counted, and set again with GFP_KERNEL after the clock has stopped,
 * so that all passes hold the same pages. The digest is that of all ranges of
 * all passes as they are walked; whether it is right is looked at outside.
 */

#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kernel_read_file.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../../structures/plugin/pfnbench_plugin.h"
#include "rows.h"

static char *passes = "";
module_param(passes, charp, 0444);
MODULE_PARM_DESC(passes, "File of passes, by pfnbench kernel --pack");

static char *unit = "ns";
module_param(unit, charp, 0444);
MODULE_PARM_DESC(unit, "What the clock counts here: ns, or instructions");

/* ---- The file. */

#define MAGIC 0x31737361706e6670ULL /* "pfnpass1" */

struct packed_head {
  __le64 magic;
  __le64 passes;
  __le64 runs;
};

/* Then one of these for each pass; */
struct packed_pass {
  __le64 runs;   /* of its pages */
  __le64 absent; /* and of as many pages that it has not */
  __le64 pages;
  __le64 first; /* the lowest */
  __le64 last;
};

/* and the runs of all passes. Below 0 a run goes downwards; it is never 0. */
struct packed_run {
  __le64 first;
  __le64 length;
};

static void *file;
static const struct packed_pass *file_passes;
static const struct packed_run *file_runs;
static u64 pass_count;

static u64 pages_of(const struct packed_run *run) {
  s64 length = le64_to_cpu(run->length);

  return length < 0 ? -length : length;
}

/* Whether the runs have so many pages within [first, last]. */
static bool are_good(const struct packed_run *run, u64 runs, u64 pages,
                     u64 first, u64 last) {
  u64 i, sum = 0;

  for (i = 0; i < runs; i++, run++) {
    u64 begin = le64_to_cpu(run->first), count = pages_of(run);
    bool is_down = (s64)le64_to_cpu(run->length) < 0;

    if (!count || count > pages - sum || begin < first || begin > last)
      return false;
    if (count - 1 > (is_down ? begin - first : last - begin)) return false;
    sum += count;
  }
  return sum == pages;
}

static bool check_file(size_t size) {
  const struct packed_head *head = file;
  const struct packed_run *run;
  u64 i, runs, left;

  if (size < sizeof(*head) || le64_to_cpu(head->magic) != MAGIC) return false;
  size -= sizeof(*head);
  pass_count = le64_to_cpu(head->passes);
  runs = le64_to_cpu(head->runs);
  if (!pass_count || pass_count > size / sizeof(*file_passes)) return false;
  size -= pass_count * sizeof(*file_passes);
  if (size % sizeof(*file_runs) || runs != size / sizeof(*file_runs))
    return false;
  file_passes = (const void *)(head + 1);
  file_runs = (const void *)(file_passes + pass_count);
  for (i = 0, run = file_runs, left = runs; i < pass_count; i++) {
    const struct packed_pass *pass = &file_passes[i];
    u64 own = le64_to_cpu(pass->runs);
    u64 absent = le64_to_cpu(pass->absent);
    u64 pages = le64_to_cpu(pass->pages);

    if (own > left || absent > left - own ||
        !are_good(run, own, pages, le64_to_cpu(pass->first),
                  le64_to_cpu(pass->last)) ||
        !are_good(run + own, absent, pages, 0, U64_MAX))
      return false;
    run += own + absent;
    left -= own + absent;
  }
  return !left;
}

/* ---- What is read. */

#define MOST_TEXT (64 << 10)

static DEFINE_MUTEX(lock);
static char *text;
static size_t text_length;

static __printf(1, 2) void say(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  text_length += vscnprintf(text + text_length, MOST_TEXT - text_length, format,
                            arguments);
  va_end(arguments);
}

/* ---- Rows. */

struct empty_set {
  u64 calls;
};

static void empty_init(void *set, struct pfnbench_heap *heap,
                       const struct pfnbench_host *host) {}

static void empty_destroy(void *set) {}

static int empty_set(void *set, uint64_t page, uint32_t gfp) {
  return PFNBENCH_OK;
}

static int empty_test(void *set, uint64_t page) { return 0; }

static int empty_next_range(void *set, uint64_t from, uint64_t max,
                            struct pfnbench_range *found) {
  return 0;
}

static int empty_clear_range(void *set, uint64_t first, uint64_t last,
                             uint32_t gfp) {
  return PFNBENCH_OK;
}

/* The loop and its calls alone. */
static const struct pfnbench_structure empty_row = {
    .name = "empty@" LINUX_TREE,
    .family = "none",
    .origin = "the loop and its calls alone",
    .set_bytes = sizeof(struct empty_set),
    .init = empty_init,
    .destroy = empty_destroy,
    .set = empty_set,
    .clear = empty_set,
    .test = empty_test,
    .next_range = empty_next_range,
    .clear_range = empty_clear_range,
};

#define ROW(name) extern const struct pfnbench_structure name;
LINUX_ROWS
#undef ROW

static const struct pfnbench_structure *const rows[] = {&empty_row,
#define ROW(name) &name,
                                                        LINUX_ROWS
#undef ROW
};

/* By its name, with or without "@TREE". */
static const struct pfnbench_structure *find_row(const char *name) {
  size_t i;

  for (i = 0; i < ARRAY_SIZE(rows); i++) {
    size_t length = strcspn(rows[i]->name, "@");

    if (!strcmp(rows[i]->name, name) ||
        (strlen(name) == length && !strncmp(rows[i]->name, name, length)))
      return rows[i];
  }
  return NULL;
}

#define MOST_SET_BYTES 4096

/* As a driver has it: of no slab. */
static u8 set_bytes[MOST_SET_BYTES] __aligned(64);
static const struct pfnbench_structure *its;
static void *set; /* null: there is none */

static int make_set(const struct pfnbench_structure *row) {
  if (row->set_bytes > sizeof(set_bytes)) return -E2BIG;
  its = row;
  memset(set_bytes, 0, sizeof(set_bytes));
  set = set_bytes;
  its->init(set, NULL, NULL);
  return 0;
}

static void free_set(void) {
  if (set) its->destroy(set);
  set = NULL;
  /* What was freed by RCU, by anyone, is free when this is done. */
  rcu_barrier();
}

/* ---- The clock. */

static u64 clock_cost;
static u64 started;
static bool counts; /* instructions, not time */

static __always_inline void start_clock(void) { started = ktime_get_ns(); }

static __always_inline u64 stop_clock(void) {
  u64 time = ktime_get_ns() - started;

  return time < clock_cost ? 0 : time - clock_cost;
}

static void measure_clock(void) {
  u64 least = U64_MAX, i;

  clock_cost = 0;
  for (i = 0; i < 1000; i++) {
    unsigned long flags;

    local_irq_save(flags);
    start_clock();
    least = min(least, stop_clock());
    local_irq_restore(flags);
  }
  clock_cost = least;
}

/* ---- Steps: a histogram of single calls. */

#define BUCKETS 64

struct steps {
  u64 count;
  u64 longest;
  u64 page;               /* of the longest */
  u64 histogram[BUCKETS]; /* [n]: below 2^n and not below 2^(n-1) */
};

static struct steps set_steps, range_steps, clear_steps;

static void note(struct steps *steps, u64 time, u64 page) {
  steps->histogram[time ? min(fls64(time), BUCKETS - 1) : 0]++;
  steps->count++;
  if (time > steps->longest || steps->count == 1) {
    steps->longest = time;
    steps->page = page;
  }
}

static void say_steps(const char *call, const struct steps *steps) {
  unsigned int i;

  say("%s %s() longest step: %llu %s at page %llu, %llu steps\n", its->name,
      call, steps->longest, unit, steps->page, steps->count);
  for (i = 0; i < BUCKETS; i++)
    if (steps->histogram[i])
      say("%s %s() below 2^%u %s: %llu steps\n", its->name, call, i, unit,
          steps->histogram[i]);
}

/* ---- Passes. */

enum operation { SET, TEST, EXTRACT, CLEAR, DRAIN, OPERATIONS };

static const char *const operation_names[OPERATIONS] = {
    "set", "test", "extract", "clear", "drain",
};

struct figures {
  u64 time;
  u64 pages;
  u64 failed;
};

#define BLOCK 256
#define LOOK_EVERYWHERE 64

struct job {
  unsigned int wanted; /* a bit for each operation */
  bool by_steps;
  struct figures of[OPERATIONS];
  u64 ranges;
  u64 digest;
  u64 digest_of_extract;
  u64 block[BLOCK];
};

static struct job job;

#define FIRST_DIGEST 0x2545f4914f6cdd1dULL

static __always_inline void digest_range(u64 first, u64 last) {
  job.digest = (job.digest ^ (first * 0x9e3779b97f4a7c15ULL +
                              last * 0xc2b2ae3d27d4eb4fULL)) *
               0xff51afd7ed558ccdULL;
  job.ranges++;
}

struct pages {
  const struct packed_run *run;
  u64 done; /* of this run */
};

/* The next pages of the runs, 0 when there are no more. */
static u64 next_block(struct pages *pages, const struct packed_run *end) {
  u64 count = 0;

  while (pages->run < end && count < BLOCK) {
    u64 first = le64_to_cpu(pages->run->first);
    u64 length = pages_of(pages->run);
    bool is_down = (s64)le64_to_cpu(pages->run->length) < 0;

    while (pages->done < length && count < BLOCK) {
      job.block[count++] = is_down ? first - pages->done : first + pages->done;
      pages->done++;
    }
    if (pages->done == length) {
      pages->run++;
      pages->done = 0;
    }
  }
  return count;
}

static int give_way(void) {
  cond_resched();
  return fatal_signal_pending(current) ? -EINTR : 0;
}

/* The measured loops: a block of pages, one call each. */

/* A set's way to add or remove a page. */
typedef int (*change_fn)(void *set, uint64_t page, uint32_t gfp);

/* Pages that found no memory stand at the beginning of the block then. */
static noinline u64 change_block(change_fn call, u64 count) {
  void *its_set = set;
  u64 i, failed = 0;

  for (i = 0; i < count; i++)
    if (unlikely(call(its_set, job.block[i], PFNBENCH_NOWAIT)))
      job.block[failed++] = job.block[i];
  return failed;
}

static noinline u64 test_block(u64 count) {
  int (*call)(void *set, uint64_t page) = its->test;
  void *its_set = set;
  u64 i, members = 0;

  for (i = 0; i < count; i++) members += call(its_set, job.block[i]) != 0;
  return members;
}

static u64 set_by_steps(u64 count) {
  u64 i, failed = 0;

  for (i = 0; i < count; i++) {
    u64 page = job.block[i];
    int status;

    start_clock();
    status = its->set(set, page, PFNBENCH_NOWAIT);
    note(&set_steps, stop_clock(), page);
    if (status) job.block[failed++] = page;
  }
  return failed;
}

/* Those that found no memory get it now: the clock stands. */
static int try_again(change_fn call, u64 failed) {
  u64 i;

  for (i = 0; i < failed; i++)
    if (call(set, job.block[i], PFNBENCH_KERNEL)) return -ENOMEM;
  return 0;
}

/* Sets or clears the pages of the runs. */
static int change_pages(enum operation operation, const struct packed_run *run,
                        const struct packed_run *end) {
  const change_fn call = operation == SET ? its->set : its->clear;
  struct figures *figures = &job.of[operation];
  struct pages pages = {.run = run};
  u64 count;

  while ((count = next_block(&pages, end)) != 0) {
    unsigned long flags;
    u64 failed;
    int error;

    local_irq_save(flags);
    if (operation == SET && job.by_steps) {
      failed = set_by_steps(count);
    } else {
      start_clock();
      failed = change_block(call, count);
      figures->time += stop_clock();
    }
    local_irq_restore(flags);
    figures->pages += count;
    figures->failed += failed;
    error = try_again(call, failed);
    if (!error) error = give_way();
    if (error) return error;
  }
  return 0;
}

/* Adds the members among the pages of the runs to *members. */
static int test_pages(const struct packed_run *run,
                      const struct packed_run *end, u64 *members) {
  struct figures *figures = &job.of[TEST];
  struct pages pages = {.run = run};
  u64 count;
  int error = 0;

  while (!error && (count = next_block(&pages, end)) != 0) {
    unsigned long flags;

    local_irq_save(flags);
    start_clock();
    *members += test_block(count);
    figures->time += stop_clock();
    local_irq_restore(flags);
    figures->pages += count;
    error = give_way();
  }
  return error;
}

/* The measured walk: the ranges from *from on, BLOCK at most. */
static noinline bool walk_block(u64 *from, u64 last) {
  struct pfnbench_range range;
  unsigned int i;

  for (i = 0; i < BLOCK; i++) {
    if (!its->next_range(set, *from, last, &range)) return false;
    digest_range(range.first, range.last);
    /* The page after a run is absent, as structures/core/pfn_set.h has it. */
    if (last - range.last < 2) return false;
    *from = range.last + 2;
  }
  return true;
}

static bool walk_by_steps(u64 *from, u64 last) {
  struct pfnbench_range range;
  unsigned int i;

  for (i = 0; i < BLOCK; i++) {
    int is_there;

    start_clock();
    is_there = its->next_range(set, *from, last, &range);
    note(&range_steps, stop_clock(), *from);
    if (!is_there) return false;
    digest_range(range.first, range.last);
    if (last - range.last < 2) return false;
    *from = range.last + 2;
  }
  return true;
}

/* Walks all ranges within [first, last]; the time goes to *time. */
static int walk(u64 first, u64 last, u64 *time) {
  bool goes_on = true;
  int error = 0;

  while (goes_on && !error) {
    unsigned long flags;

    local_irq_save(flags);
    if (job.by_steps) {
      goes_on = walk_by_steps(&first, last);
    } else {
      start_clock();
      goes_on = walk_block(&first, last);
      *time += stop_clock();
    }
    local_irq_restore(flags);
    error = give_way();
  }
  return error;
}

static int drain(u64 first, u64 last) {
  struct figures *figures = &job.of[DRAIN];
  unsigned long flags = 0;
  int error, status;
  u64 time;

  error = walk(first, last, &figures->time);
  if (error) return error;
  /*
   * One call for the whole pass, as the driver makes it, which can take long.
   * So a machine with users has its interrupts, and its longest step has them.
   */
  preempt_disable();
  if (counts) local_irq_save(flags);
  start_clock();
  status = its->clear_range(set, first, last, PFNBENCH_NOWAIT);
  time = stop_clock();
  if (counts) local_irq_restore(flags);
  preempt_enable();
  figures->time += time;
  figures->failed += status != 0;
  if (job.by_steps) note(&clear_steps, time, first);
  return 0;
}

static bool wants(enum operation operation) {
  return job.wanted & BIT(operation);
}

/* A pass is walked once, by the last operation that does; else for itself. */
static int walk_for_digest(u64 first, u64 last) {
  const u64 digest = job.digest, ranges = job.ranges;
  u64 not_counted = 0;
  bool by_steps = job.by_steps;
  int error;

  if (wants(EXTRACT)) {
    error = walk(first, last, &job.of[EXTRACT].time);
    if (error || !wants(DRAIN)) return error;
    /* The walk of drain adds them again, and must find the same. */
    job.digest_of_extract = job.digest;
    job.digest = digest;
    job.ranges = ranges;
  }
  if (wants(DRAIN)) return 0;
  job.by_steps = false;
  error = walk(first, last, &not_counted);
  job.by_steps = by_steps;
  return error;
}

static int wrong(u64 number, const char *what) {
  say("%s is wrong: pass %llu: %s\n", its->name, number, what);
  return -EIO;
}

static int run_pass(u64 number, const struct packed_run **at) {
  const struct packed_pass *pass = &file_passes[number];
  const struct packed_run *run = *at;
  const struct packed_run *end = run + le64_to_cpu(pass->runs);
  const struct packed_run *end_of_absent = end + le64_to_cpu(pass->absent);
  const u64 first = le64_to_cpu(pass->first);
  const u64 last = le64_to_cpu(pass->last);
  const u64 pages = le64_to_cpu(pass->pages);
  struct pfnbench_range range;
  bool everywhere = number % LOOK_EVERYWHERE == 0 || number + 1 == pass_count;
  u64 ranges = job.ranges;
  int error;

  *at = end_of_absent;
  error = change_pages(SET, run, end);
  if (error) return error;
  if (wants(TEST)) {
    u64 members = 0, ghosts = 0;

    error = test_pages(run, end, &members);
    if (!error) error = test_pages(end, end_of_absent, &ghosts);
    if (error) return error;
    if (its != &empty_row && (members != pages || ghosts))
      return wrong(number, "test() does not find the pages");
  }
  error = walk_for_digest(first, last);
  if (error) return error;
  if (everywhere &&
      ((first && its->next_range(set, 0, first - 1, &range)) ||
       (last != U64_MAX && its->next_range(set, last + 1, U64_MAX, &range))))
    return wrong(number, "there are pages outside");
  job.of[EXTRACT].pages += pages;
  job.of[DRAIN].pages += pages;
  error = wants(CLEAR)   ? change_pages(CLEAR, run, end)
          : wants(DRAIN) ? drain(first, last)
                         : 0;
  if (error) return error;
  if (wants(EXTRACT) && wants(DRAIN) && job.digest != job.digest_of_extract)
    return wrong(number, "two walks find other ranges");
  /* A mark between two passes. */
  ranges = job.ranges - ranges;
  digest_range(U64_MAX, ranges);
  job.ranges--;
  if ((wants(CLEAR) || (wants(DRAIN) && !job.of[DRAIN].failed)) &&
      its->next_range(set, first, last, &range))
    return wrong(number, "the set is not empty");
  if (its->clear_range(set, first, last, PFNBENCH_KERNEL) ||
      its->next_range(set, everywhere ? 0 : first, everywhere ? U64_MAX : last,
                      &range))
    return wrong(number, "the set cannot be emptied");
  return 0;
}

static int run(const struct pfnbench_structure *row, unsigned int wanted,
               bool by_steps) {
  const struct packed_run *at = file_runs;
  enum operation each;
  int error;
  u64 i;

  memset(&job, 0, sizeof(job));
  memset(&set_steps, 0, sizeof(set_steps));
  memset(&range_steps, 0, sizeof(range_steps));
  memset(&clear_steps, 0, sizeof(clear_steps));
  job.wanted = wanted;
  job.by_steps = by_steps;
  job.digest = FIRST_DIGEST;
  error = make_set(row);
  for (i = 0; i < pass_count && !error; i++) error = run_pass(i, &at);
  free_set();
  if (error) return error;
  if (by_steps) {
    say_steps("set", &set_steps);
    say_steps("next_range", &range_steps);
    say_steps("clear_range", &clear_steps);
    return 0;
  }
  for (each = 0; each < OPERATIONS; each++) {
    const struct figures *figures = &job.of[each];

    if (!wants(each)) continue;
    say("%s %s: %llu %s, %llu pages, %llu ranges, %llu passes, ", its->name,
        operation_names[each], figures->time, unit, figures->pages, job.ranges,
        pass_count);
    say("%llu failed, digest %016llx\n", figures->failed, job.digest);
  }
  return 0;
}

static int fill(const struct pfnbench_structure *row) {
  const struct packed_run *at = file_runs, *largest = file_runs;
  u64 i, pass = 0;
  int error;

  for (i = 0; i < pass_count; i++) {
    if (le64_to_cpu(file_passes[i].pages) >
        le64_to_cpu(file_passes[pass].pages)) {
      pass = i;
      largest = at;
    }
    at += le64_to_cpu(file_passes[i].runs) + le64_to_cpu(file_passes[i].absent);
  }
  memset(&job, 0, sizeof(job));
  error = make_set(row);
  if (!error)
    error = change_pages(SET, largest,
                         largest + le64_to_cpu(file_passes[pass].runs));
  if (error) {
    free_set();
    return error;
  }
  /* What recording has freed is not held. */
  rcu_barrier();
  say("%s filled: %llu pages\n", row->name, job.of[SET].pages);
  return 0;
}

/* ---- Commands. */

static int parse_operations(char *list, unsigned int *wanted) {
  char *word;

  *wanted = 0;
  while ((word = strsep(&list, ",")) != NULL) {
    int each = match_string(operation_names, OPERATIONS, word);

    if (each < 0 || *wanted & BIT(each)) return -EINVAL;
    *wanted |= BIT(each);
  }
  return *wanted & BIT(CLEAR) && *wanted & BIT(DRAIN) ? -EINVAL : 0;
}

static int obey(char *line) {
  const struct pfnbench_structure *row;
  char *command = strsep(&line, " ");
  char *name = strsep(&line, " ");
  unsigned int wanted;
  int error;

  if (!strcmp(command, "empty") && !name) {
    free_set();
    return 0;
  }
  if (!name || set) return set ? -EBUSY : -EINVAL;
  row = find_row(name);
  if (!row) return -ENOENT;
  if (!strcmp(command, "run") && line) {
    error = parse_operations(line, &wanted);
    return error ? error : run(row, wanted, false);
  }
  if (line) return -EINVAL;
  if (!strcmp(command, "steps")) return run(row, BIT(SET) | BIT(DRAIN), true);
  return strcmp(command, "fill") ? -EINVAL : fill(row);
}

static ssize_t write_command(struct file *unused, const char __user *from,
                             size_t count, loff_t *at) {
  char line[128];
  int error;

  if (count >= sizeof(line)) return -EINVAL;
  if (copy_from_user(line, from, count)) return -EFAULT;
  line[count] = '\0';
  strim(line);
  error = mutex_lock_killable(&lock);
  if (error) return error;
  text_length = 0;
  error = obey(line);
  mutex_unlock(&lock);
  return error ? error : count;
}

static ssize_t read_text(struct file *unused, char __user *to, size_t count,
                         loff_t *at) {
  ssize_t read;

  mutex_lock(&lock);
  read = simple_read_from_buffer(to, count, at, text, text_length);
  mutex_unlock(&lock);
  return read;
}

static const struct proc_ops operations = {
    .proc_read = read_text,
    .proc_write = write_command,
    .proc_lseek = default_llseek,
};

static void say_parameters(void) {
  size_t i;

  say("pfnbench: unit=%s block=%d clock=%llu\n", unit, BLOCK, clock_cost);
  for (i = 0; i < ARRAY_SIZE(rows); i++)
    say("row %s: family %s, clear %s fail, %s\n", rows[i]->name,
        rows[i]->family,
        rows[i]->flags & PFNBENCH_CLEAR_CAN_FAIL ? "can" : "cannot",
        rows[i]->origin);
}

static int __init pfnbench_init(void) {
  size_t size = 0;
  ssize_t error;

  if (strcmp(unit, "ns") && strcmp(unit, "instructions")) {
    pr_err("pfnbench: unit=%s: expected ns or instructions\n", unit);
    return -EINVAL;
  }
  error = kernel_read_file_from_path(passes, 0, &file, INT_MAX, &size,
                                     READING_UNKNOWN);
  if (error < 0) {
    pr_err("pfnbench: passes=%s: cannot be read: error %zd\n", passes, error);
    return error;
  }
  error = -EINVAL;
  if (!check_file(size)) {
    pr_err("pfnbench: passes=%s: is no file of passes\n", passes);
    goto no_file;
  }
  error = -ENOMEM;
  text = vmalloc(MOST_TEXT);
  if (!text) goto no_file;
  counts = !strcmp(unit, "instructions");
  measure_clock();
  say_parameters();
  if (proc_create("pfnbench", 0600, NULL, &operations)) return 0;
  vfree(text);
no_file:
  vfree(file);
  return error;
}

static void __exit pfnbench_exit(void) {
  remove_proc_entry("pfnbench", NULL);
  free_set();
  rcu_barrier();
  vfree(text);
  vfree(file);
}

module_init(pfnbench_init);
module_exit(pfnbench_exit);
MODULE_DESCRIPTION("Sets of page frames, measured inside the kernel");
MODULE_LICENSE("Dual MIT/GPL");
