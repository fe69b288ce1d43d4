# SPDX-License-Identifier: MIT
"""The experiments behind what is said of the thread: command lines."""

from __future__ import annotations

from claims.claims import Experiment
from claims.findings.common import (
    ALL_FAIL,
    POLICIES,
    PRELOAD_FAULTS,
    PRELOADS,
    PRESSURE,
    TRACES,
)

_REPLAY = ("--operation=replay", "--rounds=1", "--row-budget=0")

# Where a call starts; and how often it tries, over all of the area.
_CMA = ",".join(
    [f"gen:cma:mode={mode}:gain=0" for mode in ("normal", "cached", "bulk")]
    + [
        f"gen:cma:mode=bulk:pins=0.02:chunks=8K:tries={tries}"
        for tries in (1, 5, 0)
    ]
)


def _sim(name: str, *flags: str) -> Experiment:
    return Experiment(name, (*_REPLAY, *flags), is_simulated=True)


EXPERIMENTS = (
    _sim("replay", "--structure=xbitmap,array,pipelined"),
    _sim("walk-posted", "--structure=xbitmap", "--driver=walk:posted"),
    *(
        _sim(
            f"clip-{clip}",
            "--structure=xbitmap",
            "--workload=idle-8g,oom-2g",
            f"--driver=clip:{clip}",
        )
        for clip in (256, 4096)
    ),
    *(
        _sim(
            name,
            "--structure=xbitmap",
            "--workload=busy-2g,punched-2g",
            f"--driver={driver}",
        )
        for name, driver in (
            ("ring-64", "ring:64"),
            ("ring-1024", "ring:1024"),
            ("one-by-one", "completion:1,wait:one"),
        )
    ),
    *(
        _sim(name, "--structure=xbitmap", "--workload=oom-2g", *flags)
        for name, flags in (
            ("oom-by-array", ("--driver=oom-path:array",)),
            ("sleep-1s", ("--driver=sleep-ms:1000",)),
            ("sleep-60s", ("--driver=sleep-ms:60000",)),
            ("nowait-pages", ("--policy=nowait-pages",)),
        )
    ),
    _sim(
        "policies",
        "--structure=xbitmap",
        "--workload=idle-8g,busy-2g,oom-2g",
        f"--policy={','.join(POLICIES)}",
        f"--fault={';'.join((ALL_FAIL, *PRESSURE))}",
    ),
    _sim(
        "enqueue-first",
        "--structure=xbitmap",
        "--workload=busy-2g",
        "--driver=order:posted",
        "--fault=ge_heavy",
    ),
    _sim(
        "huge-round",
        "--structure=xbitmap,cvbmp,btree-bitmap,btree-range",
        "--workload=gen:idle:inflate=127G",
    ),
    Experiment(
        "sets",
        (
            "--operation=set,extract,clear,drain",
            "--structure=flat,xbitmap,xbitmap-preload,cvbmp,cvbmp-32768,"
            "cvbmp-cursor,btree-bitmap,btree-bitmap-posted,sorted-array",
            "--fault=none",
            "--row-budget=2",
        ),
    ),
    Experiment(
        "shapes",
        (
            "--operation=set",
            "--structure=xbitmap,cvbmp,btree-bitmap",
            "--workload=gen:sequential,gen:reverse,"
            "gen:shuffled:distance=2K,gen:shuffled:distance=16K,"
            "gen:clustered:span=16M,gen:random:span=16M:pages=64K",
            "--row-budget=4",
        ),
    ),
    Experiment(
        "isolated",
        (
            "--operation=set,extract",
            "--structure=xbitmap,cvbmp,cvbmp-cursor,btree-bitmap",
            "--workload=gen:strided:pages=1000:stride=2K,"
            "gen:strided:pages=10000:stride=2K,"
            "gen:strided:pages=100000:stride=2K",
            "--rounds=5",
            "--row-budget=5",
        ),
    ),
    Experiment(
        "density",
        (
            "--operation=set",
            "--structure=flat,xbitmap,cvbmp,btree-bitmap,btree-range,"
            "roaring,sorted-array",
            "--workload=gen:random:span=1M:pages=10,"
            "gen:random:span=1M:pages=1K,gen:random:span=1M:pages=100K,"
            "gen:random:span=1M:pages=960K",
            "--rounds=1",
            "--row-budget=0",
        ),
        is_simulated=True,
    ),
    Experiment(
        "failures",
        (
            "--operation=set,clear",
            "--structure=xbitmap,xbitmap-preload,xarray,cvbmp,cvbmp-32768,"
            "btree-bitmap,btree-range,maple,roaring,roaring-run",
            "--workload=busy-2g",
            "--fault=none;failslab:probability=10;ge_heavy;budget:65536",
            "--rounds=5",
            "--row-budget=3",
        ),
    ),
    Experiment(
        "preload",
        (
            "--operation=set",
            f"--structure={','.join(PRELOADS)}",
            f"--workload={','.join(TRACES)}",
            f"--fault={';'.join(PRELOAD_FAULTS)}",
            "--rounds=1",
            "--row-budget=0",
        ),
        is_simulated=True,
    ),
    Experiment(
        "per-cpu-list",
        (
            "--operation=set",
            "--structure=xbitmap,cvbmp,btree-bitmap",
            "--workload=busy-2g",
            "--fault=pcp_only:a=0,f=0;"
            "pcp_only:a=0.015873,f=0;"
            "pcp_only;"
            "pcp_only:ask=precheck;"
            "pcp_only:ask=race",
            "--rounds=1",
            "--row-budget=0",
        ),
        is_simulated=True,
    ),
    *(
        Experiment(
            f"large-{policy}",
            (
                "--operation=set",
                "--structure=flat,cvbmp-32768,roaring,boost-flat-set",
                "--workload=gen:sequential:pages=640K",
                f"--large={policy}",
                "--rounds=1",
                "--row-budget=0",
            ),
            is_simulated=True,
        )
        for policy in ("pow2", "exact", "vmalloc")
    ),
    _sim(
        "long-run",
        "--structure=xbitmap",
        "--workload=gen:sequential:pages=4M",
    ),
    _sim(
        "by-order",
        "--structure=xbitmap",
        "--workload=gen:clustered:cluster=1:span=4M,"
        "gen:clustered:cluster=16:span=4M,gen:clustered:cluster=512:span=4M",
    ),
    Experiment(
        "page-size",
        (
            "--operation=set",
            "--structure=xbitmap,cvbmp,btree-bitmap,roaring",
            "--workload=gen:clustered:cluster=1:span=4M,"
            "gen:clustered:cluster=4:span=4M,gen:clustered:cluster=16:span=4M",
            "--rounds=5",
            "--row-budget=5",
        ),
    ),
    Experiment(
        "sparse",
        (
            "--operation=extract",
            "--structure=xbitmap,xbitmap-tag,xarray,cvbmp,btree-bitmap",
            "--workload=gen:strided:pages=2:stride=64M",
        ),
    ),
    Experiment(
        "cma",
        (
            "--operation=set",
            "--structure=flat",
            f"--workload={_CMA}",
            "--rounds=1",
            "--row-budget=0",
        ),
        is_simulated=True,
    ),
    Experiment(
        "real-host",
        (
            "--operation=replay",
            "--host=real",
            "--workload=idle-8g",
            "--pages=65536",
            "--structure=xbitmap,array,pipelined",
            "--rounds=3",
            "--row-budget=0",
        ),
    ),
)
