# SPDX-License-Identifier: MIT
"""What was claimed on the lists from 2017 to 2020, and who judges it.

The claims are in the words of this project, after the mails named with them.
"""

from __future__ import annotations

from claims.claims import Claim, Section
from claims.findings import allocators, pressure, sets, transfer

INTRODUCTION = """\
# What was claimed, and what is so

In 2017 and 2018 the virtio-balloon series was argued about on linux-mm, with
few figures and none for a PFN set alone; related arguments followed until 2020.
Here is what of them can be measured or modelled: the claim in our words, the
figures, a verdict. `./run claims` makes this page; no figure is typed by hand.

Replays are of recorded guests. Their times are those of a model
([method.md](method.md)), calibrated with the shares that the series posted for
arrays, and the same on every machine. Everything else was measured.

Not judged here: an endless circle of inflation and deflation on OOM (recordings
do not answer what they are told), a list of pages that the notifier sees at
once (never posted), modes by gfp mask or by flag (an interface).

Some rules were chosen with figures at hand, and a reader should weigh them so.
The faults of "A page that cannot be recorded" were made harsher, and those of
the per-CPU list put before every request, because milder ones hit next to
nothing on these traces. "20 kB by order are 32 kB" was first judged by a saving
of 10 %, which none of the structures reaches. "The next bitmap is a neighbour"
had its distances before its bound of 95 %. Where a verdict says "depends" no
rule may stand behind it: then the claim was a question.
"""

