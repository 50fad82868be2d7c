"""Every page in a real browser: in both themes and at phone width, with its filters, by keyboard, without a request to anybody else."""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dashboards.registry import PAGES, Page
from dashboards.theme import DARK, LIGHT
from tests.dashboards.browser import CHROMIUM, DRIVER, MISSING, Browser, browser
from tests.dashboards.serving import served

pytestmark = [pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING), pytest.mark.timeout(600)]
WIDTHS, GROUNDS = {"screen": 1280, "phone": 390}, {"light": LIGHT, "dark": DARK}
SLUGS = ["", *(page.slug for page in PAGES[1:])]


@pytest.fixture(scope="module")
def window():
    with browser() as opened:
        yield opened


@pytest.fixture
def url(gold):
    with served() as (address, _):
        yield address


def test_every_page_is_whole_in_both_themes_and_on_a_phone_and_asks_nobody_else(window: Browser, url: str, tmp_path: Path):
    shots = Path(os.environ.get("SHOTS", tmp_path))
    for name, width in WIDTHS.items():
        for slug, page in zip(SLUGS, PAGES, strict=True):
            window.look(width=width)
            window.open(f"{url}/{slug}")
            for ground, colours in GROUNDS.items():  # who changes the system's theme has the page in it, without asking for it again
                window.look(width=width, is_dark=ground == "dark")
                window.settle()
                assert window.ground() == colours["backgroundColor"]
                is_whole(window, page, name)
                window.shot(shots / f"{page.slug}-{name}-{ground}.png")
    assert [each for each in window.asked() if not each.startswith((url, "data:", "blob:", "chrome"))] == []


def is_whole(window: Browser, page: Page, width: str) -> None:
    assert window.run("return document.querySelector('h1').innerText") == page.title
    assert "Something went wrong" not in window.text()
    marks = window.run("return [...document.querySelectorAll('svg text')].map(each => each.textContent)")
    assert not {"undefined", "null", "NaN"} & set(marks), f"a chart of {page.slug} draws what is not there"
    overflow = "const m = document.querySelector('[data-testid=\"stMain\"]'); return m.scrollWidth - m.clientWidth"
    assert window.run(overflow) <= 1, f"{page.slug} is wider than a {width}"


def test_what_a_vehicle_calls_its_model_is_shown_and_not_run(window: Browser, url: str):
    window.look()
    window.open(url)
    assert "<img src=x onerror=alert(1)>" in window.text()
    assert "**b** [a](http://x) $x$ :material/home:" in window.text()
    assert window.run('return document.querySelectorAll(\'img[src="x"], a[href="http://x"], .katex\').length') == 0
    window.choose("Model", "<img")
    assert "<img src=x onerror=alert(1)>" in parse_qs(urlsplit(window.chrome.current_url).query)["model"]


def test_a_filter_is_in_the_address_and_a_link_shows_the_same(window: Browser, url: str):
    window.look()
    window.open(f"{url}/operations")
    window.choose("Show", "Charging")
    assert "Station's fault" in window.text()
    link = window.chrome.current_url
    window.open(f"{url}/cost")
    window.open(link)
    assert "Station's fault" in window.text()


def test_a_question_is_asked_by_keyboard_and_files_are_refused(window: Browser, url: str):
    window.look()
    window.open(f"{url}/ask")
    box = window.chrome.find_element(By.CSS_SELECTOR, "textarea")
    box.send_keys(Keys.CONTROL, Keys.ENTER)
    window.settle()
    assert "release 2 · asked" in window.text()
    box = window.chrome.find_element(By.CSS_SELECTOR, "textarea")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys("from read_text('/etc/passwd')")
    box.send_keys(Keys.CONTROL, Keys.ENTER)
    window.settle()
    assert "reads what is not released" in window.text()
    assert "root:" not in window.text()


@pytest.mark.parametrize("page", ["", "interfaces?days=Last+7+days"])
def test_days_and_hours_are_utc_wherever_the_browser_is(window: Browser, url: str, page: str):
    axes = {}
    for zone in ("UTC", "America/Los_Angeles", "Asia/Tokyo"):
        window.look(zone=zone)
        window.open(f"{url}/{page}")
        axes[zone] = window.run(LABELS)
    assert any("Jun" in each for each in axes["UTC"])
    assert axes["UTC"] == axes["America/Los_Angeles"] == axes["Asia/Tokyo"]


LABELS = """
return [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg .role-axis-label text')]
    .map(each => each.textContent + ' at ' + each.getAttribute('transform'));
"""


def test_who_uses_the_keyboard_reaches_filters_tables_and_downloads(window: Browser, url: str):
    window.look()
    window.open(url)
    reached = set()
    for _ in range(40):
        window.chrome.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(window.run("const e = document.activeElement; return e.getAttribute('aria-label') || e.innerText || e.tagName"))
    assert any("Days" in each for each in reached)
    assert "Vehicles, events and losses by model and by market" in reached
    assert any("fleet.csv" in each for each in reached)
    assert window.run("return document.documentElement.lang") == "en"


def test_charts_have_names_for_who_does_not_see_them(window: Browser, url: str):
    window.look()
    window.open(url)
    named = window.run(
        "return [...document.querySelectorAll('[data-testid=\"stVegaLiteChart\"]')].map(each => each.outerHTML.includes('Line: vehicles that sent'))"
    )
    assert True in named
