# SPDX-License-Identifier: MIT
"""The page of claims: computed from results alone, whole, and honest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claims import claims, mailing_list as thread
from claims.findings import common, sets
from plots.__main__ import main
from claims.claims import Claim, Experiment, Finding, Lab, Section, Verdict
from plots.read.results import ResultsError
from claims.experiments import EXPERIMENTS

REPOSITORY = Path(__file__).parents[2]


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
        "context": {"pfnbench_schema": "1", "cpu_model": "some CPU"},
        "benchmarks": benchmarks,
    }
    (folder / "results.json").write_text(json.dumps(document))


def judged(lab: Lab) -> Finding:
    ratio = lab.ratio("race", "set/w/hare", "set/w/tortoise")
    return Finding(f"The ratio is {ratio}.", Verdict.SUPPORTED)


RACE = Experiment("race", ("--operation=set", "--fault=a;b"))
CLAIM = Claim("Hares win", "Aesop", "564 BC", "always.", ("race",), judged)
SECTIONS = [Section("Animals", (CLAIM,))]


def test_a_ratio_is_taken_within_a_round(tmp_path: Path) -> None:
    write_results(
        tmp_path / "race",
        {
            "set/w/hare": {0: 1.0, 1: 30.0, 2: 4.0},
            "set/w/tortoise": {0: 2.0, 1: 10.0, 2: 2.0},
        },
    )
    assert Lab(tmp_path).ratio("race", "set/w/hare", "set/w/tortoise") == 2


def test_the_page_has_figures_verdict_and_command(tmp_path: Path) -> None:
    write_results(
        tmp_path / "race",
        {"set/w/hare": {0: 1.0}, "set/w/tortoise": {0: 4.0}},
    )
    page = claims.page(SECTIONS, [RACE], Lab(tmp_path), "# Races\n")
    assert "The ratio is 0.25. (From `race`.)" in page
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
    page = claims.page(SECTIONS, [RACE, walk], Lab(tmp_path), "# Races\n")
    assert "* some CPU, commit abc: `race`." in page
    assert "* some CPU, commit def: `walk`." in page


def test_a_claim_without_results_is_not_measured(tmp_path: Path) -> None:
    page = claims.page(SECTIONS, [RACE], Lab(tmp_path), "# Races\n")
    assert "there are no results of race" in page
    assert "| not measured |" in page


def test_a_row_that_is_missing_is_named(tmp_path: Path) -> None:
    write_results(tmp_path / "race", {"set/w/hare": {0: 1.0}})
    page = claims.page(SECTIONS, [RACE], Lab(tmp_path), "# Races\n")
    assert "race has no ns_per_page of set/w/hare" in page.replace("\n", " ")
    assert "**Not measured.**" in page


def test_results_that_are_cut_off_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "race").mkdir()
    (tmp_path / "race" / "results.json").write_text('{"context": ')
    with pytest.raises(ResultsError):
        claims.page(SECTIONS, [RACE], Lab(tmp_path), "# Races\n")


def test_every_experiment_serves_a_claim_and_exists_once() -> None:
    names = [experiment.name for experiment in EXPERIMENTS]
    used = {
        name
        for section in thread.SECTIONS
        for claim in section.claims
        for name in claim.experiments
    }
    assert len(names) == len(set(names))
    assert used == set(names)


def test_a_judge_looks_at_the_experiments_of_its_claim_alone(
    tmp_path: Path,
) -> None:
    for section in thread.SECTIONS:
        for claim in section.claims:
            asked: list[str] = []

            class Watching(Lab):
                def results(self, experiment: str):  # type: ignore
                    asked.append(experiment)
                    return super().results(experiment)

            finding = claims.find(claim, Watching(tmp_path))
            assert finding.verdict is Verdict.NOT_MEASURED, claim.title
            assert asked and set(asked) <= set(claim.experiments), claim.title


def test_titles_are_anchors_of_their_own() -> None:
    titles = [c.title for s in thread.SECTIONS for c in s.claims]
    anchors = {claims._anchor(title) for title in titles}
    assert len(anchors) == len(titles) >= 30


def test_the_page_in_the_repository_is_of_these_claims() -> None:
    page = (REPOSITORY / "docs" / "claims.md").read_text()
    assert page.startswith(thread.INTRODUCTION)
    for section in thread.SECTIONS:
        for claim in section.claims:
            assert f"\n### {claim.title}\n" in page
    for experiment in EXPERIMENTS:
        assert f"`{experiment.command}`" in page
    assert Verdict.NOT_MEASURED.value not in page.lower()


def test_all_policies_and_plans_of_the_findings_are_in_the_experiments() -> (
    None
):
    (policies,) = [e for e in EXPERIMENTS if e.name == "policies"]
    flags = " ".join(policies.flags)
    assert all(policy in flags for policy in common.POLICIES)
    assert all(fault in flags for fault in common.PRESSURE)


def test_a_folder_that_is_not_there_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["claims", str(tmp_path / "nowhere")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "./run claims" in error


def test_the_list_of_experiments_can_be_read_by_a_shell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["claims", "--list"]) == 0
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
    assert claims.significant(value) == text


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
    assert common.verdict_of(*parts) is verdict


@pytest.mark.parametrize(
    ("pool_alone_loses", "verdict"),
    [
        ((8, 8, 8, 8, 8), Verdict.SUPPORTED),
        ((8, 7, 8, 8, 8), Verdict.DEPENDS),
        ((7, 7, 7, 6, 7), Verdict.REFUTED),
    ],
)
def test_asking_first_must_save_sets_under_every_fault(
    tmp_path: Path, pool_alone_loses: tuple[int, ...], verdict: Verdict
) -> None:
    alone = common.PRELOADS[-1]
    benchmarks = [
        {
            "name": f"set/{trace}/{name}/fault:{fault}",
            "run_type": "iteration",
            "repetition_index": 0,
            "pages": 100,
            "failed_sets": lost if name == alone else 7,
        }
        for trace in common.TRACES
        for name in common.PRELOADS
        for fault, lost in zip(common.PRELOAD_FAULTS, pool_alone_loses)
    ]
    (tmp_path / "preload").mkdir()
    (tmp_path / "preload" / "results.json").write_text(
        json.dumps(
            {"context": {"pfnbench_schema": "1"}, "benchmarks": benchmarks}
        )
    )
    finding = sets.pool_alone(Lab(tmp_path))
    assert finding.verdict is verdict
    first = common.PRELOAD_FAULTS[0]
    assert "fail of 500," in finding.figures
    assert f"{first} 35, 35, {5 * pool_alone_loses[0]};" in finding.figures
