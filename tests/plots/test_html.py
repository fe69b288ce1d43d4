# SPDX-License-Identifier: MIT
"""The web page as a file: what it says, carries, and leaves alone."""

import base64
import hashlib
import html
import json
import re
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    document,
    error_rows,
    full_document,
    profile,
    rows,
)
from hypothesis import HealthCheck, given, settings
from test_report import documents, golden_document

pytest.importorskip(
    "jinja2", reason="jinja2 is missing; apt-get install python3-jinja2"
)

from plots.__main__ import main  # noqa: E402
from plots.page import page as room  # noqa: E402
from plots.page.page import Extras, extras, page  # noqa: E402
from plots.read.results import (  # noqa: E402
    Results,
    ResultsError,
    load,
)
from plots.tables import answer, glance, standing  # noqa: E402
from plots.tables.duel import duel  # noqa: E402
from plots.tables.standing import Place  # noqa: E402
from plots.tables.table import figure  # noqa: E402
from plots.text.mail import mail  # noqa: E402

ResultsOf = Callable[[Any], Results]
Write = Callable[[Any], Path]

NOTHING = Extras({}, None)


def picture(size: int = 0) -> bytes:
    """A PNG as far as its head goes: 90 by 45 pixels."""
    head = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 90, 45)
    return head + b"\0" * size


def data_of(text: str) -> Any:
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def words_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def part(text: str, begin: str, end: str) -> str:
    found = re.search(f"{begin}(.*?){end}", text, re.DOTALL)
    assert found is not None, begin
    return words_of(found[1])


def guest_of(text: str, guest: str, fault: str = "") -> str:
    """What is said of the fastest structure of a guest."""
    place = f'data-guest="{guest}" data-fault="{fault}">'
    return part(text, place + r'\s*<p class="standing">', "</p>")


# --- the head -----------------------------------------------------------


def test_the_page_opens_with_title_date_machine_and_answer(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document())
    text = page(results, NOTHING)
    assert part(text, "<h1>", "</h1>") == "xbitmap or cvbmp?"
    kicker = part(text, '<p class="kicker">', "</p>")
    assert "2026-11-21" in kicker
    assert "AMD EPYC 7B13" in kicker and "GCC 12.2.0" in kicker
    said = part(text, 'id="answer">', "</p>")
    assert f"xbitmap or cvbmp? {said}" == " ".join(answer.answer(results))


def test_a_complete_run_is_said_to_be_complete(results_of: ResultsOf) -> None:
    text = page(results_of(full_document()), NOTHING)
    assert "Incomplete" not in text
    assert part(text, 'class="complete" id="gaps">', "</p>").startswith(
        "Complete: all "
    )


def test_what_is_missing_stands_at_the_top_as_a_warning(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(golden_document()), NOTHING)
    gaps = part(text, 'class="warning" role="note" id="gaps">', "</div>")
    assert gaps.startswith("Incomplete.")
    assert "ranges differ from the oracle" in gaps
    assert text.index('id="gaps"') < text.index("<section")


def test_an_interrupted_run_says_so(results_of: ResultsOf) -> None:
    text = page(results_of(full_document(interrupted="yes")), NOTHING)
    gaps = part(text, 'id="gaps">', "</div>")
    assert "INTERRUPTED" in gaps


# --- one guest ----------------------------------------------------------


def test_each_guest_is_described(results_of: ResultsOf) -> None:
    text = page(results_of(full_document()), NOTHING)
    options = part(text, '<select data-key="guest"', "</select>")
    assert (
        "idle-8g: 8 GiB of memory, 141000 pages in a row on average, its"
        " balloon takes 3670016 pages" in options
    )


def test_a_guest_names_the_fastest_and_its_ratio_to_the_baseline(
    results_of: ResultsOf,
) -> None:
    said = guest_of(page(results_of(full_document()), NOTHING), "idle-8g")
    assert said.startswith(
        "cvbmp is the fastest: 6.53 ns per page for set + drain. It takes"
        " 0.582 times xbitmap's time [0.582, 0.582]."
    )


