# SPDX-License-Identifier: MIT
"""The web page as a file: what it says, carries, and leaves alone."""

import base64
import gzip
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    document,
    error_rows,
    full_document,
    memory,
    profile,
    rows,
)
from hypothesis import HealthCheck, given, settings
from test_report import documents, golden_document

from plots.page import markdown, tables as page_tables
from plots.__main__ import main
from plots.page.page import Extras, page
from plots.text.report import time_counters
from plots.read.results import Results, ResultsError, load

ResultsOf = Callable[[Any], Results]
Write = Callable[[Any], Path]

NOTHING = Extras({}, None, None)
SVG = b'<svg width="90pt" height="45pt"><text>&lt;</text></svg>'


def data_of(text: str) -> Any:
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def lead_of(text: str) -> str:
    found = re.search(r'id="lead"[^>]*>(.*?)</p>', text, re.DOTALL)
    assert found is not None
    return html.unescape(re.sub(r"<[^>]*>", "", found[1]))


def test_the_first_line_names_the_winner_and_how_sure_that_is(
    results_of: ResultsOf,
) -> None:
    lead = lead_of(page(results_of(full_document()), NOTHING))
    assert lead.startswith(
        "On a guest like idle-8g (8 GiB, 141000 pages per range), cvbmp is"
        " the fastest: 6.53 ns per page for set + drain, 0.582 times [0.582,"
        " 0.582] xbitmap's, certain"
    )


