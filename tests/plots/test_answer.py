# SPDX-License-Identifier: MIT
"""The answer says who wins where, and claims no more than was shown."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from conftest import (
    DRIFT,
    FAILSLAB,
    JITTER,
    document,
    error_rows,
    full_document,
    losses,
    memory,
    profile,
    rows,
)

from plots.read.results import Results
from plots.tables.answer import answer
from plots.tables.duel import duel
from plots.tables.glance import guests
from plots.text.layout import lines
from plots.text.report import paragraph

ResultsOf = Callable[[Any], Results]

DECLARED = {
    "primary_structures": "cvbmp,btree-bitmap,xarray",
    "primary_operations": "set,drain",
    "primary_baseline": "xbitmap",
}
GUESTS = ("idle-8g", "frag-4g", "oom-2g", "busy-2g", "punched-2g")


def contest(
    factors: dict[str, float],
    rival: str = "cvbmp",
    rounds: int = 9,
    control: bool = True,
    **context: Any,
) -> dict[str, Any]:
    """xbitmap takes 5 ns in set and 1 in drain, the rival so many times."""
    made: list[dict[str, Any]] = []

    def add(name: str, values: list[float], **counters: Any) -> None:
        made.extend(rows(name, values[:rounds], **counters))

    for guest, factor in factors.items():
        context[f"workload_{guest}"] = (
            "trace=ab pages=1000 passes=1 ranges=50"
            f" guest_memory={int(guest[-2]) << 30}"
        )
        for operation, ns in (("set", 5), ("drain", 1)):
            stem = f"{operation}/{guest}"
            base = [ns * d for d in DRIFT]
            again = [ns * d * j for d, j in zip(DRIFT, JITTER)]
            own = [factor * ns * d * j for d, j in zip(DRIFT, JITTER)]
            add(f"{stem}/flat", [ns / 3 * d for d in DRIFT])
            add(f"{stem}/xbitmap", base, **memory(1))
            if control:
                add(f"{stem}/xbitmap/control:1", again)
            add(f"{stem}/{rival}", own, **memory(2))
    return document(made, **{**DECLARED, **context})


def text_of(results: Results) -> str:
    return " ".join(answer(results))


def test_the_baseline_wins_everywhere(results_of: ResultsOf) -> None:
    results = results_of(contest({g: 2 + i for i, g in enumerate(GUESTS)}))
    assert answer(results) == [
        "xbitmap or cvbmp? With 95 % certainty xbitmap records and hands over"
        " pages faster on all 5 guests: cvbmp takes 2.00 to 6.00 times as"
        " long.",
        "Memory decides nothing (at most 128 KiB).",
    ]


def test_the_rival_wins_everywhere(results_of: ResultsOf) -> None:
    results = results_of(contest({"idle-8g": 0.5, "busy-2g": 0.25}))
    assert answer(results)[0] == (
        "xbitmap or cvbmp? With 95 % certainty cvbmp records and hands over"
        " pages faster on both guests: it takes 0.250 to 0.500 times as long."
    )


def test_each_wins_somewhere_and_nothing_is_shown_elsewhere(
    results_of: ResultsOf,
) -> None:
    factors = dict(zip(GUESTS, (0.75, 2.8, 1.01, 6.3, 14.6)))
    assert answer(results_of(contest(factors)))[:2] == [
        "xbitmap or cvbmp? With 95 % certainty xbitmap records and hands over"
        " pages faster on 3 of 5 guests: cvbmp takes 2.80 to 14.6 times as"
        " long on frag-4g, busy-2g and punched-2g.",
        "On idle-8g cvbmp is faster (0.750 times as long); on oom-2g no"
        " difference is shown.",
    ]


def test_the_one_that_wins_more_often_comes_first(
    results_of: ResultsOf,
) -> None:
    factors = dict(zip(GUESTS, (0.5, 0.5, 0.5, 2, 1)))
    first, second, _ = answer(results_of(contest(factors)))
    assert " cvbmp records and hands over pages faster on 3 of 5" in first
    assert second.startswith("On busy-2g xbitmap is faster (cvbmp takes 2")


def test_a_run_of_one_trace_names_it(results_of: ResultsOf) -> None:
    for factor, who, said in ((3, "xbitmap", "cvbmp"), (0.5, "cvbmp", "it")):
        results = results_of(contest({"busy-2g": factor}))
        assert answer(results)[0] == (
            f"xbitmap or cvbmp? With 95 % certainty {who} records and hands"
            f" over pages faster on busy-2g: {said} takes {factor:.2f}"
            f"{'0' * (factor < 1)} times as long."
        )


def test_without_a_difference_none_is_claimed(results_of: ResultsOf) -> None:
    results = results_of(contest({"idle-8g": 1.01, "busy-2g": 0.99}))
    first, *others = answer(results)
    assert first == (
        "xbitmap or cvbmp? No difference is shown on both guests."
    )
    assert "faster" not in " ".join(others)


@pytest.mark.parametrize("factor", [0.1, 10])
def test_a_difference_within_the_noise_of_the_control_is_none(
    factor: float, results_of: ResultsOf
) -> None:
    content = contest({"idle-8g": factor})
    for row in content["benchmarks"]:
        if "control" in row["name"]:
            row["ns_per_page"] *= (20, 0.05)[row["repetition_index"] % 2]
    assert "No difference is shown" in text_of(results_of(content))


@pytest.mark.parametrize("factor", [0.1, 10])
def test_few_rounds_claim_nothing(
    factor: float, results_of: ResultsOf
) -> None:
    results = results_of(contest({"idle-8g": factor}, rounds=5))
    assert answer(results)[:2] == [
        "xbitmap or cvbmp? This run cannot tell.",
        "On idle-8g the rounds are too few to tell.",
    ]


def test_without_a_control_it_says_that_it_is_less_certain(
    results_of: ResultsOf,
) -> None:
    results = results_of(contest({"idle-8g": 3}, control=False))
    assert answer(results)[0].startswith(
        "xbitmap or cvbmp? Without an A/A control, so less certain, xbitmap"
        " records"
    )


def test_one_guest_without_a_control_makes_all_of_it_less_certain(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 3, "busy-2g": 3})
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if row["name"] != "drain/busy-2g/xbitmap/control:1"
    ]
    first = answer(results_of(content))[0]
    assert "Without an A/A control, so less certain" in first
    assert "95 %" not in first


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("failed: ranges differ", "On busy-2g cvbmp failed."),
        (
            "over 2700 ns per page: cut off",
            "On busy-2g cvbmp takes over 2700 ns a page and was cut off.",
        ),
        (
            "takes over 3.4 s: left out",
            "On busy-2g cvbmp takes over 3.4 s and was cut off.",
        ),
    ],
)
def test_a_guest_without_a_time_of_the_rival_has_the_reason(
    message: str, said: str, results_of: ResultsOf
) -> None:
    content = contest({"idle-8g": 2, "busy-2g": 2})
    name = "set/busy-2g/cvbmp"
    content["benchmarks"] = [
        row for row in content["benchmarks"] if row["name"] != name
    ] + error_rows(name, message, 9)
    found = answer(results_of(content))
    assert "xbitmap records and hands over pages faster on idle-8g" in found[0]
    assert said in found


def test_a_guest_without_a_time_of_the_baseline_is_named(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2, "busy-2g": 2})
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if row["name"] != "drain/busy-2g/xbitmap"
    ]
    assert "On busy-2g xbitmap has no time." in answer(results_of(content))


def test_a_rival_that_failed_everywhere_is_named_beside_the_next(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2}, rival="xarray")
    content["benchmarks"] += error_rows("set/idle-8g/cvbmp", "failed", 9)
    found = answer(results_of(content))
    assert found[0].startswith("xbitmap or xarray? ")
    assert "There is no time of cvbmp." in found
    alone = contest({"idle-8g": 2})
    alone["benchmarks"] = [
        row
        for row in alone["benchmarks"]
        if not row["name"].endswith("cvbmp")
    ] + error_rows("set/idle-8g/cvbmp", "failed", 9)
    results = results_of(alone)
    assert answer(results) == ["cvbmp has no time to compare with xbitmap's."]
    assert duel(results) is None


def test_without_a_baseline_it_compares_nothing(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2})
    content["benchmarks"] = [
        row for row in content["benchmarks"] if "xbitmap" not in row["name"]
    ]
    assert answer(results_of(content)) == [
        "The baseline, xbitmap, has no time, so this run compares nothing."
    ]
    del content["context"]["baseline"]
    assert answer(results_of(content)) == [
        "This run names no baseline, so it compares nothing."
    ]


def test_the_limit_is_nobodys_rival(results_of: ResultsOf) -> None:
    content = contest({"idle-8g": 2})
    content["benchmarks"] = [
        row for row in content["benchmarks"] if "cvbmp" not in row["name"]
    ]
    assert answer(results_of(content)) == [
        "Only xbitmap has a time; name more structures with --structure."
    ]


@pytest.mark.parametrize("flag", ["--structure=", "--structure "])
def test_a_stranger_that_was_named_is_the_rival(
    flag: str, results_of: ResultsOf
) -> None:
    content = contest(
        {"idle-8g": 2},
        rival="mine",
        command_line=f"./run bench {flag}flat,xbitmap,mine",
        primary_structures="",
    )
    # One that nobody named, and that the usual order has before strangers.
    content["benchmarks"] += rows("set/idle-8g/roaring", [5.0] * 9)
    content["benchmarks"] += rows("drain/idle-8g/roaring", [5.0] * 9)
    assert answer(results_of(content))[0].startswith(
        "xbitmap or mine? With 95 % certainty xbitmap records"
    )


def test_another_baseline_than_the_declared_one_has_the_one_named(
    results_of: ResultsOf,
) -> None:
    content = contest(
        {"idle-8g": 2},
        baseline="cvbmp",
        command_line="./run bench --structure=xbitmap,cvbmp --baseline=cvbmp",
    )
    for row in content["benchmarks"]:
        name = row["name"]
        if "control" in name:
            row["name"] = name.replace("xbitmap/", "cvbmp/")
        elif name.endswith("/xbitmap"):
            row["ns_per_page"] *= 8
    assert answer(results_of(content))[0].startswith(
        "cvbmp or xbitmap? With 95 % certainty cvbmp records"
    )


def test_a_run_with_faults_only_says_under_which(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2})
    for row in content["benchmarks"]:
        row["name"] += "/fault:nth:3"
    assert answer(results_of(content))[0].startswith(
        "xbitmap or cvbmp, fault nth:3? "
    )


def test_a_run_of_one_operation_is_judged_by_it(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2})
    content["benchmarks"] = [
        row for row in content["benchmarks"] if row["name"].startswith("set")
    ]
    assert answer(results_of(content))[0].endswith(
        "xbitmap is faster in set on idle-8g: cvbmp takes 2.00 times as long."
    )


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ({"idle-8g": (0, 0)}, "neither loses a page."),
        (
            {"idle-8g": (10, 20), "busy-2g": (10, 20)},
            "cvbmp loses more pages on both guests.",
        ),
        (
            {"idle-8g": (10, 20), "frag-4g": (9, 9), "oom-2g": (9, 3671)},
            "cvbmp loses more pages on 2 of 3 guests.",
        ),
        ({"idle-8g": (20, 0)}, "cvbmp loses fewer pages on idle-8g."),
        (
            {"idle-8g": (20, 20)},
            "no difference in lost pages is shown on idle-8g.",
        ),
    ],
)
def test_lost_pages_are_said_of_most_guests(
    lost: dict[str, tuple[int, int]], said: str, results_of: ResultsOf
) -> None:
    content = contest({guest: 2 for guest in lost})
    for guest, both in lost.items():
        for who, failed in zip(("xbitmap", "cvbmp"), both):
            content["benchmarks"] += rows(
                f"set/{guest}/{who}/{FAILSLAB}", [5.0] * 9, **memory(1, failed)
            )
    last = answer(results_of(content))[-1]
    assert last.endswith(f"; when allocations fail, {said}")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        # Ten counts of 2 and ten of 4 are 3 +- 0.48.
        (0, "no difference in lost pages is shown on idle-8g."),
        (2, "cvbmp loses more pages on idle-8g."),
        (-2, "cvbmp loses fewer pages on idle-8g."),
    ],
)
def test_lost_pages_differ_where_intervals_do_not_meet(
    more: int, said: str, results_of: ResultsOf
) -> None:
    content = contest({"idle-8g": 2})
    content["lost"] = [
        losses("xbitmap", "idle-8g", *[2, 4] * 10),
        losses("cvbmp", "idle-8g", *[2 + more, 4 + more] * 10),
    ]
    last = answer(results_of(content))[-1]
    assert last.endswith(f"; when allocations fail, {said}")


def test_the_longest_call_is_said_where_nothing_disturbed_it(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2, "busy-2g": 2})
    content["profiles"] = [
        profile("xbitmap", "idle-8g"),
        profile("cvbmp", "idle-8g", scale=2),
        profile("xbitmap", "busy-2g", scale=3),
        profile("cvbmp", "busy-2g", scale=4),
    ]
    said = "; cvbmp's longest call takes 0.280 us, xbitmap's 0.210 us."
    assert answer(results_of(content))[-1].endswith(said)
    # A single repetition may have met an interrupt.
    content["profiles"][0]["tails"]["repetitions"] = 1
    assert "longest call" not in text_of(results_of(content))
    # One that was cut off is no longest.
    content["profiles"][0]["error"] = "over 10 s"
    content["profiles"][2]["error"] = "over 10 s"
    assert "longest call" not in text_of(results_of(content))


def test_memory_that_is_a_share_of_the_guest_is_not_called_nothing(
    results_of: ResultsOf,
) -> None:
    content = contest({"idle-8g": 2})
    for row in content["benchmarks"]:
        if row["name"] == "set/idle-8g/cvbmp":
            row["peak_rounded_bytes"] = 64 << 20
    assert (
        "The largest set takes 64 MiB (cvbmp on idle-8g)."
        in answer(results_of(content))
    )


def everything(
    factors: tuple[float, ...], rounds: int = 9
) -> dict[str, Any]:
    content = contest(dict(zip(GUESTS, factors)), rounds=rounds)
    for number, guest in enumerate(GUESTS):
        for who, scale in (("xbitmap", 1), ("cvbmp", number)):
            content["benchmarks"] += rows(
                f"set/{guest}/{who}/{FAILSLAB}",
                [5.0] * rounds,
                **memory(1, failed=scale),
            )
    content["profiles"] = [
        profile(who, guest) for who in ("xbitmap", "cvbmp") for guest in GUESTS
    ]
    return content


@pytest.mark.parametrize(
    "factors",
    [(2,) * 5, (0.5,) * 5, (1,) * 5, (0.5, 2, 1, 2, 2), (0.5, 0.5, 2, 2, 1)],
)
@pytest.mark.parametrize("rounds", [5, 9])
def test_sentences_are_short_and_few(
    factors: tuple[float, ...], rounds: int, results_of: ResultsOf
) -> None:
    results = results_of(everything(factors, rounds))
    sentences = answer(results)
    assert 2 <= len(sentences) <= 3
    for sentence in sentences:
        assert len(sentence.split()) <= 34
        assert sentence[-1] == "."
        for clause in re.split(r"[?:;] ", sentence):
            assert len(clause.split()) < 20, clause
    made = paragraph(results)
    assert len(made) <= 7
    for line in made:
        assert line.isascii() and len(line) <= 72


@pytest.mark.parametrize("rounds", [5, 9])
@pytest.mark.parametrize(
    "factors",
    [(2, 0.5, 1, 1, 2), (0.5, 0.5, 1, 1.01, 0.99), (1,) * 5, (9, 1, 9, 1, 9)],
)
def test_nothing_is_claimed_that_the_table_does_not_mark(
    factors: tuple[float, ...], rounds: int, results_of: ResultsOf
) -> None:
    results = results_of(everything(factors, rounds))
    found = duel(results)
    assert found is not None
    table = guests(found)
    marks = {
        name.value: cell.mark
        for name, cell in zip(table.column("workload"), table.column("ratio"))
    }
    starred = sum(marks[guest] == "*" for guest in GUESTS)
    said = text_of(results).split("Memory")[0]
    assert (" faster " in said) == bool(starred)
    for guest in GUESTS:
        # Whatever is said of a winner ends before a guest without a star.
        claims = re.findall(r"faster[^;.?]*(?:\.\d+[^;.?]*)*", said)
        if marks[guest] != "*":
            assert not any(guest in claim for claim in claims)


def test_the_table_has_guests_in_rows_and_the_range_of_all_rounds(
    results_of: ResultsOf,
) -> None:
    results = results_of(contest({"idle-8g": 0.75, "busy-2g": 6}))
    found = duel(results)
    assert found is not None
    assert lines(guests(found)) == [
        "set + drain, median ns per page, 9 rounds; ratio cvbmp / xbitmap",
        "GiB   run  flat  xbitmap  cvbmp     ratio (all rounds)  guest",
        "  8  20.0  2.00     6.00   4.59  *0.750 (0.727, 0.772)  idle-8g",
        "  2  20.0  2.00     6.00   36.7  * 6.00  (5.82,  6.18)  busy-2g",
        "                                   1.00  (0.97,  1.03)  (A/A control)",
    ]


def test_a_table_of_many_guests_says_how_many_more_there_are(
    results_of: ResultsOf,
) -> None:
    results = results_of(contest({f"guest{i}-8g": 2 for i in range(30)}))
    found = duel(results)
    assert found is not None
    made = lines(guests(found, 12))
    assert len(made) <= 20
    assert made[-2].split() == ["18", "more"]


def test_a_name_cannot_reach_a_terminal_raw_or_fill_it(
    results_of: ResultsOf,
) -> None:
    odd = "\u202eevil" + "x" * 80
    content = contest({"idle-8g": 2}, rival=odd, primary_structures=odd)
    results = results_of(content)
    for line in paragraph(results):
        assert line.isascii() and len(line) <= 72
    found = duel(results)
    assert found is not None and found.rival == odd


def test_a_condition_without_a_fault_is_no_failure(results_of):
    made = full_document()
    made["benchmarks"] = [
        row for row in made["benchmarks"] if "/fault:" not in row["name"]
    ]
    inlined = copy.deepcopy(made["benchmarks"])
    for row in inlined:
        row["name"] += "/calls:inlined"
    made["benchmarks"] += inlined
    results = results_of(made)
    assert results.lost_condition == ""
    assert "allocations fail" not in " ".join(answer(results))
