# SPDX-License-Identifier: MIT
"""The results that the documentation shows, and how they are made anew.

`./run docs-results` runs the experiments below and gives their folder to
`python3 -m plots docs`, which writes docs/results/ and the table of the
README. Nothing there is typed by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from plots.draw.chart import counter_estimate
from plots.read.experiment import Experiment
from plots.read.instructions import short_report
from plots.text.report import row_label
from plots.read.results import (
    FILE_NAME,
    FLOOR,
    Case,
    Contender,
    Results,
    ResultsError,
)
from plots.read.results import load as load_results
from plots.draw.style import in_order
from plots.text.layout import Cell, Table, number, percent, render, to_ascii, wrap

INDEX = "README.md"
TABLE = "first.txt"
_MAIN = "main"
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
    "floor",
)
_TABLE_WORKLOAD = "busy-2g"
_BEGIN, _END = "<!-- results: made by ./run docs-results -->", "<!-- end -->"


def _sizes(generator: str, key: str, values: str) -> str:
    """A list of workloads that differ in one parameter."""
    words = (f"gen:{generator}:{key}={value}" for value in values.split())
    return "--workload=" + ",".join(words)


EXPERIMENTS = (
    Experiment(_MAIN, (f"--fault=none;{_FAILING}",)),
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


SHOWN = (
    Shown(_MAIN, "set", "Recording a page: the operation under the lock."),
    Shown(_MAIN, "drain", "Handing over what was recorded."),
    Shown(
        _MAIN,
        "pareto",
        "Who is quick and small at once: the named ones on the dashed line.",
    ),
    Shown(
        _MAIN,
        "tails-set",
        "The longest single operation answers whether a lock is held too long.",
    ),
    Shown(_MAIN, "timeline", "Memory while a trace runs, and what stays."),
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
    found = {
        experiment.name: load_results(folder / experiment.name)
        for experiment in EXPERIMENTS
        if (folder / experiment.name / FILE_NAME).exists()
    }
    if _MAIN not in found:
        raise ResultsError(
            folder / _MAIN, "has no results", "run ./run docs-results"
        )
    return found


def few(results: Results) -> Results:
    """The same results for the structures of the README alone."""
    rows = tuple(
        row for row in results.rows if row.case.contender.structure in _FEW
    )
    facts = tuple(s for s in results.structures if s.name in _FEW)
    return replace(results, rows=rows, structures=facts)


def table(results: Results) -> list[str]:
    """One trace, the main figures side by side."""
    longest = {
        profile.structure: profile.tails.longest[1]
        for profile in results.profiles
        if profile.workload == _TABLE_WORKLOAD
        and not profile.condition
        and profile.tails
        and profile.tails.longest
    }
    contenders = in_order(few(results).contenders_of("set", ""))
    headings = ["ns/page", "ns/range", "bits", "KiB", "lost ppm"]
    rows = [
        (
            row_label(contender),
            [
                _time(results, "set", contender, "ns_per_page"),
                _time(results, "drain", contender, "ns_per_range"),
                _bits(results, contender),
                _peak(results, contender),
                _lost(results, contender),
                *([_longest(contender, longest)] if longest else []),
            ],
        )
        for contender in contenders
    ]
    if longest:
        headings.append("us")
    title = f"trace {_TABLE_WORKLOAD}"
    return render(
        Table(title, headings, "structure", rows, most_columns=len(headings))
    )


def _time(
    results: Results, operation: str, contender: Contender, counter: str
) -> Cell:
    case = Case(operation, _TABLE_WORKLOAD, contender, "")
    value = counter_estimate(results, case, counter)
    if value is None:
        return Cell((results.word(case) or "-",))
    width = value.half_width_percent
    spread = "-" if width is None or value.count < 2 else percent(width)
    # As in the report: a range of few rounds stands in parentheses.
    if not value.is_interval:
        spread = f"({spread})"
    return Cell((number(value.median), spread))


def _bits(results: Results, contender: Contender) -> Cell:
    case = Case("set", _TABLE_WORKLOAD, contender, "")
    value = counter_estimate(results, case, "bits_per_page")
    if contender.structure == FLOOR:
        value = None  # it records nothing
    return Cell(("-" if value is None else number(value.median),))


def _peak(results: Results, contender: Contender) -> Cell:
    peak = results.peak_kib(Case("set", _TABLE_WORKLOAD, contender, ""))
    if peak is None or contender.structure == FLOOR:
        return Cell(("-",))
    return Cell((number(peak),))


def _lost(results: Results, contender: Contender) -> Cell:
    case = Case("set", _TABLE_WORKLOAD, contender, f"fault:{_FAILING}")
    failed = counter_estimate(results, case, "failed_sets")
    pages = counter_estimate(results, case, "pages")
    if failed is None or pages is None or not pages.median:
        return Cell(("-",))
    return Cell((number(1e6 * failed.median / pages.median),))


def _longest(contender: Contender, longest: dict[str, float]) -> Cell:
    if contender.is_control or contender.structure not in longest:
        return Cell(("-",))
    return Cell((number(longest[contender.structure] / 1000),))


def first_table(results: Results) -> str:
    """The table of the README, and where it comes from."""
    facts = [
        results.context.get("date", "")[:10],
        *(results.context.get(k, "") for k in ("cpu_model", "kernel")),
        results.context.get("compiler", ""),
        f"commit {results.context.get('commit', 'not recorded')}",
    ]
    said = ", ".join(to_ascii(fact) for fact in facts if fact.strip())
    return "\n".join([*wrap(said), "", *table(results), ""])


def readme(text: str, results: Results, place: str) -> str:
    """The README with the block of results made anew."""
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
        f"![Time to record one page, by trace and structure]({place}/first.png)",
        "",
        "```text",
        first_table(results) + "```",
        "",
        f"[All of these results]({place}/{INDEX}).",
        _END,
    ]
    return "\n".join(lines)


def index(
    results: dict[str, Results], pictures: Sequence[str], traces: Sequence[str]
) -> str:
    """docs/results/README.md: what there is, and what is missing."""
    main = results[_MAIN]
    commands = {e.name: e.command for e in EXPERIMENTS}
    lines = [
        f"# Results of {main.context.get('date', 'an unknown day')[:10]}",
        "",
        "Made by `./run docs-results`, which measures, draws and writes all of"
        " this anew.",
        "The report of the main run is [report.txt](report.txt).",
        "",
    ]
    missing: list[str] = []
    told = ""
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
        if shown.experiment != told:
            told = shown.experiment
            lines += [f"    {commands[told]}", ""]
    for trace in traces:
        words = f"The trace {trace}: which page was told when."
        lines += [words, "", f"![{words}](trace-{trace}.png)", ""]
    if missing:
        lines += [f"Not measured: {', '.join(missing)}.", ""]
    return "\n".join(lines)


def write(folder: Path) -> dict[str, bytes]:
    """Every file of docs/results by name."""
    # Needs matplotlib; `plots docs --list` does not.
    from plots.draw import figure_time, pictures

    results = load(folder)
    charts: dict[str, pictures.AnyChart] = {}
    for name, found in results.items():
        every = pictures.charts(found)
        for shown in SHOWN:
            if shown.experiment == name and shown.stem in every:
                charts[shown.stem] = every[shown.stem]
    first = figure_time.charts(few(results[_MAIN])).get("set")
    if first is not None:
        charts["first"] = first
    files = {
        f"{stem}.png": made["png"] for stem, made in pictures.render(charts)
    }
    traces = sorted(folder.glob("trace-*.png"))
    files |= {path.name: path.read_bytes() for path in traces}
    names = [path.stem.removeprefix("trace-") for path in traces]
    files["report.txt"] = short_report(results[_MAIN]).encode()
    files[TABLE] = first_table(results[_MAIN]).encode()
    files[INDEX] = index(results, list(charts), names).encode()
    return files


def main_results(folder: Path) -> Results:
    """Those that the README shows."""
    return load_results(folder / _MAIN)