def test_a_winner_by_noise_is_not_called_certain(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", [5.0] * 9)
    made += rows("set/a/xbitmap/control:1", [5, 6, 5, 4, 5, 6, 4, 5, 5])
    made += rows("set/a/cvbmp", [4.9] * 9)
    lead = lead_of(page(results_of(document(made)), NOTHING))
    assert "cvbmp is the fastest" in lead
    assert "not certain: the A/A control differs by as much" in lead


def test_too_few_rounds_are_not_called_certain(results_of: ResultsOf) -> None:
    made = rows("set/a/xbitmap", [5.0] * 3) + rows("set/a/cvbmp", [1.0] * 3)
    lead = lead_of(page(results_of(document(made)), NOTHING))
    assert "not certain: there are too few rounds" in lead


def test_who_needs_no_more_memory_is_named_beside_the_fastest(
    results_of: ResultsOf,
) -> None:
    made = []
    for name, ns, bits in (
        ("xbitmap", 5.0, 1.0),
        ("xbitmap/control:1", 5.0, 1.0),
        ("sorted-array", 1.0, 64.0),
        ("cvbmp", 3.0, 0.9),
    ):
        made += rows(f"set/a/{name}", [ns] * 9, **memory(bits))
    lead = lead_of(page(results_of(document(made)), NOTHING))
    assert "sorted-array is the fastest: 1.00 ns per page" in lead
    assert (
        "It takes 64.0 bits per page when the largest pass is full, 4100 KiB"
        " at most." in lead
    )
    assert (
        "no more memory than xbitmap (1.00 bits per page) it is cvbmp" in lead
    )


def test_the_page_asks_the_network_for_nothing(results_of: ResultsOf) -> None:
    extras = Extras({"set": SVG}, None, "# A\n\n[x](http://example.org)")
    text = page(results_of(full_document()), extras)
    assert "default-src 'none'" in text
    outside = re.findall(r'(?:src|href)\s*=\s*"(?!#|data:)[^"]*"', text)
    assert outside == []
    assert "http://" not in text and "https://" not in text
    assert "@import" not in text and "url(" not in text


def test_every_time_of_the_results_is_carried_in_full(
    results_of: ResultsOf,
) -> None:
    results = results_of(golden_document())
    carried = {
        tuple(key): counters
        for key, counters in data_of(page(results, NOTHING))["times"]
    }
    for case in results.cases:
        key = (
            case.operation,
            case.workload,
            case.contender.structure,
            str(case.contender.control),
            case.condition,
        )
        for counter in time_counters(case.operation):
            values = results.values(case, counter)
            there = carried.get(key, {}).get(counter, [])
            assert values == {
                n: v for n, v in enumerate(there) if v is not None
            }


def test_every_column_of_figures_has_its_unit(results_of: ResultsOf) -> None:
    content = golden_document()
    content["profiles"] = profiles()
    results = results_of(content)
    made = page_tables.tables(results, None)
    assert {table.id for table in made} >= {
        "times",
        "memory",
        "profiles",
        "tails",
        "errors",
        "workloads",
    }
    for table in made:
        for column in table.columns:
            assert column.unit or not column.is_number, column
        for row in table.rows:
            assert len(row) == len(table.columns)
    (table,) = (t for t in made if t.id == "times")
    assert all(
        row[4][1].endswith(("per page", "per range", "failed"))
        for row in table.rows
    )


def profiles() -> "list[dict[str, Any]]":
    cut = {"workload": "idle-8g", "structure": "flat", "condition": ""}
    return [
        profile("cvbmp", "idle-8g"),
        {**cut, "error": "cut off after 3 passes"},
    ]


def test_profiles_are_shown_and_what_they_lack_is_not_a_zero(
    results_of: ResultsOf,
) -> None:
    content = golden_document()
    content["profiles"] = profiles()
    made = {t.id: t for t in page_tables.tables(results_of(content), None)}
    whole, cut = made["profiles"].rows
    assert whole[3:8] == [(4096, "4096")] * 5
    assert whole[9] == (0.5, "0.500")  # of 50 in 100,000 sets
    assert cut[3:11] == [None] * 8
    assert cut[11] == "cut off after 3 passes"
    (tail,) = made["tails"].rows
    assert tail[1] == "set"
    assert tail[-1] == (77, "77")


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (3, "profiles is not a list"),
        (["x"], "profiles[0] is not an object"),
        ([{"workload": "a"}], "profiles[0] has no structure"),
    ],
)
def test_profiles_of_another_shape_are_refused_in_one_line(
    broken: Any, problem: str, write: Write, capsys: Any
) -> None:
    content = golden_document()
    content["profiles"] = broken
    path = write(content)
    path.with_name("set.svg").write_bytes(SVG)  # none is drawn
    assert main(["html", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert problem in err


def test_pictures_are_packed_and_unpack_to_the_same_bytes(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(full_document()), Extras({"set": SVG}, None, None))
    found = re.search(r'id="picture-set">(.*?)</script>', text)
    assert found is not None
    assert gzip.decompress(base64.b64decode(found[1])) == SVG
    assert 'width="90" height="45"' in text
    assert "Pictures: none" not in text


def test_pictures_beyond_five_mib_are_left_out_and_named(
    results_of: ResultsOf,
) -> None:
    import random

    noise = random.Random(1).randbytes(3 << 20)
    extras = Extras({"one": noise, "two": noise, "three": SVG}, None, None)
    text = page(results_of(full_document()), extras)
    assert len(text.encode()) < 5 << 20
    assert "Left out, to keep the page below 5 MiB: two" in text
    assert 'id="picture-one"' in text


def test_rounds_may_have_any_numbers(results_of: ResultsOf) -> None:
    made = rows("set/a/cvbmp", [1.0, 2.0])
    made[1]["repetition_index"] = 10**15
    times = data_of(page(results_of(document(made)), NOTHING))["times"]
    assert times[0][1] == {"ns_per_page": [1.0, 2.0]}


def test_names_cannot_break_out_of_the_page(results_of: ResultsOf) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    content = document(
        rows(f"set/{evil.replace('/', '')}/cvbmp", [1.0] * 9),
        cpu_model=evil,
        workload_x=evil,
    )
    text = page(results_of(content), Extras({evil: SVG}, None, evil))
    assert "<img src=x" not in text
    assert text.count("</script>") == 3  # data, script, one picture


def test_the_same_results_give_the_same_page(results_of: ResultsOf) -> None:
    results = results_of(golden_document())
    extras = Extras({"set": SVG}, None, "# A")
    assert page(results, extras) == page(results, extras)


def test_the_host_name_is_not_shown(results_of: ResultsOf) -> None:
    assert "never-printed" not in page(results_of(full_document()), NOTHING)


def test_what_is_missing_is_said(results_of: ResultsOf) -> None:
    text = page(results_of(golden_document()), NOTHING)
    assert "Pictures: none" in text
    assert "Instruction counts: ./run instructions makes them." in text
    assert "Failed: 1 rows" in text


def test_results_without_any_figure_are_refused(write: Write, capsys: Any):
    path = write(document([{"name": "set/a/cvbmp", "repetition_index": 0}]))
    path.with_name("set.svg").write_bytes(SVG)  # none is drawn
    assert main(["html", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "has no figure of any operation" in err
    assert not path.with_name("page.html").exists()


def test_results_that_only_failed_say_why(results_of: ResultsOf) -> None:
    content = document(error_rows("set/a/cvbmp", "digest differs", 2))
    text = page(results_of(content), NOTHING)
    assert "No structure that could win has a time" in lead_of(text)
    assert "digest differs" in text


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(documents())
def test_any_results_give_a_page_or_one_line(
    tmp_path: Path, content: "dict[str, Any]"
) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content))
    try:
        text = page(load(path), NOTHING)
    except ResultsError as error:
        assert "\n" not in str(error)
        return
    data_of(text)
    text.encode()


CLAIMS = """# What was claimed

An introduction with `code` & more.

| claim | who | verdict |
|---|---|---|
| [One](#one) | A | refuted |

## Where

### One < two

A, 2017: so
it is. (From `replay`.)

**Refuted.**

### Three

No figures.

## The experiments

* `replay`: `./run bench`
* `ring`
"""


def test_claims_stand_there_with_their_verdicts_and_figures() -> None:
    made = markdown.claims(CLAIMS)
    assert "<h2>What was claimed</h2>" in made
    assert "<code>code</code> &amp; more" in made
    assert (
        "<details><summary>One &lt; two"
        ' <span class="verdict">(refuted)</span></summary><p>A, 2017: so\nit'
        " is. (From <code>replay</code>.)</p>" in made
    )
    assert "(no verdict)</span></summary><p>No figures.</p></details>" in made
    assert "<li><code>ring</code></li>" in made
    assert made.count("<details>") == made.count("</details>") == 2
    assert "|" not in made


def test_every_claim_of_the_docs_has_its_verdict(results_of: ResultsOf):
    text = Path(__file__).parents[2].joinpath("docs", "claims.md").read_text()
    made = markdown.claims(text)
    assert made.count("<details>") == len(re.findall("^### ", text, re.M)) > 30
    assert "no verdict" not in made


def test_the_command_writes_one_file(
    write: Write, tmp_path: Path, capsys: Any
) -> None:
    path = write(full_document(workloads=["idle-8g"]))
    path.with_name("set.svg").write_bytes(SVG)
    output = tmp_path / "new" / "page.html"
    assert main(["html", str(path), "-o", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    assert 'id="picture-set"' in output.read_text()


def test_a_row_of_the_times_is_a_median_with_its_interval(
    results_of: ResultsOf,
) -> None:
    values = [10, 9.5, 12, 8, 11, 13, 9, 9.7, 10.4]
    results = results_of(document(rows("set/a/cvbmp", values)))
    (table,) = (
        t for t in page_tables.tables(results, None) if t.id == "times"
    )
    assert list(table.rows[0]) == [
        "a",
        "set",
        "cvbmp",
        "",
        (10, "10.0 ns per page"),
        (1.5, "[9.0, 12.0 ns per page]"),
        None,
        None,
        (9, "9"),
    ]
