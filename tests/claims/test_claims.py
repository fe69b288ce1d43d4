# SPDX-License-Identifier: MIT
"""The page of claims: computed from results alone, whole, and honest."""

from __future__ import annotations

import json
import math
import re
import sys
from inspect import signature
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from claims import judge as claims  # noqa: E402
from claims import rules  # noqa: E402
from claims.__main__ import main  # noqa: E402
from claims.catalog import (  # noqa: E402
    EXPERIMENTS,
    INTRODUCTION,
    LISTS,
    SECTIONS,
    Claim,
    Experiment,
    Section,
)
from claims.judge import find, places_of, rule_of  # noqa: E402
from claims.lab import Lab, Ratio, number  # noqa: E402
from claims.rules import Finding, Verdict  # noqa: E402
from plots.read.results import ResultsError  # noqa: E402

CLAIMS = [claim for section in SECTIONS for claim in section.claims]
TRACES = LISTS["trace"]


def write_results(folder: Path, rows: dict[str, dict[int, float]]) -> None:
    """Results with one counter, `ns_per_page`, of each row by round."""
    folder.mkdir(parents=True)
    benchmarks = [
        {
            "name": name,
            "run_type": "iteration",
            "repetition_index": number,
            "ns_per_page": value,
        }
        for name, values in rows.items()
        for number, value in values.items()
    ]
    document = {
        "context": {
            "pfnbench_schema": "1",
            "cpu_model": "some CPU",
            "baseline": "tortoise",
        },
        "benchmarks": benchmarks,
    }
    (folder / "results.json").write_text(json.dumps(document))


RACE = Experiment("race", ("--operation=set", "--fault=a;b"))
RACES = [
    Section(
        "Animals",
        (
            Claim(
                "Hares win",
                "Aesop",
                "564 BC",
                "always.",
                "The ratio is {each_ratio}.",
                {"ratios": "race set/w/{animal} set/w/tortoise ns_per_page"},
                {"animal": {"a hare": "hare"}},
                {"each_ratio": "of {animal} {ratios}"},
                "large_pages",
            ),
        ),
    )
]


def test_a_ratio_is_taken_within_a_round(tmp_path: Path) -> None:
    write_results(
        tmp_path / "race",
        {
            "set/w/hare": {0: 1.0, 1: 30.0, 2: 4.0},
            "set/w/tortoise": {0: 2.0, 1: 10.0, 2: 2.0},
        },
    )
    ratio = Lab(tmp_path).ratio("race", "set/w/hare", "set/w/tortoise")
    assert (ratio.median, ratio.low, ratio.high) == (2, 0.5, 3)
    assert not ratio.is_interval and ratio.control is None
    assert ratio.side == 0  # three rounds show nothing


