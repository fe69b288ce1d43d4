# SPDX-License-Identifier: MIT
"""The web page in a browser: what a reader does with it."""

from __future__ import annotations

import base64
import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import FAILSLAB
from test_html import profiles
from test_report import golden_document

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

from plots.page.page import Extras, page  # noqa: E402
from plots.read.results import Results, load  # noqa: E402

Browser = Any

# "screens" of a page are of this size.
WIDE, HIGH = 1280, 900
MOST_SCREENS = 8


def png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress((b"\0" + b"\xff" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    content = golden_document()
    content["profiles"] = profiles()
    # A long word without a place to break it.
    content["context"]["compiler_flags"] = "x" * 200
    path = tmp_path_factory.mktemp("run") / "results.json"
    path.write_text(json.dumps(content))
    return load(path)


@pytest.fixture(scope="module")
def address(results: Results) -> str:
    output = results.path.with_name("page.html")
    names = ("ratio", "set", "drain", "memory")
    extras = Extras(dict.fromkeys(names, png(1800, 900)), None)
    output.write_text(page(results, extras))
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
    look(driver, width=WIDE, scheme="light")
    open_page(driver, address)
    return driver


def open_page(browser: Browser, address: str) -> None:
    """Loads it, where another fragment alone would not."""
    browser.get("about:blank")
    browser.get(address)


def look(browser: Browser, width: int, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": width,
            "height": HIGH,
            "deviceScaleFactor": 1,
            "mobile": width < 500,
        },
    )


def choose(browser: Browser, key: str, value: str) -> None:
    css = f'select[data-key="{key}"]'
    Select(browser.find_element(By.CSS_SELECTOR, css)).select_by_value(value)


def chosen(browser: Browser, key: str) -> list[str]:
    """The value of every control of this key."""
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".map((control) => control.value)",
        f'select[data-key="{key}"]',
    )


def fragment(browser: Browser) -> str:
    return browser.execute_script("return location.hash")


def said(browser: Browser) -> str:
    return browser.find_element(By.ID, "verdict").text


def column(browser: Browser, table: str, number: int) -> list[str]:
    """Texts of a column, numbered from 1, in one request."""
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".map((cell) => cell.textContent)",
        f"#{table} tbody tr > :nth-child({number})",
    )


def unfold(browser: Browser) -> None:
    browser.execute_script(
        "document.querySelectorAll('details').forEach((d) => d.open = true)"
    )


def heads(browser: Browser, table: str) -> list[Any]:
    return browser.find_elements(By.CSS_SELECTOR, f"#{table} thead th")


# --- the whole ----------------------------------------------------------


def test_it_loads_without_errors_and_asks_for_nothing_else(
    browser: Browser, address: str
) -> None:
    browser.get_log("browser")
    browser.get_log("performance")
    open_page(browser, address)
    # Into sight comes what is loaded late.
    unfold(browser)
    browser.execute_script(
        "document.getElementById('pictures').scrollIntoView()"
    )
    WebDriverWait(browser, 20).until(
        lambda b: b.execute_script(
            "const image = document.querySelector('img');"
            "return image.complete && image.naturalWidth === 1800"
        )
    )
    assert browser.get_log("browser") == []
    asked = set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
    outside = {url for url in asked if not url.startswith(("data:", "about:"))}
    assert outside == {address}


def test_it_is_a_few_screens_long(browser: Browser) -> None:
    height = browser.execute_script(
        "return document.documentElement.scrollHeight"
    )
    assert height <= MOST_SCREENS * HIGH


def test_the_answer_is_on_the_first_screen(browser: Browser) -> None:
    for css in ("h1", "#answer", "#gaps", "#pair"):
        element = browser.find_element(By.CSS_SELECTOR, css)
        assert 0 <= element.rect["y"] < HIGH, css


# --- two structures, one guest ------------------------------------------


def test_two_structures_are_compared_by_what_python_computed(
    browser: Browser,
) -> None:
    data = browser.execute_script("return DATA")
    choose(browser, "one", "flat")
    choose(browser, "other", "cvbmp")
    choose(browser, "time", "set")
    one, other = (data["names"].index(name) for name in ("flat", "cvbmp"))
    wanted = [
        (place["guest"], place["pairs"][one][other])
        for place in data["places"]
        if (place["time"], place["fault"]) == ("set", "")
    ]
    assert len(wanted) == 3
    shown = column(browser, "pair", 3)
    assert shown == [
        "{} {} {} {}".format(*entry) if entry else "–" for _, entry in wanted
    ]
    assert said(browser) == (
        "flat against cvbmp (set, no faults), of 2 guests: faster on 2."
    )
    # Each ratio is drawn: a dot, its interval, and the noise behind it.
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('#pair tbody svg')].map((svg) =>"
        " svg.querySelectorAll('circle, .whisker, .noise').length)"
    )
    assert drawn == [3 if entry else 1 for _, entry in wanted]