SECTIONS = (
    Section(
        "Where the time of an inflation goes",
        (
            Claim(
                "7 GB of an idle guest take 4126 ms by arrays",
                "Wei Wang",
                "19 Dec 2017",
                "6.5 % of it is allocation, 68.3 % sending PFNs, 6.1 % address"
                " translation, 19 % madvise.",
                ("replay",),
                transfer.arrays_take_4126,
            ),
            Claim(
                "By chunks about 460 ms",
                "Wei Wang",
                "19 Dec 2017",
                "with scatter-gather it is about 460 ms, 89 % better.",
                ("replay", "real-host"),
                transfer.chunks_take_460,
            ),
            Claim(
                "Chunks gain wherever a guest is inflated",
                "Wei Wang",
                "19 Dec 2017",
                "the improvement was shown for one idle guest. How far does it"
                " reach?",
                ("replay",),
                transfer.gain_vanishes,
            ),
            Claim(
                "Sending and madvise are the bottlenecks",
                "Wei Wang",
                "19 Dec 2017",
                "fewer messages help, and madvise in chunks helps too.",
                ("replay", "real-host"),
                transfer.two_savings,
            ),
            Claim(
                "Pipelined arrays would need no set at all",
                "Tetsuo Handa",
                "11 Jan 2018",
                "if waiting is what costs, queue arrays and kick when the ring"
                " is full; then nothing has to be recorded.",
                ("replay",),
                transfer.no_set_needed,
            ),
            Claim(
                "Allocating in blocks would help",
                "Wei Wang",
                "19 Dec 2017",
                "a to-do of the series.",
                ("by-order",),
                transfer.allocated_in_blocks,
            ),
            Claim(
                "The queue should be sorted",
                "Wei Wang",
                "19 Dec 2017",
                "a to-do of the series: sort the balloon's pages.",
                ("shapes",),
                transfer.order_of_the_queue,
            ),
        ),
    ),
    Section(
        "The ring",
        (
            Claim(
                "Batching until the ring is full",
                "Wei Wang",
                "19 Dec 2017",
                "chunks are queued until no entry is free, then the host is"
                " kicked once.",
                ("replay", "ring-64", "ring-1024", "one-by-one"),
                transfer.ring_batches,
            ),
            Claim(
                "Adding to the ring never fails",
                "Wei Wang",
                "19 Dec 2017",
                "whoever takes the last entry kicks and waits, so that one is"
                " always free.",
                ("replay", "ring-64", "ring-1024", "one-by-one"),
                transfer.adding_never_fails,
            ),
            Claim(
                "Waiting for one buffer breaks the order",
                "this project, reading v20",
                "2026",
                "after the last kick the posted driver waits for one buffer,"
                " then releases all pages.",
                ("one-by-one",),
                transfer.released_early,
            ),
            Claim(
                "The posted walk forgets its last page",
                "this project, reading v20",
                "2026",
                "`while (pfn < pfn_max)` never tells a last page that stands"
                " alone.",
                ("walk-posted",),
                transfer.walk_loses,
            ),
            Claim(
                "The OOM path without a set costs more kicks",
                "Wei Wang",
                "19 Dec 2017",
                "the notifier needs no set: it tells each page as a chunk.",
                ("replay", "oom-by-array"),
                transfer.oom_kicks,
            ),
            Claim(
                "A chunk has at most 1,048,575 pages",
                "Wei Wang",
                "19 Dec 2017",
                "longer ranges are split, because a length has 32 bits.",
                ("long-run",),
                transfer.one_chunk_is_bounded,
            ),
        ),
    ),
    Section(
        "A page that cannot be recorded",
        (
            Claim(
                "In the worst case not one bit can be set",
                "Tetsuo Handa",
                "24 Dec 2017",
                "so there must be a way that needs no memory: the old arrays.",
                ("policies",),
                pressure.all_fail,
            ),
            Claim(
                "Free it, send it alone, or fall back to arrays",
                "Wei Wang, Matthew Wilcox, Tetsuo Handa",
                "24 Dec 2017",
                "three answers to a page that could not be recorded.",
                ("policies",),
                pressure.single_against_array,
            ),
            Claim(
                "Freeing the page relieves the guest",
                "Wei Wang",
                "24 Dec 2017",
                "under pressure to inflate further is pointless; a failed"
                " record is a welcome signal.",
                ("policies",),
                pressure.free_relieves,
            ),
            Claim(
                "A reserve for the lean times",
                "Michael Tsirkin",
                "9 Oct 2017",
                "keep some memory aside.",
                ("policies",),
                pressure.reserve,
            ),
            Claim(
                "There are two cases only",
                "Wei Wang",
                "26 Dec 2017",
                "page allocation fails and the driver sleeps, or it inflates"
                " normally.",
                ("policies",),
                pressure.third_case,
            ),
            Claim(
                "Recording first makes it right",
                "Wei Wang",
                "26 Dec 2017",
                "record a page before it is enqueued; v20 freed pages that"
                " stood on the list already.",
                ("enqueue-first", "policies"),
                pressure.used_twice,
            ),
            Claim(
                "Freeing is merely a path to the sleep",
                "Wei Wang",
                "26 Dec 2017",
                "under pressure the next page allocation fails and the driver"
                " sleeps.",
                ("policies",),
                pressure.path_to_the_sleep,
            ),
        ),
    ),
    Section(
        "Pages that the OOM notifier cannot see",
        (
            Claim(
                "1 MiB before, unbounded now",
                "Tetsuo Handa",
                "25 Dec 2017",
                "at most 256 pages used to be hidden in a local list.",
                ("clip-256", "clip-4096", "replay"),
                pressure.invisible,
            ),
            Claim(
                "127 GB hidden of a guest of 128",
                "Tetsuo Handa",
                "26 Dec 2017",
                "and the OOM killer fires although they could be freed.",
                ("huge-round",),
                pressure.huge_round,
            ),
            Claim(
                "Allocate the pages themselves without reclaim",
                "Tetsuo Handa",
                "26 Dec 2017",
                "inside the lock; then everything is visible.",
                ("nowait-pages",),
                pressure.nowait_pages,
            ),
            Claim(
                "200 ms are enough to flood the log",
                "Tetsuo Handa",
                "26 Dec 2017",
                "pressure rarely goes away that fast.",
                ("replay", "sleep-1s", "sleep-60s"),
                pressure.spam,
            ),
            Claim(
                "OOM has nothing to do with fill",
                "Wei Wang",
                "24 Dec 2017",
                "the notifier has a routine of its own.",
                ("replay",),
                pressure.oom_meets_fill,
            ),
            Claim(
                "cond_resched may be needed",
                "Tetsuo Handa",
                "26 Dec 2017",
                "the whole transfer happens under one hold of the lock.",
                ("replay",),
                pressure.long_lock_hold,
            ),
        ),
    ),
    Section(
        "The set",
        (
            Claim(
                "A seek from the last node beats any tree",
                "Tetsuo Handa",
                "3 Jan 2018",
                "if values come in sequence.",
                ("sets", "shapes"),
                sets.sequential_seek,
            ),
            Claim(
                "The next bitmap is a neighbour",
                "Tetsuo Handa",
                "3 Jan 2018",
                "gathered pages cluster, so that a sequential seek ends at"
                " once.",
                ("sets",),
                sets.neighbours,
            ),
            Claim(
                "Radix tree against B+ tree",
                "Tetsuo Handa",
                "26 Dec 2017",
                "a to-do before merging: is the B+ tree the better one?",
                ("sets",),
                sets.trees_compared,
            ),
            Claim(
                "Preloading is worthless here",
                "Matthew Wilcox",
                "24 Dec 2017",
                "who cannot sleep gains nothing from it; let the set allocate"
                " by itself.",
                ("sets", "failures"),
                sets.preload_worthless,
            ),
            Claim(
                "Ask the allocator first, then the preloaded pool",
                "Matthew Wilcox",
                "2 Jan 2018",
                "the radix tree does so; the IDA lives on what was preloaded"
                " alone, and xbitmap comes from there.",
                ("preload",),
                sets.pool_alone,
            ),
            Claim(
                "Ascending retrieval suits the handling of chunks",
                "Tetsuo Handa",
                "3 Jan 2018",
                "cvbmp hands out its ranges in order.",
                ("isolated",),
                sets.quadratic_extract,
            ),
            Claim(
                "Clearing never fails",
                "Tetsuo Handa",
                "3 Jan 2018",
                "only recording can lack memory.",
                ("failures",),
                sets.clear_never_fails,
            ),
            Claim(
                "Flags at initialisation confuse",
                "Matthew Wilcox",
                "2 Jan 2018",
                "what may sleep belongs to a call, not to a set.",
                ("failures",),
                sets.flags_at_initialisation,
            ),
            Claim(
                "Larger pages are no burden",
                "this project, after Julien Grall",
                "26 Nov 2020",
                "pages may be 16 or 64 KiB; a set of numbers of 4 KiB then"
                " costs no more for each of them.",
                ("page-size",),
                sets.large_pages,
            ),
            Claim(
                "Order at store time beats sorting at read time",
                "Tetsuo Handa",
                "16 Dec 2017",
                "than collecting everything and sorting it when it is sent.",
                ("sets",),
                sets.sort_at_read,
            ),
            Claim(
                "The segment size can be tuned",
                "Tetsuo Handa",
                "3 Jan 2018",
                "from 8 pages to the bits of a page.",
                ("sets",),
                sets.segment_size,
            ),
            Claim(
                "One bit per value is hard to beat",
                "Michael Tsirkin",
                "15 Dec 2017",
                "in fragmented memory.",
                ("density",),
                sets.bit_per_value,
            ),
            Claim(
                "A full leaf as a special value",
                "Matthew Wilcox",
                "17 Dec 2017",
                "would save memory, but then clearing could fail.",
                ("failures",),
                sets.full_leaves_marked,
            ),
            Claim(
                "A sparse set must be searched quickly",
                "Tetsuo Handa, Matthew Wilcox",
                "14-21 Dec 2017",
                "with only bit 2^64-1 set, v20's search from 0 makes 1.6e16"
                " steps.",
                ("sparse",),
                sets.sparse_search,
            ),
        ),
    ),
    Section(
        "Allocators",
        (
            Claim(
                "With the per-CPU list an allocation is lock-free",
                "Uladzislau Rezki",
                "30 Sep 2020",
                "guaranteed, as long as the list is not empty.",
                ("per-cpu-list",),
                allocators.pcp,
            ),
            Claim(
                "Look at the flag only when the list is empty",
                "Vlastimil Babka",
                "30 Sep 2020",
                "so that the fast path pays nothing; a check beforehand races.",
                ("per-cpu-list",),
                allocators.pcp_ask,
            ),
            Claim(
                "20 kB by order are 32 kB",
                "Julien Grall",
                "26 Nov 2020",
                "12 kB are lost, more with the order; Jan Beulich: give the"
                " tail pages back.",
                ("large-pow2", "large-exact"),
                allocators.by_order,
            ),
            Claim(
                "vmalloc in place of an order",
                "Jan Beulich",
                "26 Nov 2020",
                "instead of contiguous pages: a guard page and alignment to"
                " pages.",
                ("large-vmalloc",),
                allocators.guard_pages,
            ),
            Claim(
                "A place that failed need not be tried again",
                "Minchan Kim",
                "2 Dec 2020",
                "a bulk request passes over what is busy; single calls each"
                " start at the beginning. Kim and Hocko: remember the last"
                " failed pfn.",
                ("cma",),
                allocators.failed_places,
            ),
            Claim(
                "Failing fast trades chunks for time",
                "Minchan Kim",
                "2 Dec 2020",
                "a mode without repeated attempts, like NORETRY; for David"
                " Hildenbrand a hard one, that tries until it succeeds.",
                ("cma",),
                allocators.fail_fast,
            ),
        ),
    ),
)