def times(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


def race(tmp_path: Path, hare: float, control: float) -> Lab:
    write_results(
        tmp_path / "race",
        {
            "set/w/hare": times(*[hare] * 8, hare / 1.01),
            "set/w/tortoise": times(*[1] * 9),
            "set/w/tortoise/control:1": times(*[control] * 9),
        },
    )
    return Lab(tmp_path)


@pytest.mark.parametrize(
    ("hare", "control", "side"),
    [(2, 1, 1), (0.5, 1, -1), (1, 1, 0), (1.2, 1.3, 0), (1.2, 1 / 1.3, 0)],
)
def test_a_ratio_shows_a_difference_only_beyond_what_the_control_shows(
    tmp_path: Path, hare: float, control: float, side: int
) -> None:
    lab = race(tmp_path, hare, control)
    ratio = lab.ratio("race", "set/w/hare", "set/w/tortoise")
    assert ratio.is_interval and ratio.low <= ratio.median <= ratio.high
    assert ratio.control is not None
    assert math.isclose(ratio.control.median, control)
    assert ratio.side == side


@pytest.mark.parametrize(
    ("hares", "verdict"),
    [
        ((0.5, 0.5, 0.5, 0.5, 0.5), Verdict.SUPPORTED),
        ((0.5, 1.1, 0.5, 0.5, 0.5), Verdict.SUPPORTED),  # 1.1 is noise
        ((2, 2, 2, 2, 2), Verdict.REFUTED),
        ((0.5, 2, 0.5, 0.5, 0.5), Verdict.DEPENDS),
        ((1.1, 1, 1, 1, 1), Verdict.DEPENDS),  # nothing is shown
    ],
)
def test_noise_decides_no_verdict(
    tmp_path: Path, hares: tuple[float, ...], verdict: Verdict
) -> None:
    rows = {}
    for trace, hare in zip(TRACES, hares):
        rows[f"set/{trace}/hare"] = times(*[hare] * 9)
        rows[f"set/{trace}/tortoise"] = times(*[1] * 9)
        rows[f"set/{trace}/tortoise/control:1"] = times(*[1.2] * 9)
    write_results(tmp_path / "sets", rows)
    address = "sets set/{trace}/hare set/{trace}/tortoise ns_per_page"
    over = {"trace": {trace: trace for trace in TRACES}}
    claim = Claim(
        "", "", "", "", "{ratios}", {"ratios": address}, over, {},
        "sequential_seek",
    )  # fmt: skip
    text, found = find(claim, Lab(tmp_path))
    assert found is verdict
    alike = [t for t, h in zip(TRACES, hares) if 1 / 1.2 < h < 1.2]
    assert text.startswith(f"idle-8g {number(hares[0])}, frag-4g ")
    assert ("no difference shown" in text) == bool(alike)
    if alike:
        assert text.endswith(f"(no difference shown: {', '.join(alike)})")


def test_the_page_has_figures_verdict_and_command(tmp_path: Path) -> None:
    write_results(
        tmp_path / "race",
        {"set/w/hare": {0: 1.0}, "set/w/tortoise": {0: 4.0}},
    )
    page = claims.page(RACES, [RACE], Lab(tmp_path), "# Races\n")
    assert "The ratio is of a hare 0.25. (From `race`.)" in page
    assert "**Supported.**" in page
    assert "| [Hares win](#hares-win) | Aesop, 564 BC | supported |" in page
    assert "`./run bench --operation=set '--fault=a;b'`" in page
    assert "Measured figures: some CPU." in page


def test_the_page_says_which_build_measured_what(tmp_path: Path) -> None:
    walk = Experiment("walk", ("--operation=set",))
    for folder, commit in (("race", "abc"), ("walk", "def")):
        write_results(tmp_path / folder, {"set/w/hare": {0: 1.0}})
        path = tmp_path / folder / "results.json"
        content = json.loads(path.read_text())
        content["context"]["commit"] = commit
        path.write_text(json.dumps(content))
    page = claims.page(RACES, [RACE, walk], Lab(tmp_path), "# Races\n")
    assert "* some CPU, commit abc: `race`." in page
    assert "* some CPU, commit def: `walk`." in page


def test_a_claim_without_results_is_not_measured(tmp_path: Path) -> None:
    page = claims.page(RACES, [RACE], Lab(tmp_path), "# Races\n")
    assert "there are no results of race" in page
    assert "| not measured |" in page


def test_a_row_that_is_missing_is_named(tmp_path: Path) -> None:
    write_results(tmp_path / "race", {"set/w/hare": {0: 1.0}})
    page = claims.page(RACES, [RACE], Lab(tmp_path), "# Races\n")
    flat = page.replace("\n", " ")
    assert "race has no ns_per_page of set/w/tortoise" in flat
    assert "**Not measured.**" in page


def test_results_that_are_cut_off_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "race").mkdir()
    (tmp_path / "race" / "results.json").write_text('{"context": ')
    with pytest.raises(ResultsError):
        claims.page(RACES, [RACE], Lab(tmp_path), "# Races\n")


def test_every_experiment_serves_a_claim_and_exists_once() -> None:
    names = [experiment.name for experiment in EXPERIMENTS]
    used = {
        name
        for claim in CLAIMS
        for name in claim.experiments
    }
    assert len(names) == len(set(names))
    assert used == set(names)


def test_a_claim_without_any_results_is_not_measured(tmp_path: Path) -> None:
    for claim in CLAIMS:
        _, verdict = find(claim, Lab(tmp_path))
        assert verdict is Verdict.NOT_MEASURED, claim.title


class Invented(Lab):
    """Has every figure that a claim may ask for."""

    def read(self, experiment: str, row: str, *rest: str):  # type: ignore
        if len(rest) == 2:
            return Ratio(2.0, 1.9, 2.1, 9, True)
        is_list = rest[0] == "list_distance"
        return "0:0.9,1:0.05,mean:2,most:3" if is_list else 3.0


