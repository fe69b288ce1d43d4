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
    DRAWN,
    EXPERIMENTS,
    INTRODUCTION,
    LISTS,
    MAILS,
    SECTIONS,
    Claim,
    Experiment,
    Mail,
    Section,
    runs,
)
from claims.judge import constant, find, places_of, rule_of  # noqa: E402
from claims.lab import ROUNDS, SEEDS, Figure, Lab, number  # noqa: E402
from claims.rules import Finding, Verdict  # noqa: E402
from plots.read.results import ResultsError  # noqa: E402
from plots.read.statistics import Estimate  # noqa: E402

CLAIMS = [claim for section in SECTIONS for claim in section.claims]
JUDGED = [claim for claim in CLAIMS if not constant(claim)]
TRACES = LISTS["trace"]
REACTS = "--guest=reacts"
YES, NO, BOTH = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.DEPENDS


def write_results(
    folder: Path,
    rows: dict[str, dict[int, float]],
    counter: str = "ns_per_page",
) -> None:
    """Results with one counter of each row by round."""
    folder.mkdir(parents=True)
    benchmarks = [
        {
            "name": name,
            "run_type": "iteration",
            "repetition_index": number,
            counter: value,
        }
        for name, values in rows.items()
        for number, value in values.items()
    ]
    document = {
        "context": {
            "pfnbench_schema": "1",
            "cpu_model": "some CPU",
            "commit": "abc",
            "baseline": "tortoise",
        },
        "benchmarks": benchmarks,
    }
    (folder / "results.json").write_text(json.dumps(document))


