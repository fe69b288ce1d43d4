# SPDX-License-Identifier: MIT
"""The results that the documentation shows, and how they are made again.

`./run docs-results` runs the experiments below and gives their folder to
`python3 -m plots docs`, which writes docs/results/ and the table of the
README. Nothing there is typed by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plots.read.experiment import Experiment
from plots.read.instructions import counts_beside
from plots.read.results import FILE_NAME, Results, ResultsError
from plots.read.results import load as load_results
from plots.tables import glance
from plots.tables.legend import legend
from plots.tables.standing import Place, measures
from plots.text.layout import legend_lines, lines, page, wrap
from plots.text.report import paragraph, report

INDEX = "README.md"
TABLE = "first.txt"
MAIN = "main"
_FAILING = "failslab:probability=1"
_SOME = "flat,xbitmap,cvbmp,xarray,btree-range,roaring,radix-page,maple,floor"
# What the first screen of the README shows: the thread's rivals and kin.
_FEW = (
    "flat",
    "xbitmap",
    "xbitmap-preload",
    "cvbmp",
    "xarray",
    "maple",
    "roaring",
    "btree-range",
)
_TABLE_WORKLOAD = "busy-2g"
_BEGIN, _END = "<!-- results: made by ./run docs-results -->", "<!-- end -->"


def _sizes(generator: str, key: str, values: str) -> str:
    """A list of workloads that differ in one parameter."""
    words = (f"gen:{generator}:{key}={value}" for value in values.split())
    return "--workload=" + ",".join(words)


EXPERIMENTS = (
    Experiment(MAIN, (f"--fault=none;{_FAILING}",)),
    Experiment(
        "failure",
        (
            "--operation=set",
            "--workload=busy-2g,punched-2g",
            f"--structure={_SOME}",
            "--row-budget=0.4",
            "--fault="
            + ";".join(
                [
                    "none",
                    *(f"failslab:probability={p}" for p in (1, 3, 10, 30)),
                    *(
                        f"gilbert_elliott:loss=0.1,burst={b}"
                        for b in (1, 8, 63, 252)
                    ),
                ]
            ),
        ),
    ),
    Experiment(
        "policies",
        (
            "--operation=replay",
            "--workload=busy-2g,punched-2g",
            "--structure=xbitmap,cvbmp",
            "--policy=free,single,array",
            "--rounds=3",
            "--fault=none"
            + "".join(f";failslab:probability={p}" for p in (1, 3, 10, 30)),
        ),
    ),
    Experiment(
        "stages",
        (
            "--operation=replay",
            "--workload=idle-8g,frag-4g",
            "--structure=xbitmap,array,pipelined",
            "--rounds=3",
        ),
    ),
    Experiment(
        "stages-real",
        (
            "--operation=replay",
            "--workload=idle-8g,frag-4g",
            "--structure=xbitmap,array,pipelined",
            "--host=real:256M",
            "--rounds=3",
            "--row-budget=0",
        ),
    ),
    Experiment(
        "density",
        (
            "--operation=set,drain",
            f"--structure={_SOME}",
            _sizes("clustered", "cluster", "1 2 4 16 64 256 1024"),
            "--row-budget=0.4",
        ),
    ),
    Experiment(
        "shuffle",
        (
            "--operation=set",
            f"--structure={_SOME}",
            _sizes("shuffled", "distance", "2 16 64 256 1K 4K 16K 256K"),
            "--row-budget=0.4",
        ),
    ),
    Experiment(
        "size",
        (
            "--operation=set,drain",
            f"--structure={_SOME}",
            _sizes("idle", "inflate", "256M 1G 4G 16G 64G 256G 1T"),
            "--rounds=6",
            "--row-budget=4",
        ),
    ),
)


@dataclass(frozen=True)
class Shown:
    """A picture of an experiment, and what it is looked at for."""

    experiment: str
    stem: str
    words: str


_FIRST = "ratio"
SHOWN = (
    Shown(MAIN, _FIRST, "Which is faster, on which guest: the argument."),
    Shown(MAIN, "set", "Recording a page: the operation under the lock."),
    Shown(MAIN, "drain", "Handing over what was recorded."),
    Shown(
        MAIN,
        "pareto",
        "Who is quick and small at once: the named ones on the dashed line.",
    ),
    Shown(
        MAIN,
        "tails-set",
        "The longest single operation answers whether a lock is held too long.",
    ),
    Shown(MAIN, "timeline", "Memory while a trace runs, and what stays."),
    Shown(
        "failure",
        "failure-set-rate",
        "Pages that could not be recorded when more allocations fail.",
    ),
    Shown(
        "failure",
        "failure-set-burst",
        "As many failures, but in bursts, as a kernel short of memory has them.",
    ),
    Shown(
        "policies",
        "failure-replay-rate",
        "What the driver does with such a page decides what it costs.",
    ),
    Shown(
        "stages",
        "replay",
        "Where the time of an inflation goes: arrays, pipelined arrays, ranges.",
    ),
    Shown(
        "stages-real",
        "replay-host-real-real",
        "The same with a thread that really gives memory back.",
    ),
    Shown(
        "density",
        "growth-clustered-cluster",
        "From few long ranges to many short ones.",
    ),
    Shown(
        "shuffle",
        "growth-shuffled-distance",
        "From pages in order to pages in disorder.",
    ),
    Shown("size", "growth-idle-inflate", "From 256 MiB to a terabyte."),
)


def load(folder: Path) -> dict[str, Results]:
    """Results of the experiments that have some; the main ones must."""
    return {
        experiment.name: load_results(folder / experiment.name)
        for experiment in EXPERIMENTS
        if experiment.name == MAIN
        or (folder / experiment.name / FILE_NAME).exists()
    }


def first_table(results: Results) -> str:
    """The answer, one trace with the main figures, and what they are."""
    place = Place(measures(results)[0], _TABLE_WORKLOAD, "")
    table = glance.glance(results, place, among=_FEW)
    facts = [
        results.context.get("date", "")[:10],
        *(results.context.get(k, "") for k in ("cpu_model", "kernel")),
        results.context.get("compiler", ""),
        f"commit {results.context.get('commit', 'not recorded')}",
    ]
    sections = [
        paragraph(results),
        lines(table) if table else [],
        legend_lines(legend(results, [table])),
        wrap(", ".join(fact for fact in facts if fact.strip())),
    ]
    return page(sections)


def readme(text: str, results: Results, place: str) -> str:
    """The README with the block of results made again."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ResultsError(
            Path("README.md"), f"lacks {_BEGIN} or {_END}", "put them back"
        )
    return f"{before}{block(results, place)}{after}"