def test_where_the_baseline_wins_the_next_one_stands_there_with_its_ratio(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", [1.0] * 9)
    made += rows("set/a/xbitmap/control:1", [1.0] * 9)
    made += rows("set/a/cvbmp", [3.0] * 9)
    said = guest_of(page(results_of(document(made)), NOTHING), "a")
    assert said == (
        "xbitmap is the fastest: 1.00 ns per page for set. It is the"
        " baseline. Next is cvbmp: it takes 3.00 times xbitmap's time"
        " [3.00, 3.00]."
    )


def test_who_may_be_as_fast_is_not_mixed_with_who_has_too_few_rounds(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", [5.0] * 9)
    made += rows("set/a/xbitmap/control:1", [5, 6, 5, 4, 5, 6, 4, 5, 5])
    made += rows("set/a/cvbmp", [4.9] * 9)
    made += rows("set/a/flat-one", [50.0])
    said = guest_of(page(results_of(document(made)), NOTHING), "a")
    assert said.startswith("cvbmp has the least time: 4.90 ns per page")
    assert (
        "It takes 0.980 times xbitmap's time [0.980, 0.980], but no"
        " difference is shown." in said
    )
    assert "May be as fast (no difference is shown): xbitmap." in said
    assert "Not enough rounds to tell: flat-one." in said


# --- two structures -----------------------------------------------------


def entries(text: str) -> Iterator[tuple[Any, str, str, Any]]:
    data = data_of(text)
    for place in data["places"]:
        for one, line in zip(data["names"], place["pairs"]):
            for other, entry in zip(data["names"], line):
                yield place, one, other, entry


def test_every_pair_is_the_one_that_the_tables_compute(
    results_of: ResultsOf,
) -> None:
    results = results_of(golden_document())
    by_name = {m.name: m for m in standing.measures(results)[::-1]}
    seen = 0
    for place, one, other, entry in entries(page(results, NOTHING)):
        measure = by_name[place["time"]]
        where = Place(results, measure, place["guest"], place["fault"])
        rival = where.ratio(one, other)
        if one == other or rival is None:
            assert entry is None
            continue
        cell = figure(rival.ratio, rival.mark)
        assert entry == [cell.mark, cell.text(), *cell.bounds()]
        seen += 1
    assert seen > 100


def test_the_first_pair_is_that_of_the_mail_with_the_same_figures(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document())
    text = page(results, NOTHING)
    found = duel(results)
    assert found is not None
    data = data_of(text)
    assert data["first"] == [found.rival, found.baseline]
    table = glance.guests(found)
    keys = [column.key for column in table.columns]
    by_guest = {row[0].value: dict(zip(keys, row)) for row in table.rows}
    mailed = mail(results)
    at = [data["names"].index(name) for name in data["first"]]
    for place in data["places"]:
        if (place["time"], place["fault"]) != (found.measure.name, ""):
            continue
        cells = by_guest[place["guest"]]
        entry = place["pairs"][at[0]][at[1]]
        assert entry[:2] == [cells["ratio"].mark, cells["ratio"].text()]
        # That of memory and lost pages, if there is one, comes after it.
        line = re.findall(rf".*\(.*  {place['guest']}$", mailed, re.M)[0]
        assert entry[0] + entry[1] in line.split()
        for name, index in zip(data["first"], at):
            assert place["times"][index] == cells[name].text()
            assert place["times"][index] in line.split()


def test_the_noise_behind_a_ratio_is_what_the_marks_are_held_to(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", [5.0] * 9)
    made += rows("set/a/xbitmap/control:1", [4.0] * 9)
    made += rows("set/a/cvbmp", [4.5] * 9) + rows("set/b/cvbmp", [1.0] * 9)
    data = data_of(page(results_of(document(made)), NOTHING))
    noise = {place["guest"]: place["noise"] for place in data["places"]}
    assert noise == {"a": ["0.800", "1.25"], "b": None}


def test_structures_stand_by_family_in_the_choice(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(full_document()), NOTHING)
    found = re.search('data-key="one".*?</select>', text, re.DOTALL)
    assert found is not None
    groups = {
        family: re.findall("<option[^>]*>([^<]*)", inside)
        for family, inside in re.findall(
            '<optgroup label="([^"]*)">(.*?)</optgroup>', found[0], re.DOTALL
        )
    }
    assert groups == {
        "bitmap": ["flat"],
        "radix": ["xbitmap", "xbitmap-preload"],
        "list": ["cvbmp"],
    }


def test_times_are_those_of_the_structures_and_say_why_one_is_missing(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", [5.0] * 9) + rows("set/b/cvbmp", [4.0] * 9)
    made += error_rows("set/a/cvbmp", "over 2700 ns per page", 9)
    data = data_of(page(results_of(document(made)), NOTHING))
    (place,) = (p for p in data["places"] if p["guest"] == "a")
    times = dict(zip(data["names"], place["times"]))
    assert times == {"xbitmap": "5.00", "cvbmp": ">2700 ns"}


def test_beyond_a_limit_only_pairs_with_the_baseline_are_there(
    results_of: ResultsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MOST_PAIRS", 1)
    text = page(results_of(full_document()), NOTHING)
    assert "compare with xbitmap" in data_of(text)["none"]
    have = {(a, b) for _, a, b, entry in entries(text) if entry}
    assert {pair for pair in have if "xbitmap" in pair} == {
        pair
        for name in ("flat", "xbitmap-preload", "cvbmp")
        for pair in ((name, "xbitmap"), ("xbitmap", name))
    }
    assert len(have) <= 8


# --- figures ------------------------------------------------------------


def tables_of(text: str) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Heads and rows of each table that can be sorted, by id."""
    made = {}
    for key, body in re.findall(
        r'<table id="([^"]*)" class="sorted">(.*?)</table>', text, re.DOTALL
    ):
        head, _, rest = body.partition("</thead>")
        heads = re.findall(r"<th [^>]*>(.*?)</th>", head, re.DOTALL)
        lines = re.findall(r"<tr>(.*?)</tr>", rest, re.DOTALL)
        made[key] = (
            [words_of(re.sub("<span[^>]*>", " ", each)) for each in heads],
            [
                [
                    words_of(cell)
                    for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)
                ]
                for line in lines
            ],
        )
    return made


def test_a_row_of_times_has_its_unit_in_the_head_and_a_verdict(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document(["idle-8g"]))
    heads, lines = tables_of(page(results, NOTHING))["times"]
    assert heads[0] == "structure"
    assert "time ns per page" in heads
    for line in lines:
        assert len(line) == len(heads)
    (line,) = (
        x for x in lines if x[:4] == ["cvbmp", "drain", "idle-8g", "no faults"]
    )
    (row,) = (
        row
        for row in lines
        if row[:4] == ["xbitmap", "drain", "idle-8g", "no faults"]
    )
    at = heads.index("difference")
    assert line[at] == "faster"
    assert row[at] == "–"


def test_times_of_another_unit_have_a_table_of_their_own(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(full_document(["idle-8g"])), NOTHING)
    heads, lines = tables_of(text)["times1"]
    assert "time ns per range" in heads
    assert {line[1] for line in lines} == {"extract", "drain"}


def test_every_table_can_be_named_in_the_address(
    results_of: ResultsOf,
) -> None:
    content = full_document(["idle-8g", "frag-4g"])
    for guest in ("idle-8g", "frag-4g"):
        content["benchmarks"] += rows(
            f"replay/{guest}/cvbmp/policy:free",
            [1.0] * 9,
            pages_told=7,
            kicks=3,
            structure_ms=2.5,
        )
    text = page(results_of(content), NOTHING)
    ids = re.findall('<table id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert len([key for key in ids if key.startswith("replay")]) > 2


def profiles() -> "list[dict[str, Any]]":
    cut = {"workload": "idle-8g", "structure": "flat", "condition": ""}
    return [
        profile("cvbmp", "idle-8g"),
        {**cut, "error": "cut off after 3 passes"},
    ]


def test_what_a_profile_lacks_is_not_a_zero(results_of: ResultsOf) -> None:
    content = golden_document()
    content["profiles"] = profiles()
    text = page(results_of(content), NOTHING)
    _, lines = tables_of(text)["profiles"]
    by_name = {line[0]: line for line in lines}
    assert "4.00" in by_name["cvbmp"]  # KiB of 4096 bytes
    assert "0" not in by_name["flat"]
    assert by_name["flat"][-1] == "cut off after 3 passes"


def test_every_filter_has_the_values_of_its_column(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(full_document()), NOTHING)
    for key, wanted in (
        ("workload", "punched-2g"),
        ("operation", "set + drain"),
        ("structure", "xbitmap-preload"),
        ("condition", "fault failslab:probability=1"),
    ):
        options = part(text, f'<select data-key="in-{key}"', "</select>")
        assert wanted in options


# --- pictures -----------------------------------------------------------


def test_pictures_stand_in_the_page_with_their_size(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(full_document()), Extras({"set": picture()}, None))
    found = re.search(r'src="data:image/png;base64,([^"]*)"', text)
    assert found is not None
    assert base64.b64decode(found[1]) == picture()
    assert 'loading="lazy"' in text
    assert 'width="90" height="45"' in text


def test_the_answer_is_the_first_picture(results_of: ResultsOf) -> None:
    names = ("aaa", "set", "drain", "ratio")
    extras = Extras(dict.fromkeys(names, picture()), None)
    text = page(results_of(full_document()), extras)
    shown = re.findall("<figcaption>(.*?)</figcaption>", text)
    assert shown == ["ratio", "set", "drain", "aaa"]


def test_pictures_that_are_too_large_are_named(results_of: ResultsOf) -> None:
    extras = Extras(
        {"one": picture(400_000), "two": picture(400_000), "x": picture()},
        None,
    )
    text = page(results_of(full_document()), extras)
    assert len(text.encode()) < 1 << 20
    assert "too large to stand here: two." in words_of(text)
    assert "Picture one" in text and "Picture x" in text


def test_a_file_that_only_calls_itself_a_picture_is_left_alone(
    write: Write,
) -> None:
    path = write(full_document(["idle-8g"]))
    path.with_name("set.png").write_bytes(b"<script>alert(1)</script>" * 9)
    results = load(path)
    assert 'data:image/png' not in page(results, extras(results))


# --- safety -------------------------------------------------------------


def test_the_page_asks_the_network_for_nothing(results_of: ResultsOf) -> None:
    text = page(results_of(full_document()), Extras({"a": picture()}, None))
    assert "default-src 'none'" in text
    outside = re.findall(r'(?:src|href)\s*=\s*"(?!data:)[^"]*"', text)
    assert outside == []
    assert "@import" not in text and "url(" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


@pytest.mark.parametrize("tag", ["style", "script"])
def test_the_policy_allows_the_one_style_and_the_one_script_of_the_page(
    tag: str, results_of: ResultsOf
) -> None:
    text = page(results_of(full_document()), NOTHING)
    (code,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert f"{tag}-src 'sha256-{digest}';" in policy[1]
    assert "unsafe" not in policy[1]
    assert " style=" not in text.replace("script-src", "")
    assert re.findall(r"<[^>]* on[a-z]+=", text) == []


def test_names_cannot_break_out_of_the_page(results_of: ResultsOf) -> None:
    evil = "</script><img src=x onerror=alert(1)>'\"&\u202e"
    name = evil.replace("/", "")
    content = document(
        rows(f"set/{name}/cvbmp", [1.0] * 9)
        + rows(f"set/{name}/{name}", [2.0] * 9)
        + error_rows(f"set/b/{name}", evil, 2),
        cpu_model=evil,
        command_line=evil,
        baseline=name,
        **{f"workload_{name}": evil, f"structure_{name}": f"family={evil}"},
    )
    text = page(results_of(content), Extras({evil: picture()}, None))
    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert text.count("</script>") == 2  # data and script
    assert name.replace("\u202e", "\\u202e") in data_of(text)["names"]


def test_the_host_name_is_not_shown(results_of: ResultsOf) -> None:
    assert "never-printed" not in page(results_of(full_document()), NOTHING)


def test_the_same_results_give_the_same_page(results_of: ResultsOf) -> None:
    results = results_of(golden_document())
    extras = Extras({"set": picture()}, None)
    assert page(results, extras) == page(results, extras)


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


def test_results_that_only_failed_say_why(results_of: ResultsOf) -> None:
    content = document(error_rows("set/a/cvbmp", "failed: digest differs", 2))
    text = page(results_of(content), NOTHING)
    assert "digest differs" in part(text, 'id="gaps">', "</div>")


# --- the command --------------------------------------------------------


def test_the_command_writes_one_file(
    write: Write, tmp_path: Path, capsys: Any
) -> None:
    path = write(full_document(workloads=["idle-8g"]))
    path.with_name("set.png").write_bytes(picture())
    output = tmp_path / "new" / "page.html"
    assert main(["html", str(path), "-o", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    assert "Picture set" in output.read_text()


def test_without_jinja2_one_line_names_the_package(
    write: Write, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    path = write(full_document(workloads=["idle-8g"]))
    assert main(["html", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "apt-get install python3-jinja2" in err
    assert not path.with_name("page.html").exists()


def test_results_without_any_figure_are_refused(
    write: Write, capsys: Any
) -> None:
    path = write(document([{"name": "set/a/cvbmp", "repetition_index": 0}]))
    assert main(["html", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "has no figure of any operation" in err
    assert not path.with_name("page.html").exists()


def test_profiles_of_another_shape_are_refused_in_one_line(
    write: Write, capsys: Any
) -> None:
    content = golden_document()
    content["profiles"] = 3
    path = write(content)
    assert main(["html", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "profiles" in err
