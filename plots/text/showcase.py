# SPDX-License-Identifier: MIT
"""The results that the documentation shows; ./run docs-results calls it."""

import lzma
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

from plots.read.experiment import experiments
from plots.read.instructions import counts_beside
from plots.read.results import FILE_NAME, Results
from plots.read.results import load as load_results
from plots.tables import glance
from plots.tables.standing import Place, measures, places_of
from plots.tables.standing import conditions as standing_conditions
from plots.tables.table import Column, Table, cells, legend
from plots.tables.words import refused
from plots.text.layout import legend_lines, lines, page, wrap
from plots.text.mail import mail
from plots.text.report import paragraph, report

INDEX = "README.md"
TABLE = "first.txt"
OTHERS = "conditions.txt"
MAIN = "main"
_FIRST = "ratio"
# What the first screen of the README shows: the thread's rivals and kin.
_FEW = "flat xbitmap xbitmap-preload cvbmp xarray pivot-tree roaring btree-range"
_TABLE_WORKLOAD = "busy-2g"
_BEGIN, _END = "<!-- results: made by ./run docs-results -->", "<!-- end -->"

_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
EXPERIMENTS = experiments(_SAID["experiments"])
# By file stem: the experiment (`of`), and what it is looked at for (`words`).
PICTURES: Mapping[str, Mapping[str, str]] = _SAID["pictures"]
# By experiment: a condition of the main run, in words.
CONDITIONS: Mapping[str, str] = _SAID["conditions"]


def load(folder: Path) -> dict[str, Results]:
    """Results of the experiments that have some; the main ones must."""
    return {
        name: load_results(folder / name)
        for name in (experiment.name for experiment in EXPERIMENTS)
        if name == MAIN or (folder / name / FILE_NAME).exists()
    }


def first_table(results: Results) -> str:
    """The answer, one trace with the main figures, and what they are."""
    place = Place(results, measures(results)[0], _TABLE_WORKLOAD, "")
    table = glance.glance(place, among=_FEW.split())
    said = {"commit": "not recorded", **results.context}
    facts = [said.get(key, "") for key in ("cpu_model", "kernel", "compiler")]
    facts = [said.get("date", "")[:10], *facts, f"commit {said['commit']}"]
    return page(
        [
            paragraph(results),
            lines(table) if table else [],
            legend_lines(legend(results, [table])),
            wrap(", ".join(fact for fact in facts if fact.strip())),
        ]
    )


def conditions(results: Mapping[str, Results]) -> str:
    """Ratios to the baseline by guest, and pairs that change places."""
    there = [name for name in (MAIN, *CONDITIONS) if name in results]
    heads = (glance.STRUCTURE, *(Column(name, name) for name in there))
    main = results[MAIN]
    tables = []
    for place in places_of(main, measures(main)[0], ""):
        same = [_under(results[name], place) for name in there]
        names = [n for n in place.entrants if n != main.baseline]
        rows = [
            cells(n, *(glance.rival_cell(p.ratio(n), p.word(n)) for p in same))
            for n in names
        ]
        orders = [_order(each, place.entrants) for each in same]
        back = {pair[::-1] for pair in orders[0]}
        changed = [str(len(back & o)) if o else None for o in orders]
        rows.append(cells("pairs shown to change places", *changed))
        title = f"{place.workload}: {place.measure.name}, ratio to {main.baseline}"
        tables.append(Table("conditions", title, heads, tuple(rows)))
    what = (f"{name}: {CONDITIONS[name]}." for name in there[1:])
    marked = legend_lines(legend(main, tables))
    return page([*map(lines, tables), [w for t in what for w in wrap(t)], marked])


def _under(results: Results, place: Place) -> Place:
    """The same place of a run under one other condition."""
    (condition, *_) = standing_conditions(results, place.measure)
    return replace(place, results=results, condition=condition)


def _order(place: Place, names: Sequence[str]) -> set[tuple[str, str]]:
    """Pairs of which the first is shown to be faster."""
    ratios = {pair: place.ratio(*pair) for pair in permutations(names, 2)}
    return {
        pair
        for pair, found in ratios.items()
        if found and found.mark == "*" and found.ratio.median < 1
    }


def readme(text: str, results: Results, place: str) -> str:
    """The README with the block of results made again."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise refused(Path("README.md"), "no_comments", begin=_BEGIN, end=_END)
    alt = f"Times of cvbmp as ratios to {results.baseline}, by guest"
    block = [
        f"![{alt}]({place}/{_FIRST}.png)",
        "",
        f"```text\n{first_table(results)}```",
        "",
        f"[All of these results]({place}/{INDEX}).",
    ]
    return "\n".join([before + begin, *block, end + after])


def index(
    results: Mapping[str, Results],
    pictures: Sequence[str],
    traces: Sequence[str],
) -> str:
    """docs/results/README.md: what there is, and what is missing."""
    import jinja2  # no other text needs it

    text = Path(__file__).with_suffix(".md.jinja").read_text("utf-8")
    template = jinja2.Template(text, trim_blocks=True, lstrip_blocks=True)
    made = template.render(
        date=results[MAIN].context.get("date", "an unknown day")[:10],
        commands={each.name: each.command for each in EXPERIMENTS},
        pictures=PICTURES,
        drawn=pictures,
        traces=traces,
    )
    return f"{made.rstrip()}\n"


def texts(
    folder: Path, results: Mapping[str, Results], pictures: Sequence[str]
) -> dict[str, bytes]:
    """Files of docs/results that are not drawn from results, by name."""
    main = results[MAIN]
    traces = sorted(folder.glob("trace-*.png"))
    names = [path.stem.removeprefix("trace-") for path in traces]
    made = {
        "report.txt": report(main, counts_beside(main)),
        "mail.txt": mail(main),
        TABLE: first_table(main),
        OTHERS: conditions(results),
        INDEX: index(results, pictures, names),
    }
    return {
        **{path.name: path.read_bytes() for path in traces},
        **{name: text.encode() for name, text in made.items()},
        "results.json.xz": lzma.compress(main.path.read_bytes()),
    }