def block(results: Results, place: str) -> str:
    """What stands between the two comments of the README, with both."""
    lines = [
        _BEGIN,
        f"![The times of cvbmp as ratios to xbitmap, by trace]({place}/{_FIRST}.png)",
        "",
        "```text",
        first_table(results) + "```",
        "",
        f"[All of these results]({place}/{INDEX}).",
        _END,
    ]
    return "\n".join(lines)


def index(
    results: Mapping[str, Results],
    pictures: Sequence[str],
    traces: Sequence[str],
) -> str:
    """docs/results/README.md: what there is, and what is missing."""
    main = results[MAIN]
    commands = {e.name: e.command for e in EXPERIMENTS}
    lines = [
        f"# Results of {main.context.get('date', 'an unknown day')[:10]}",
        "",
        "Made by `./run docs-results`, which measures, draws and writes all of"
        " this again.",
        "The report of the main run is [report.txt](report.txt).",
        "",
    ]
    missing: list[str] = []
    said = ""
    for shown in SHOWN:
        if shown.stem not in pictures:
            missing.append(f"`{shown.stem}` (of {shown.experiment})")
            continue
        lines += [
            shown.words,
            "",
            f"![{shown.words}]({shown.stem}.png)",
            "",
        ]
        if shown.experiment != said:
            said = shown.experiment
            lines += [f"    {commands[said]}", ""]
    for trace in traces:
        words = f"The trace {trace}: which page was reported when."
        lines += [words, "", f"![{words}](trace-{trace}.png)", ""]
    if missing:
        lines += [f"Not measured: {', '.join(missing)}.", ""]
    return "\n".join(lines)


def texts(
    folder: Path, results: Mapping[str, Results], pictures: Sequence[str]
) -> dict[str, bytes]:
    """Files of docs/results that are not drawn from results, by name."""
    main = results[MAIN]
    traces = sorted(folder.glob("trace-*.png"))
    names = [path.stem.removeprefix("trace-") for path in traces]
    made = {
        "report.txt": report(main, counts_beside(main)),
        TABLE: first_table(main),
        INDEX: index(results, pictures, names),
    }
    return {path.name: path.read_bytes() for path in traces} | {
        name: text.encode() for name, text in made.items()
    }
