# SPDX-License-Identifier: MIT
"""The web page in a browser: what a reader does with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import FAILSLAB
from test_html import profiles
from test_report import golden_document

from plots.page import tables as page_tables
from plots.tables import standing
from plots.page.page import Extras, page
from plots.read.results import Results, load
from plots.tables.standing import Place

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
if CHROMIUM is None or DRIVER is None:
    pytest.skip(
        "chromium or chromedriver is missing;"
        " apt-get install chromium chromium-driver",
        allow_module_level=True,
    )
pytest.importorskip(
    "selenium", reason="selenium is missing; apt-get install python3-selenium"
)

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.options import Options  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

Browser = Any

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="600pt" height="90pt">'
    b'<rect width="600" height="90" fill="green"/></svg>'
)
# A long word without a place to break it, as a compiler's flags may have.
CLAIMS = f"# Claims\n\n### One\n\nIt is `{'x' * 200}`.\n\n**Supported.**\n"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    content = golden_document()
    content["profiles"] = profiles()
    path = tmp_path_factory.mktemp("run") / "results.json"
    path.write_text(json.dumps(content))
    return load(path)


@pytest.fixture(scope="module")
def address(results: Results) -> str:
    output = results.path.with_name("page.html")
    output.write_text(page(results, Extras({"set": SVG}, None, CLAIMS)))
    return output.as_uri()


@pytest.fixture(scope="module")
def driver() -> Iterator[Browser]:
    options = Options()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(flag)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    browser = webdriver.Chrome(
        service=Service(executable_path=DRIVER), options=options
    )
    yield browser
    browser.quit()


@pytest.fixture
def browser(driver: Browser, address: str) -> Browser:
    """The page just opened, in a wide and light window."""
    look(driver, width=1280, scheme="light")
    driver.get(address)
    return driver


def look(browser: Browser, width: int, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": width,
            "height": 800,
            "deviceScaleFactor": 1,
            "mobile": width < 500,
        },
    )


def choose(browser: Browser, css: str, value: str) -> None:
    Select(browser.find_element(By.CSS_SELECTOR, css)).select_by_value(value)


def column(browser: Browser, table: str, number: int) -> list[str]:
    """Texts of a column, numbered from 1, in one request."""
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".map((cell) => cell.textContent)",
        f"#{table} tbody td:nth-child({number})",
    )


def test_it_loads_without_errors_and_asks_for_nothing_else(
    browser: Browser, address: str
) -> None:
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    scroll_to(browser, "#pictures")
    wait_for_picture(browser)
    assert browser.get_log("browser") == []
    asked = set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"].partition("#")[0])
    local = {url for url in asked if url.startswith(("blob:", "data:"))}
    assert asked - local == {address}


def scroll_to(browser: Browser, css: str) -> None:
    browser.execute_script(
        "document.querySelector(arguments[0]).scrollIntoView()", css
    )


def wait_for_picture(browser: Browser) -> None:
    WebDriverWait(browser, 20).until(
        lambda b: b.execute_script(
            "const image = document.querySelector('img[data-source]');"
            "return image.complete && image.naturalWidth > 0"
        )
    )


def test_pictures_are_unpacked(browser: Browser) -> None:
    scroll_to(browser, "#pictures")
    wait_for_picture(browser)
    assert (
        browser.execute_script(
            "return document.querySelector('img[data-source]').naturalWidth"
        )
        == 800  # 600 points
    )


def test_the_answer_changes_with_the_guest(browser: Browser) -> None:
    def lead() -> str:
        return browser.find_element(By.ID, "lead").text

    assert lead().startswith("On a guest like idle-8g")
    choose(browser, "#lead-workload", "frag-4g")
    assert lead().startswith("On a guest like frag-4g")


@pytest.mark.parametrize(
    "facet, value, number",
    [
        ("workload", "frag-4g", 1),
        ("operation", "drain", 2),
        ("structure", "cvbmp", 3),
        ("condition", FAILSLAB, 4),
    ],
)
def test_a_filter_leaves_the_rows_that_it_names_and_only_them(
    browser: Browser, results: Results, facet: str, value: str, number: int
) -> None:
    browser.find_element(By.ID, "show-all").click()
    every = column(browser, "times", number)
    label = "fault failslab:probability=1" if number == 4 else value
    wanted = every.count(label)
    assert 0 < wanted < len(every)
    choose(browser, f'[data-facet="{facet}"]', value)
    assert column(browser, "times", number) == [label] * wanted
    said = browser.find_element(By.CSS_SELECTOR, '#tables [role="status"]')
    assert said.text == f"{wanted} of {len(every)} rows"


def test_filters_work_together_and_show_all_undoes_them(
    browser: Browser, results: Results
) -> None:
    (table,) = (
        t for t in page_tables.tables(results, None) if t.id == "times"
    )
    choose(browser, '[data-facet="workload"]', "idle-8g")
    choose(browser, '[data-facet="operation"]', "set")
    choose(browser, '[data-facet="condition"]', "")
    assert sorted(column(browser, "times", 3)) == sorted(
        str(row[2])
        for row in table.rows
        if row[:2] + row[3:4] == ["idle-8g", "set", ""]
    )
    browser.find_element(By.ID, "show-all").click()
    assert len(column(browser, "times", 1)) == len(table.rows)


def test_a_column_sorts_by_value_in_both_directions(
    browser: Browser, results: Results
) -> None:
    (table,) = (
        t for t in page_tables.tables(results, None) if t.id == "times"
    )
    written = {text: value for value, text in (row[4] for row in table.rows)}
    browser.find_element(By.ID, "show-all").click()
    head = browser.find_element(
        By.CSS_SELECTOR, "#times thead th:nth-child(5)"
    )
    assert head.get_attribute("aria-sort") is None
    for direction in ("ascending", "descending"):
        head.find_element(By.TAG_NAME, "button").click()
        assert head.get_attribute("aria-sort") == direction
        shown = [written[text] for text in column(browser, "times", 5)]
        assert len(shown) == len(table.rows)
        assert shown == sorted(shown, reverse=direction == "descending")
    other = browser.find_element(
        By.CSS_SELECTOR, "#times thead th:nth-child(3)"
    )
    other.find_element(By.TAG_NAME, "button").click()
    assert head.get_attribute("aria-sort") is None
    names = column(browser, "times", 3)
    assert names == sorted(names, key=lambda n: (n[0].isalpha(), n))


def test_what_was_not_measured_sorts_last(browser: Browser) -> None:
    browser.find_element(By.ID, "show-all").click()
    head = browser.find_element(
        By.CSS_SELECTOR, "#profiles thead th:nth-child(4) button"
    )
    for _ in range(2):
        head.click()
        assert column(browser, "profiles", 4)[-1] == "–"


@pytest.mark.parametrize(
    "one, other, condition",
    [
        ("cvbmp", "xbitmap", ""),
        ("flat", "cvbmp", ""),
        ("xbitmap", "xbitmap-preload", ""),
        ("cvbmp", "xbitmap", FAILSLAB),
    ],
)
def test_the_comparison_is_the_one_that_the_results_give(
    browser: Browser, results: Results, one: str, other: str, condition: str
) -> None:
    choose(browser, "#pick-one", one)
    choose(browser, "#pick-other", other)
    choose(browser, "#pick-condition", condition)
    cells = browser.execute_script(
        "return [...document.querySelectorAll('#pick-table td')]"
        ".filter((cell) => cell.dataset.mark)"
        ".map((cell) => ({...cell.dataset}))"
    )
    expected = {}
    for measure in standing.measures(results):
        for workload in standing.workloads(results, measure, condition):
            place = Place(measure, workload, condition)
            rival = standing.ratio_of(results, place, one, other)
            if rival is not None:
                expected[f"{measure.name}, {measure.unit}", workload] = (
                    rival.mark,
                    rival.ratio.median,
                    rival.ratio.low,
                    rival.ratio.high,
                )
    assert len(expected) > 0
    # Equal to the last digit: a difference would be another rule.
    assert {
        (cell["measure"], cell["workload"]): (
            cell["mark"],
            *(float(cell[key]) for key in ("median", "low", "high")),
        )
        for cell in cells
    } == expected


def test_ranks_of_the_script_are_those_of_the_statistics(
    browser: Browser,
) -> None:
    from plots.read.statistics import interval_ranks

    for comparisons in (1, 12, 1300):
        ranks = browser.execute_script(
            "return [...Array(60).keys()].map("
            "(count) => intervalRanks(count, arguments[0]))",
            comparisons,
        )
        assert ranks == [
            list(found) if (found := interval_ranks(n, comparisons)) else None
            for n in range(60)
        ]


def test_swapping_turns_the_question_round(browser: Browser) -> None:
    choose(browser, "#pick-one", "cvbmp")
    choose(browser, "#pick-other", "flat")
    browser.find_element(By.ID, "pick-swap").click()
    said = browser.find_element(By.ID, "pick-says").text
    assert said.startswith("flat against cvbmp: ")


def test_everything_can_be_done_with_the_keyboard(browser: Browser) -> None:
    """Tab reaches every control in order; Enter and arrows work them."""
    browser.find_element(By.TAG_NAME, "body").click()
    reached = []
    for _ in range(60):
        active = browser.switch_to.active_element
        active.send_keys(Keys.TAB)
        reached.append(
            browser.execute_script(
                "const e = document.activeElement;"
                "return e.id || e.dataset.facet || e.className || e.tagName"
            )
        )
    wanted = [
        "lead-workload",
        "lead-condition",
        "pick-one",
        "pick-other",
        "pick-condition",
        "pick-swap",
        "workload",
        "operation",
        "structure",
        "condition",
        "show-all",
        "BUTTON",
    ]
    assert [
        name for name in dict.fromkeys(reached) if name in wanted
    ] == wanted
    browser.execute_script(
        "document.querySelector('#times thead button').focus()"
    )
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    head = browser.find_element(By.CSS_SELECTOR, "#times thead th")
    assert head.get_attribute("aria-sort") == "ascending"
    select = browser.find_element(By.ID, "lead-workload")
    select.send_keys(Keys.ARROW_DOWN)
    assert "frag-4g" in browser.find_element(By.ID, "lead").text
    outline = browser.execute_script(
        "return getComputedStyle(document.activeElement).outlineStyle"
    )
    assert outline == "solid"


def test_every_control_has_a_name(browser: Browser) -> None:
    nameless = browser.execute_script(
        "return [...document.querySelectorAll("
        "'select, button, [tabindex=\"0\"], img')]"
        ".filter((e) => !(e.labels?.[0]?.textContent || e.textContent"
        " || e.alt || e.getAttribute('aria-label')).trim())"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_down_only(
    driver: Browser, address: str, scheme: str
) -> None:
    look(driver, width=360, scheme=scheme)
    driver.get(address)
    driver.execute_script(
        "document.querySelectorAll('details').forEach((d) => d.open = true)"
    )
    wide = driver.execute_script(
        "return [document.documentElement.scrollWidth, innerWidth]"
    )
    assert wide == [360, 360]
    # The tables scroll inside their boxes.
    assert driver.execute_script(
        "const box = document.querySelector('#times').parentElement;"
        "return box.scrollWidth > box.clientWidth"
    )


_CONTRAST = """
const parse = (c) => c.match(/[\\d.]+/g).map(Number);
const luminance = (c) => {
  const [r, g, b] = parse(c).slice(0, 3).map((v) => {
    v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if ((parse(c)[3] ?? 1) > 0) return c;
  }
  return 'rgb(255, 255, 255)';
};
return [...document.querySelectorAll('body *')].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) &&
  e.getClientRects().length && !e.closest('.skip')
).map((e) => {
  const [a, b] = [getComputedStyle(e).color, ground(e)].map(luminance);
  return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
          e.outerHTML.slice(0, 90)];
}).sort((x, y) => x[0] - y[0]).slice(0, 1)[0];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    driver: Browser, address: str, scheme: str
) -> None:
    look(driver, width=1280, scheme=scheme)
    driver.get(address)
    ground = driver.execute_script(
        "return getComputedStyle(document.documentElement).backgroundColor"
    )
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    contrast, element = driver.execute_script(_CONTRAST)
    assert contrast >= 4.5, element  # WCAG 2, level AA


def test_a_picture_stands_on_a_light_card_in_the_dark(
    driver: Browser, address: str
) -> None:
    look(driver, width=1280, scheme="dark")
    driver.get(address)
    card = driver.find_element(By.CLASS_NAME, "card")
    assert card.value_of_css_property("background-color") in (
        "rgb(255, 255, 255)",
        "rgba(255, 255, 255, 1)",
    )


def test_without_a_script_the_answer_stands_there(address: str) -> None:
    text = Path(address.removeprefix("file://")).read_text()
    head = text.partition("<script")[0]
    assert "is the fastest" in head
    assert "<noscript>" in head