def times(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


def claim(**fields: object) -> Claim:
    """One about hares, unless said otherwise."""
    usual = {
        "title": "Hares",
        "said": (("Slow but steady", Mail("Aesop", "564 BC", "1@kos")),),
        "asked": "Is the hare faster?",
        "figures": "The ratio is {ratios}.",
        "otherwise": "Yes: the hare may sleep.",
        "against": "One race is no race.",
        "reads": {"ratios": "race set/w/{who} set/w/tortoise ns_per_page"},
        "over": {"who": {"a hare": "hare"}},
        "each": {},
        "judge": "ranges",
    }
    return Claim(**(usual | fields))


RACE = Experiment("race", ("--operation=set", "--fault=a;b"))


def page(tmp_path: Path, *claimed: Claim) -> str:
    section = Section("Animals", claimed or (claim(),))
    return claims.page([section], [RACE], Lab(tmp_path), "Races.\n")


def race(tmp_path: Path, hare: float, control: float, rounds: int = 9) -> Lab:
    write_results(
        tmp_path / "race",
        {
            "set/w/hare": times(*[hare] * (rounds - 2), *[hare / 1.01] * 2),
            "set/w/tortoise": times(*[1] * rounds),
            "set/w/tortoise/control:1": times(*[control] * rounds),
        },
    )
    return Lab(tmp_path)


RATIO = ("race", "set/w/hare", "set/w/tortoise", "ns_per_page")


def test_a_ratio_is_taken_within_a_round(tmp_path: Path) -> None:
    write_results(
        tmp_path / "race",
        {
            "set/w/hare": times(1.0, 30.0, 4.0, 4.0, 4.0, 4.0),
            "set/w/tortoise": times(2.0, 10.0, 2.0, 2.0, 2.0, 2.0),
        },
    )
    ratio = Lab(tmp_path).read(*RATIO)
    assert (ratio, ratio.low, ratio.high) == (2, 0.5, 3)
    assert ratio.control is None


@pytest.mark.parametrize(
    ("hare", "control", "side"),
    [(2, 1, 1), (0.5, 1, -1), (1, 1, 0), (1.2, 1.3, 0), (1.2, 1 / 1.3, 0)],
)
def test_a_ratio_shows_a_difference_only_beyond_what_the_control_shows(
    tmp_path: Path, hare: float, control: float, side: int
) -> None:
    ratio = race(tmp_path, hare, control).read(*RATIO)
    assert ratio.low <= ratio <= ratio.high
    assert ratio.control is not None
    assert math.isclose(ratio.control.median, control)
    assert ratio.side == side
    assert f"{ratio}".startswith("~") == (side == 0)


def test_the_control_of_a_sum_is_that_of_the_sum(tmp_path: Path) -> None:
    rows = {}
    for operation, again in (("set", 1), ("drain", 3)):
        rows[f"{operation}/w/hare"] = times(*[2] * 9)
        rows[f"{operation}/w/tortoise"] = times(*[1] * 9)
        rows[f"{operation}/w/tortoise/control:1"] = times(*[again] * 9)
    write_results(tmp_path / "race", rows)
    names = ("set+drain/w/hare", "set+drain/w/tortoise", "ns_per_page")
    ratio = Lab(tmp_path).read("race", *names)
    assert ratio == 2 and ratio.control.median == 2
    assert ratio.side == 0


def test_a_counter_is_a_share_of_others_in_its_round(tmp_path: Path) -> None:
    write_results(tmp_path / "race", {"replay/w/hare": times(*[1, 3] * 3)})
    path = tmp_path / "race" / "results.json"
    content = json.loads(path.read_text())
    for row in content["benchmarks"]:
        row["sim_ms"] = 3 * row["ns_per_page"]
    path.write_text(json.dumps(content))
    what = "ns_per_page/sim_ms+ns_per_page"
    share = Lab(tmp_path).read("race", "replay/w/hare", what)
    assert (share, share.low, share.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize(
    ("counter", "rounds", "is_enough"),
    [
        ("ns_per_page", 1, False),
        ("structure_ms", 5, False),
        ("structure_ms", 6, True),
        ("kicks", 1, True),
        ("sim_ms", 5, False),
    ],
)
def test_a_time_needs_six_rounds_and_what_repeats_one(
    tmp_path: Path, counter: str, rounds: int, is_enough: bool
) -> None:
    values = {"set/w/hare": times(*[2.0] * rounds)}
    write_results(tmp_path / "race", values, counter)
    asked = claim(
        reads={"counts": f"race set/w/{{who}} {counter}"},
        over={"who": {"hare": "hare"}},
        figures="{counts}.",
        judge="happens",
    )
    text, verdict = find(asked, Lab(tmp_path))
    assert verdict is (YES if is_enough else Verdict.NOT_JUDGED)
    few = f"race has {rounds} of {ROUNDS} rounds of set/w/hare"
    assert (few in text) != is_enough


def test_a_drawn_figure_needs_twenty_seeds(tmp_path: Path) -> None:
    asked = claim(
        reads={"longest": "race set/w/{who} failed_sets"},
        figures="{longest}.",
        judge="resched",
    )
    for seed in range(1, SEEDS + 1):
        text, verdict = find(asked, Lab(tmp_path))
        assert verdict is Verdict.NOT_JUDGED
        few = "no results of race"
        if seed > 1:
            few = f"race has {seed - 1} of 20 seeds"
        assert few in text
        folder = tmp_path / f"race@{seed}"
        write_results(folder, {"set/w/hare": {0: seed % 2}}, "failed_sets")
    text, verdict = find(asked, Lab(tmp_path))
    assert verdict is NO
    # The mean and Student's interval.
    assert text == "0.5 [0.26, 0.74]."


def test_the_page_has_quotation_figures_verdict_and_command(
    tmp_path: Path,
) -> None:
    race(tmp_path, 0.5, 1)
    text = page(tmp_path)
    link = "[Aesop, 564 BC](https://lore.kernel.org/r/1@kos)"
    assert f'* "Slow but steady"\n  ({link})' in text
    assert "The ratio is 0.5 [0.495, 0.5]. (From `race`, 9 rounds.)" in text
    flat = " ".join(text.split())
    could = "Could it come out otherwise? Yes: the hare may sleep."
    assert f"**Supported.** {could}" in flat
    assert "Against it: One race is no race." in text
    assert "| [Hares](#hares) | Aesop, 564 BC | supported |" in text
    assert "`./run bench --operation=set '--fault=a;b'`" in text
    assert "* `race` (9 rounds, some CPU, commit abc): " in text


def test_the_page_begins_with_the_figures_of_its_first_claims(
    tmp_path: Path,
) -> None:
    race(tmp_path, 4, 1)
    more = [claim(figures=f"{n}: {{ratios}}.") for n in (2, 3, 4)]
    text = page(tmp_path, claim(), *more)
    flat = " ".join(text.split())
    assert flat.startswith(
        "# What was claimed, and what is so "
        "The ratio is 4 [3.96, 4]. 2: 4 [3.96, 4]. 3: 4 [3.96, 4]. The first"
    )


def test_a_claim_without_quotation_is_ours(tmp_path: Path) -> None:
    text = page(tmp_path, claim(said=()))
    assert "| [Hares](#hares) | ours | not judged |" in text
    assert "\nOurs: Is the hare faster?\n" in text


def test_a_constant_verdict_needs_no_figure(tmp_path: Path) -> None:
    fields = {"judge": "by construction", "reads": {}, "figures": ""}
    text = page(tmp_path, claim(**fields, otherwise="No: hares are fast."))
    could = "Could it come out otherwise? No: hares are fast."
    assert f"**By construction.** {could}" in text and "(From" not in text


def test_a_reason_against_judging_answers_no_question(tmp_path: Path) -> None:
    fields = {"judge": "not judged", "reads": {}, "figures": ""}
    text = page(tmp_path, claim(**fields, otherwise="Nobody looked."))
    assert "**Not judged.** Nobody looked." in text


def test_a_claim_without_results_is_not_judged(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "there are no results of race" in text
    assert "| not judged |" in text
    assert "* `race` (not run yet): " in text


def test_a_row_that_is_missing_is_named(tmp_path: Path) -> None:
    write_results(tmp_path / "race", {"set/w/hare": times(*[1.0] * 9)})
    flat = " ".join(page(tmp_path).split())
    assert "race has no ns_per_page of set/w/tortoise" in flat
    assert "**Not judged.**" in flat


def test_results_that_are_cut_off_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "race").mkdir()
    (tmp_path / "race" / "results.json").write_text('{"context": ')
    with pytest.raises(ResultsError):
        page(tmp_path)


def test_every_experiment_serves_a_claim_and_exists_once() -> None:
    names = [experiment.name for experiment in EXPERIMENTS]
    used = {name for claim in CLAIMS for name in claim.experiments}
    assert len(names) == len(set(names))
    assert used == set(names)


def test_an_experiment_whose_faults_are_drawn_has_twenty_seeds() -> None:
    drawn = re.compile("failslab|fail_page_alloc|ge_|gilbert|pcp_|nolock")
    for each in EXPERIMENTS:
        faults = [f for f in each.flags if f.startswith("--fault=")]
        is_drawn = drawn.search(" ".join(faults)) or REACTS in each.flags
        assert bool(is_drawn) == (each.name in DRAWN)
    of_one = [each for each in runs() if each.name.startswith("answers@")]
    seeds = {f"--fault-seed={seed}" for seed in range(1, SEEDS + 1)}
    assert {each.flags[-1] for each in of_one} == seeds
    assert len({each.name for each in runs()}) == len([*runs()])


def test_a_simulated_replay_of_a_set_times_nothing() -> None:
    for each in EXPERIMENTS:
        flags = " ".join(each.flags)
        if "=replay" in flags and each.is_simulated:
            has_set = "--structure=pipelined" not in flags
            cost = "10" if REACTS in each.flags else "0"
            assert (f"--record-ns={cost}" in each.flags) == has_set, each.name


def test_an_experiment_that_is_timed_has_six_rounds_or_more() -> None:
    for each in EXPERIMENTS:
        rounds = [f for f in each.flags if f.startswith("--rounds=")]
        if not each.is_simulated:
            assert all(int(f.split("=")[1]) >= ROUNDS for f in rounds)


def test_a_claim_without_any_results_is_not_judged(tmp_path: Path) -> None:
    for each in CLAIMS:
        _, verdict = find(each, Lab(tmp_path))
        expected = Verdict.NOT_JUDGED if each.reads else constant(each)
        assert verdict is expected, each.title


def test_every_claim_says_by_whom_it_is_and_what_speaks_against_it() -> None:
    for each in CLAIMS:
        assert each.said or each.asked, each.title
        assert each.otherwise and each.against, each.title
        for words, mail in each.said:
            assert mail in MAILS.values()
            assert 3 <= len(words.split()) <= 12, words
        if constant(each) is Verdict.BY_CONSTRUCTION:
            assert each.otherwise.startswith("No: "), each.title
        elif each in JUDGED:
            assert each.otherwise.startswith("Yes: "), each.title
        else:
            assert not each.otherwise.startswith(("Yes", "No: ")), each.title


def test_a_mail_has_a_date_and_a_message_id_and_is_quoted() -> None:
    quoted = {mail for each in CLAIMS for _, mail in each.said}
    assert quoted == set(MAILS.values())
    for mail in MAILS.values():
        assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} 20(1[678]|20)", mail.date)
        assert re.fullmatch(r"[\w.+-]+@[\w.-]+", mail.id), mail.id


def test_no_argument_has_two_entries() -> None:
    words = [words for each in CLAIMS for words, _ in each.said]
    twice = {each for each in words if words.count(each) > 1}
    # Posted in 2016, and repeated in 2017: in one entry.
    assert len(twice) == 1 and "4126ms" in twice.pop()


class Invented(Lab):
    """Has every figure that a claim may ask for."""

    def read(self, experiment: str, row: str, *rest: str):  # type: ignore
        if len(rest) == 2:
            return figure(2.0, 0.1)
        is_list = rest[0] == "list_distance"
        return "0:0.9,1:0.05,mean:2,most:3" if is_list else Figure(3.0)


def figure(value: float, half: float = 0) -> Figure:
    """Of nine rounds; the control of a ratio shows no noise."""
    around = Estimate(value, value - half, value + half, 9, True)
    return Figure(value, around, Estimate(1, 1, 1, 9, True))


def figures(*values: float) -> list[Figure]:
    return [figure(value, value / 100) for value in values]


def test_every_place_in_a_text_is_filled_and_every_figure_has_a_use(
    tmp_path: Path,
) -> None:
    for each in CLAIMS:
        text, verdict = find(each, Invented(tmp_path))
        assert "{" not in text
        assert constant(each) or verdict is not Verdict.NOT_JUDGED
        texts = (each.figures, *each.each.values())
        used = {place for text in texts for place in places_of(text)}
        if each in JUDGED:
            used |= set(signature(rule_of(each.judge)).parameters)
        assert set(each.reads) | set(each.each) <= used, each.title
        addresses = " ".join(each.reads.values())
        for name in each.over.keys() - LISTS:
            assert f"{{{name}}}" in addresses, each.title


# Figures for every verdict that a rule can give.
NEAR, FAR = "0:0.9,1:0.08,mean:1,most:2", "0:0.5,1:0.1,mean:9,most:99"
CASES: dict[str, list[tuple[Verdict, dict[str, object]]]] = {
    "worth": [
        (
            v,
            {
                "xbitmap": figures(a),
                "cvbmp": figures(b),
                "fast": figures(b),
            },
        )
        for v, a, b in ((YES, 0.2, 0.3), (BOTH, 0.05, 0.3), (NO, 0.01, 0.02))
    ],
    "gain": [
        (v, {"gains": figures(a, b)})
        for v, a, b in ((YES, 0.1, 0.4), (BOTH, 0.1, 0.9), (NO, 0.8, 0.9))
    ],
    "bottlenecks": [
        (v, {"waits": figure(a), "madvise": figure(b)})
        for v, a, b in ((YES, 0.3, 0.5), (BOTH, 0.3, 1.5), (NO, 1.3, 1.5))
    ],
    "as_fast": [
        (
            v,
            {
                "arrays": figures(a),
                "chunks": figures(2),
                "fast_arrays": figures(b),
                "fast_chunks": figures(2),
            },
        )
        # Arrays that are slower by less than the intervals are as fast.
        for v, a, b in ((YES, 1, 2.02), (BOTH, 1, 3), (NO, 3, 3))
    ],
    "happens": [
        (v, {"counts": figures(0, a)}) for v, a in ((YES, 7), (NO, 0))
    ],
    "much_faster": [
        (v, {"ratios": [figures(a), figures(b)]})
        for v, a, b in ((YES, 3, 4), (BOTH, 1.5, 4), (NO, 0.9, 1.9))
    ],
    "trees": [
        (v, {"record": figures(a), "drain": figures(b)})
        for v, a, b in ((YES, 0.5, 0.6), (BOTH, 0.5, 2), (NO, 2, 3))
    ],
    "ranges": [
        (v, {"ratios": figures(a, b)})
        for v, a, b in (
            (YES, 0.5, 0.6),
            (BOTH, 0.5, 1),
            (BOTH, 0.5, 2),
            (BOTH, 1, 1),
            (BOTH, 2, 1),
            (NO, 2, 3),
        )
    ],
    "preload_worthless": [
        (v, {"ratios": figures(a), "fewer": figures(b)})
        for v, a, b in ((YES, 1.2, 1), (BOTH, 1.2, 0.9), (NO, 0.8, 0.9))
    ],
    "order_at_store_time": [
        (v, {"one": figures(a, a), "other": figures(b, b)})
        for v, a, b in ((YES, 0.5, 0.6), (BOTH, 0.5, 1), (NO, 0.5, 2))
    ],
    "relieves": [
        (v, {"ratios": figures(a, b)})
        for v, a, b in ((YES, 0.5, 0.6), (BOTH, 0.5, 1), (NO, 1, 2))
    ],
    "none_ever": [
        (v, {"counts": figures(a, b)})
        for v, a, b in ((YES, 0, 0), (BOTH, 0, 1), (NO, 1, 2))
    ],
    "more": [
        (v, {"many": figures(a, b), "few": figures(1, 1)})
        for v, a, b in ((YES, 2, 3), (BOTH, 2, 1), (NO, 0, 1))
    ],
    "slower": [
        (v, {"free": figures(a), "single": figures(b)})
        for v, a, b in ((YES, 2, 3), (BOTH, 2, 1), (NO, 0.5, 0.6))
    ],
    "resched": [
        (v, {"longest": figures(a, b)})
        for v, a, b in ((YES, 5, 99), (BOTH, 3, 99), (NO, 1, 3))
    ],
    "neighbours": [
        (v, {"distances": [a, b]})
        for v, a, b in ((YES, NEAR, NEAR), (BOTH, NEAR, FAR), (NO, FAR, FAR))
    ],
    "hard_to_beat": [
        (
            v,
            {
                "name": ["flat", "xbitmap"],
                "bitmaps": [figures(5, 5), figures(3, 3)],
                "other": ["runs"],
                "others": [figures(*others)],
            },
        )
        for v, others in ((YES, (4, 3)), (BOTH, (4, 2)), (NO, (1, 2)))
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_gives_each_verdict_that_it_can_give(name: str) -> None:
    for verdict, given in CASES[name]:
        found = rule_of(name)(**given)
        assert (found[0] if isinstance(found, tuple) else found) is verdict
    assert len({verdict for verdict, _ in CASES[name]}) >= 2


def test_every_rule_has_a_claim_and_figures_for_its_verdicts() -> None:
    made = {
        name
        for name, value in vars(rules).items()
        if getattr(value, "__annotations__", {}).get("return") == Finding
    }
    judges = {each.judge for each in JUDGED}
    assert {*made, *rules.RULES} == judges == set(CASES)


def test_no_support_is_an_identity() -> None:
    page = (ROOT / "docs" / "claims.md").read_text()
    supported = re.findall(r"^\| \[(.*)\]\(.*\| supported \|$", page, re.M)
    assert supported
    for each in CLAIMS:
        if each.title in supported:
            could = {verdict for verdict, _ in CASES[each.judge]}
            assert could - {YES}, each.title


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1.1, BOTH), (1.3, NO), (0.9, BOTH), (0.7, YES)]
)
def test_noise_decides_no_verdict(ratio: float, verdict: Verdict) -> None:
    loud = Estimate(1.2, 1.15, 1.25, 9, True)
    around = Estimate(ratio, ratio - 0.01, ratio + 0.01, 9, True)
    assert rules.RULES["ranges"]([Figure(ratio, around, loud)] * 2) is verdict