def test_swapping_turns_the_question_round(browser: Browser) -> None:
    choose(browser, "one", "cvbmp")
    choose(browser, "other", "flat")
    browser.find_element(By.ID, "swap").click()
    assert said(browser).startswith("flat against cvbmp (set + drain")


def test_the_same_structure_twice_is_no_question(browser: Browser) -> None:
    choose(browser, "one", "xbitmap")
    assert said(browser) == "Choose two different structures."


def test_the_answer_changes_with_the_guest(browser: Browser) -> None:
    def shown() -> list[str]:
        return [
            f"{place.get_attribute('data-guest')}"
            f" {place.get_attribute('data-fault')}"
            for place in browser.find_elements(By.CLASS_NAME, "place")
            if place.is_displayed()
        ]

    assert shown() == ["idle-8g "]
    choose(browser, "guest", "frag-4g")
    assert shown() == ["frag-4g "]
    choose(browser, "fault", FAILSLAB)
    # Nothing has both a set and a drain there.
    assert shown() == []
    assert browser.find_element(By.ID, "no-place").is_displayed()


# --- the address --------------------------------------------------------


def test_the_address_holds_what_was_chosen(
    browser: Browser, address: str
) -> None:
    choose(browser, "guest", "frag-4g")
    choose(browser, "one", "flat")
    choose(browser, "in-operation", "drain")
    heads(browser, "times")[0].find_element(By.TAG_NAME, "button").click()
    kept = fragment(browser)
    before = column(browser, "times", 1), said(browser)
    open_page(browser, address + kept)
    assert chosen(browser, "guest") == ["frag-4g"]
    assert chosen(browser, "one") == ["flat"]
    assert chosen(browser, "in-operation") == ["drain"]
    assert heads(browser, "times")[0].get_attribute("aria-sort") == "ascending"
    assert (column(browser, "times", 1), said(browser)) == before


def test_back_undoes_a_choice_and_forward_does_it_again(
    browser: Browser,
) -> None:
    first = said(browser)
    choose(browser, "one", "flat")
    second = said(browser)
    browser.back()
    assert (said(browser), fragment(browser)) == (first, "")
    browser.forward()
    assert (said(browser), fragment(browser)) == (second, "#one=flat")


def test_a_choice_undone_by_hand_leaves_no_trace_in_the_address(
    browser: Browser,
) -> None:
    choose(browser, "one", "flat")
    choose(browser, "one", "cvbmp")
    assert fragment(browser) == ""


@pytest.mark.parametrize(
    "odd",
    [
        "#one=nobody&guest=%3Cimg%20src=x%3E&sort-times=99&sort-times=x",
        "#__proto__=1&constructor=2",
        "#%E0%A4%A",
    ],
)
def test_an_odd_address_shows_the_page_as_if_it_had_none(
    odd: str, browser: Browser, address: str
) -> None:
    wanted = said(browser)
    browser.get_log("browser")
    open_page(browser, address + odd)
    assert said(browser) == wanted
    assert chosen(browser, "guest") == ["idle-8g"]
    assert browser.get_log("browser") == []


# --- tables -------------------------------------------------------------


@pytest.mark.parametrize(
    "facet, value, number",
    [
        ("structure", "cvbmp", 1),
        ("operation", "drain", 2),
        ("workload", "frag-4g", 3),
        ("condition", "fault failslab:probability=1", 4),
    ],
)
def test_a_filter_leaves_the_rows_it_names_and_hides_their_column(
    browser: Browser, facet: str, value: str, number: int
) -> None:
    every = column(browser, "times", number)
    wanted = every.count(value)
    assert 0 < wanted < len(every)
    choose(browser, f"in-{facet}", value)
    assert column(browser, "times", number) == [value] * wanted
    count = browser.find_element(By.CSS_SELECTOR, "#figures .count")
    assert count.text == f"{wanted} of {len(every)} rows"
    assert not heads(browser, "times")[number - 1].is_displayed()
    # It shows what is left, which stood folded before.
    assert heads(browser, "times")[number % 4].is_displayed()


def test_filters_work_together_and_one_button_undoes_them(
    browser: Browser,
) -> None:
    every = column(browser, "times", 1)
    choose(browser, "in-workload", "idle-8g")
    choose(browser, "in-operation", "set")
    choose(browser, "in-condition", "no faults")
    assert column(browser, "times", 1) == [
        "flat",
        "xbitmap",
        "(A/A control)",
        "xbitmap-preload",
        "cvbmp",
        "(floor)",
    ]
    browser.find_element(By.ID, "reset").click()
    assert column(browser, "times", 1) == every


