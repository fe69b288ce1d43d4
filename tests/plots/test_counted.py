# SPDX-License-Identifier: MIT
"""Results of ./run kernel under -icount: counts, which need one round."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, check_golden

from plots.__main__ import main
from plots.read.results import Results, load
from plots.text.mail import mail
from plots.text.mail_subject import FORMS, Choice
from plots.text.report import compare, report

sys.path.insert(0, str(ROOT / "tests"))

from kernel_results import inside  # noqa: E402


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def results(*of: Any) -> Results:
    path = Path(f"{'-'.join(map(str, of)) or 'base'}.json")
    path.write_text(json.dumps(inside(*of)))
    return load(path)


@pytest.mark.parametrize("is_full", [False, True])
def test_the_report_has_instructions_at_the_head_of_its_columns(
    is_full: bool,
) -> None:
    text = report(results(), is_full=is_full)
    assert "ns" not in text.replace("(-icount", "").split()
    assert "too few rounds" not in text and "?0" not in text
    check_golden(f"report-kernel{'-full' * is_full}.txt", text)


@pytest.mark.parametrize("form", FORMS)
def test_the_mail_has_ratios_of_one_round(form: str) -> None:
    text = mail(results(), None, Choice(form=form))
    assert "too few" not in text and "?0." not in text
    check_golden(f"mail-kernel-{form}.txt", text)


def test_two_runs_of_one_kernel_do_not_differ() -> None:
    """The most that was measured is 0.77 %."""
    old, new = results(), results(1.008)
    assert "Of 40 rows 0 became better, 0 worse" in compare(old, new)


def test_a_patch_that_costs_more_is_marked_after_one_round() -> None:
    old, new = results(), results(1.1)
    text = compare(old, new)
    check_golden("compare-kernel.txt", text)
    check_golden("mail-kernel-against.txt", mail(new, old))


def test_all_rows_dearer_is_no_machine() -> None:
    """Every row of a structure alone in its run changed alike."""
    paths = []
    for times in (1.0, 1.2):
        content = inside(times)
        content["benchmarks"] = [
            row
            for row in content["benchmarks"]
            if row["structure"].startswith("cvbmp@")
        ]
        paths.append(Path(f"{times}.json"))
        paths[-1].write_text(json.dumps(content))
    text = compare(*map(load, paths))
    assert "Of 8 rows 0 became better, 8 worse" in text
    assert "the machine" not in text


def test_a_dearer_row_fails_above_a_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, new = results(), results(1.1)
    both = [str(old.path), str(new.path)]
    assert main(["compare", *both, "--fail-above=20"]) == 0
    assert main(["compare", *both, "--fail-above=5"]) == 1
    assert "slower by more than 5.00 %" in capsys.readouterr().err