def test_every_place_in_a_text_is_filled_and_every_figure_has_a_use(
    tmp_path: Path,
) -> None:
    for claim in CLAIMS:
        text, verdict = find(claim, Invented(tmp_path))
        assert "{" not in text and verdict is not Verdict.NOT_MEASURED
        texts = (claim.figures, *claim.each.values())
        used = {place for text in texts for place in places_of(text)}
        if claim.judge:
            used |= set(signature(rule_of(claim.judge)).parameters)
        assert set(claim.reads) | set(claim.each) <= used, claim.title
        addresses = " ".join(claim.reads.values())
        for name in claim.over.keys() - LISTS:
            assert f"{{{name}}}" in addresses, claim.title


def test_every_rule_has_one_claim() -> None:
    judges = [claim.judge for claim in CLAIMS if claim.judge]
    assert len(judges) == len(set(judges)) >= 42
    made = {
        name
        for name, value in vars(rules).items()
        if getattr(value, "__annotations__", {}).get("return") == Finding
    }
    assert {*made, *rules.COMPARISONS} == set(judges)


def test_titles_are_anchors_of_their_own() -> None:
    titles = [claim.title for claim in CLAIMS]
    anchors = {claims.anchor(title) for title in titles}
    assert len(anchors) == len(titles) >= 30


def test_the_page_in_the_repository_is_of_these_claims() -> None:
    page = (ROOT / "docs" / "claims.md").read_text()
    assert page.startswith(INTRODUCTION)
    flat = " ".join(page.split())
    for claim in CLAIMS:
        assert f"\n### {claim.title}\n" in page
        assert " ".join(claim.text.split()) in flat
        for text, _, _, _ in Formatter().parse(claim.figures):
            assert " ".join(text.split()) in flat, claim.title
    for experiment in EXPERIMENTS:
        assert f"`{experiment.command}`" in page
    assert Verdict.NOT_MEASURED.value not in page.lower()


def test_the_lists_that_judges_go_through_are_in_the_experiments() -> None:
    flags = {each.name: each.flags for each in EXPERIMENTS}
    faults = ";".join((LISTS["all_fail"], *LISTS["pressure"]))
    assert f"--fault={faults}" in flags["policies"]
    assert f"--policy={','.join(LISTS['policy'])}" in flags["policies"]
    preload = flags["preload"]
    assert f"--structure={','.join(LISTS['preload'])}" in preload
    assert f"--workload={','.join(TRACES)}" in preload
    assert f"--fault={';'.join(LISTS['preload_fault'])}" in preload


def test_nothing_in_plots_knows_the_claims() -> None:
    for path in (ROOT / "plots").rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"^\s*(from|import) claims", text, re.M), path


def test_the_claims_use_of_plots_what_reads_and_tables_alone() -> None:
    for path in (ROOT / "claims").rglob("*.py"):
        text = path.read_text()
        for room in re.findall(r"(?:from|import) plots\.(\w+)", text):
            assert room in ("read", "tables"), path


def test_a_folder_that_is_not_there_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "no\x1b[2J\nwhere")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "./run claims" in error
    assert "\x1b" not in error


def test_the_list_of_experiments_can_be_read_by_a_shell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(EXPERIMENTS)
    assert [tuple(line.split("\t")) for line in lines] == [
        (each.name, *each.flags) for each in EXPERIMENTS
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234567, "1,234,567"), (12.345, "12.3"), (0.00123, "0.00123")],
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((True, True), Verdict.SUPPORTED),
        ((True, False), Verdict.DEPENDS),
        ((False, False), Verdict.REFUTED),
        ((False,), Verdict.REFUTED),
    ],
)
def test_a_claim_of_several_parts_needs_all_of_them(
    parts: tuple[bool, ...], verdict: Verdict
) -> None:
    assert rules.verdict_of(*parts) is verdict


@pytest.mark.parametrize(
    ("pool_alone_loses", "verdict"),
    [
        ((8, 8, 8, 8, 8), Verdict.SUPPORTED),
        ((8, 7, 8, 8, 8), Verdict.DEPENDS),
        ((7, 7, 7, 6, 7), Verdict.REFUTED),
    ],
)
def test_asking_first_must_save_sets_under_every_fault(
    pool_alone_loses: tuple[int, ...], verdict: Verdict
) -> None:
    lost = [
        [[7] * 5, [7] * 5, [pool] * 5] for pool in pool_alone_loses
    ]
    found, figures = rules.pool_alone(lost, [100] * 5)
    assert found is verdict
    assert figures["all_pages"] == 500
    assert figures["failed"][0] == [35, 35, 5 * pool_alone_loses[0]]