def test_titles_are_anchors_of_their_own() -> None:
    titles = [each.title for each in CLAIMS]
    anchors = {claims.anchor(title) for title in titles}
    assert len(anchors) == len(titles) >= 30


def test_the_page_in_the_repository_is_of_these_claims() -> None:
    page = (ROOT / "docs" / "claims.md").read_text()
    flat = " ".join(page.split())
    assert " ".join(INTRODUCTION.split()) in flat
    for each in CLAIMS:
        own = page.split(f"\n### {each.title}\n")[1].split("\n##")[0]
        own = " ".join(own.split())
        for words, mail in each.said:
            assert f'"{words}" ([{mail.who}, {mail.date}]({mail.link})' in own
        for text in (each.asked, each.otherwise, each.against):
            assert " ".join(text.split()) in own
        assert "Nothing to judge by" not in own, each.title
        for text, _, _, _ in Formatter().parse(each.figures):
            assert " ".join(text.split()) in own, each.title
    for experiment in EXPERIMENTS:
        assert f"`{experiment.command}`" in page


def test_the_lists_that_judges_go_through_are_in_the_experiments() -> None:
    flags = {each.name: each.flags for each in EXPERIMENTS}
    assert f"--fault={LISTS['all_fail']}" in flags["nothing-served"]
    assert f"--fault={';'.join(LISTS['pressure'])}" in flags["answers"]
    assert f"--policy={','.join(LISTS['policy'])}" in flags["answers"]
    preload = flags["preload"]
    assert f"--structure={','.join(LISTS['preload'])}" in preload
    assert f"--fault={';'.join(LISTS['preload_fault'])}" in preload
    assert f"--workload={','.join(TRACES)}" in flags["memory"]
    for name in ("reacts", "reacts-reserve"):
        assert f"--workload={','.join(LISTS['squeezed'])}" in flags[name]
    for name in ("worth", "worth-fast", "host-merge", "walk-posted"):
        assert f"--workload={','.join(LISTS['replayed'])}" in flags[name]


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
    assert [tuple(line.split("\t")) for line in lines] == [
        (each.name, *each.flags) for each in runs()
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234567, "1,234,567"), (12.345, "12.3"), (0.00123, "0.00123")],
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert number(value) == f"{Figure(value)}" == text


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