def test_a_column_sorts_by_value_in_both_directions(browser: Browser) -> None:
    unfold(browser)
    head = heads(browser, "times")[4]
    assert head.get_attribute("aria-sort") is None
    for direction in ("ascending", "descending"):
        head.find_element(By.TAG_NAME, "button").click()
        assert head.get_attribute("aria-sort") == direction
        values = browser.execute_script(
            "return [...document.querySelectorAll('#times tbody tr')]"
            ".map((row) => row.cells[4].dataset.v ?? null)"
        )
        figures = [float(value) for value in values if value is not None]
        assert len(figures) > 50
        assert figures == sorted(figures, reverse=direction == "descending")
        # An absent figure is last, whatever the direction.
        assert None in values
        assert all(v is None for v in values[values.index(None) :])
    heads(browser, "times")[0].find_element(By.TAG_NAME, "button").click()
    assert head.get_attribute("aria-sort") is None
    names = column(browser, "times", 1)
    assert names == sorted(names, key=lambda n: (n[0].isalpha(), n))


def test_the_names_of_rows_and_columns_stay_in_sight(
    browser: Browser, driver: Browser, address: str
) -> None:
    look(driver, width=390, scheme="light")
    open_page(driver, address)
    # Also where the first column is hidden by a filter.
    choose(driver, "in-structure", "cvbmp")
    driver.execute_script(
        "document.querySelector('#times').parentElement.scrollTo(150, 300)"
    )
    box, head, name = driver.execute_script(
        "const at = (e) => e.getBoundingClientRect();"
        "const table = document.querySelector('#times');"
        "return [table.parentElement, table.querySelector('thead .first'),"
        " table.querySelector('tbody .first')].map(at)"
    )
    assert abs(head["top"] - box["top"]) <= 2
    assert abs(name["left"] - box["left"]) <= 2


# --- everybody ----------------------------------------------------------


def test_everything_can_be_done_with_the_keyboard(browser: Browser) -> None:
    """Tab reaches every control in order; Enter and arrows work them."""
    reached = []
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(
            browser.execute_script(
                "const e = document.activeElement;"
                "return e.dataset.key || e.id || e.tagName"
            )
        )
    wanted = ["one", "other", "swap", "time", "fault", "guest"]
    wanted += [f"in-{f}" for f in ("structure", "workload", "operation")]
    wanted += ["in-condition", "reset"]
    assert [n for n in dict.fromkeys(reached) if n in wanted] == wanted
    unfold(browser)
    browser.execute_script(
        "document.querySelector('#times thead button').focus()"
    )
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert heads(browser, "times")[0].get_attribute("aria-sort") == "ascending"
    guest = browser.find_element(By.CSS_SELECTOR, '[data-key="guest"]')
    guest.send_keys(Keys.ARROW_DOWN)
    assert fragment(browser).startswith("#guest=")
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
    look(driver, width=390, scheme=scheme)
    open_page(driver, address)
    unfold(driver)
    wide = driver.execute_script(
        "return [document.documentElement.scrollWidth, innerWidth]"
    )
    assert wide == [390, 390]
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
  e.getClientRects().length
).map((e) => {
  const style = getComputedStyle(e);
  const ink = e.tagName === 'text' ? style.fill : style.color;
  const [a, b] = [ink, ground(e)].map(luminance);
  return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
          e.outerHTML.slice(0, 90)];
}).sort((x, y) => x[0] - y[0])[0];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    driver: Browser, address: str, scheme: str
) -> None:
    look(driver, width=WIDE, scheme=scheme)
    open_page(driver, address)
    ground = driver.execute_script(
        "return getComputedStyle(document.documentElement).backgroundColor"
    )
    is_light = int(ground.strip("rgba()").split(",")[0]) > 127
    assert is_light == (scheme == "light")
    contrast, element = driver.execute_script(_CONTRAST)
    assert contrast >= 4.5, element  # WCAG 2, level AA


def test_a_picture_stands_on_a_light_card_in_the_dark(
    driver: Browser, address: str
) -> None:
    look(driver, width=WIDE, scheme="dark")
    open_page(driver, address)
    card = driver.find_element(By.CLASS_NAME, "card")
    color = card.value_of_css_property("background-color")
    assert min(map(float, color.strip("rgba()").split(",")[:3])) > 220


def test_print_shows_whole_tables_and_no_controls(
    browser: Browser, driver: Browser, address: str
) -> None:
    look(driver, width=794, scheme="light")  # A4
    open_page(driver, address)
    choose(driver, "in-operation", "set")  # which shows the times
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        controls = browser.find_elements(By.CLASS_NAME, "controls")
        assert not any(each.is_displayed() for each in controls)
        assert browser.execute_script(
            "const box = document.querySelector('#times').parentElement;"
            "return box.scrollHeight <= box.clientHeight + 1"
            " && document.documentElement.scrollWidth <= 794"
        )
        printed = browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
        assert base64.b64decode(printed).startswith(b"%PDF")
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_without_a_script_the_answer_and_the_figures_stand_there(
    address: str,
) -> None:
    text = Path(address.removeprefix("file://")).read_text()
    head = text.partition("<script")[0]
    assert 'id="answer"' in head and 'id="times"' in head
    assert "<noscript>" in head
