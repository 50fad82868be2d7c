"""Each page with data, on an empty lake, after a failed gate, and with a table missing."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import pytest

from benchmarks.dashboard_data import Shape, gated, marts, quarantine, release, written
from dashboards.registry import PAGES
from fleetlake.settings import settings
from tests.dashboards.conftest import HOSTILE
from tests.dashboards.pages import charts, elements, markup, page, words

SLUGS = [each.slug for each in PAGES]
NEEDED = {  # a table that each page reads, and what stands although it is missing
    "fleet": ("gold.feature_usage_daily", "Events a day"),
    "features": ("gold.feature_retention_weekly", "Active vehicles"),
    "operations": ("gold.command_funnel_daily", "Built from"),
    "interfaces": ("gold.api_latency_hourly", "Error budget left"),
    "cost": ("gold.cost_waste", "A million requests"),
    "quality": ("gold.restatements", "Waivers"),
}


def test_all_pages_of_the_registry_are_here():
    assert len(SLUGS) == len(set(SLUGS)) == 8


@pytest.mark.parametrize("slug", SLUGS)
def test_each_panel_of_released_numbers_names_release_check_and_age(gold, slug):
    seen = page(slug)
    sources = re.findall(r'<p class="fl-source( fl-live)?">([^<]*)</p>', "\n".join(markup(seen)))
    assert sources
    for live, said in sources:
        assert live or re.search(r"release [12] · checked 20\d\d-\d\d-\d\d \d\d:\d\d UTC · \d+ (s|min) old", said) or slug == "ask", said
    assert "is not released" not in words(seen)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug not in ("pipeline", "ask")])
def test_each_chart_has_words_for_who_does_not_see_it_and_a_title_on_each_axis(gold, slug):
    found = charts(page(slug))
    assert found
    for chart in found:
        assert len(chart.alt) > 15
        spec = json.loads(chart.spec)
        channels = [each["encoding"] for each in parts(spec)]
        measured = {axis for each in channels for axis in ("x", "y") if each.get(axis, {}).get("type") in ("quantitative", "temporal")}
        assert measured or slug == "quality"
        assert all(any(each.get(axis, {}).get("title") for each in channels) for axis in measured), spec


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug not in ("pipeline", "ask")])
def test_each_chart_draws_columns_that_its_rows_have_and_no_other_rows(gold, slug):
    for chart in charts(page(slug)):
        columns = set(pl.read_ipc_stream(chart.data.data).columns)
        for each in parts(json.loads(chart.spec)):
            ours = "data" not in each
            fields = {channel["field"] for channel in each["encoding"].values() if isinstance(channel, dict) and "field" in channel}
            assert fields <= (columns if ours else set(each["data"]["values"][0]))


def parts(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A chart without layers is its own part; layers may hold layers."""
    if "layer" not in spec:
        yield spec
    for each in spec.get("layer", []):
        yield from parts(each)


@pytest.mark.parametrize("slug", SLUGS)
def test_an_empty_lake_says_what_to_type(lake, slug):
    seen = page(slug)
    assert re.search(r"<code>(export |fleet )", "\n".join(markup(seen))) or slug == "ask"
    assert 'class="fl-tile"' not in "\n".join(markup(seen)) or slug == "pipeline"


@pytest.mark.parametrize("slug", SLUGS)
def test_after_a_failed_gate_a_red_banner_names_what_failed_and_the_older_release(gold, slug):
    gated(gold, {"gold.fleet_daily": 1}, failed=["gold.fleet_daily"])
    [banner] = [each for each in markup(page(slug)) if 'role="alert"' in each]
    assert "Gate run 3 of gold failed (gold.fleet_daily/volume). You see release 2 of" in banner
    assert "fleet check gold --rows" in banner


@pytest.mark.parametrize("slug", NEEDED)
def test_a_page_stands_without_one_of_its_tables(lake, slug):
    missing, stands = NEEDED[slug]
    release(lake, {"silver.quarantine": quarantine(Shape())})
    release(lake, {f"gold.{name}": frame for name, frame in marts(Shape()).items() if f"gold.{name}" != missing}, built_from=1)
    said = words(page(slug))
    assert f"{missing} is not released" in said
    assert stands in said


def test_a_first_gate_that_failed_is_named_in_place_of_numbers(lake):
    gated(lake, {"gold.fleet_daily": 0}, failed=["gold.fleet_daily"])
    said = words(page("fleet"))
    assert "Nothing of gold is released: its newest gate run failed (gold.fleet_daily/volume)." in said


def test_a_withheld_number_says_so(gold):
    frame = marts(Shape())["fleet_daily"]
    everywhere = frame.with_columns(is_withheld=True, vehicles=None, events=None).cast(frame.schema)
    release(gold, {"gold.fleet_daily": everywhere}, built_from=1)
    seen = page("fleet")
    assert re.search(r"<dd class=.fl-quiet.[^>]*>withheld</dd>", "\n".join(markup(seen)))
    assert "15 of 15 points are withheld: too few vehicles." in words(seen)


def test_a_version_that_nobody_checked_is_not_shown(gold):
    before = words(page("fleet"))
    frame = marts(Shape())["fleet_daily"]
    written(gold, "gold.fleet_daily", frame.with_columns(active=frame["active"] * 0 + 987_654))
    assert "987,654" not in words(page("fleet"))
    assert "release 2" in before


def test_a_filter_asks_for_what_was_chosen(gold):
    seen = page("fleet")
    seen.selectbox(key="days").select("7").run()
    assert not seen.exception
    assert seen.selectbox(key="days").value == "7"
    seen.selectbox(key="model").select(HOSTILE[0]).run()
    assert not seen.exception


@pytest.mark.parametrize("slug", ["fleet", "operations", "quality", "features"])
def test_what_vehicles_send_is_text_and_neither_html_nor_markdown(gold, slug):
    seen = page(slug)
    told = "\n".join(markup(seen))
    assert "<img" not in told
    assert "<script" not in told
    if slug == "fleet":
        assert "&lt;img src=x onerror=alert(1)&gt;" in told
        assert all(HOSTILE[1] not in str(getattr(each, "value", "")) for each in elements(seen) if each.type in ("markdown", "caption"))
    if slug == "quality":
        assert "&lt;b&gt;rule&lt;/b&gt;" in told
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told


def test_a_budget_is_a_line_and_a_share(gold, monkeypatch):
    assert "FLEET_BUDGET_MONTH_EUR" in words(page("cost"))
    monkeypatch.setenv("FLEET_BUDGET_MONTH_EUR", "1000")
    settings.cache_clear()
    seen = page("cost")
    assert "of € 1,000.00" in words(seen)
    assert any("budget € 33.33 a day" in str(json.loads(chart.spec)) for chart in charts(seen))


def test_more_volume_costs_more_of_what_grows_with_it(gold):
    seen = page("cost")
    seen.slider(key="volume").set_value(3.0).run()
    now, then = re.findall(r"(?:Now|At 3 times the volume)\s+€ ([\d,.]+)", words(seen))
    assert float(then.replace(",", "")) > float(now.replace(",", ""))
    seen.multiselect(key="growing").set_value([]).run()
    now, then = re.findall(r"(?:Now|At 3 times the volume)\s+€ ([\d,.]+)", words(seen))
    assert now == then


def test_updates_and_charging_have_parts_of_their_own(gold):
    seen = page("operations")
    seen.selectbox(key="part").select("charging").run()
    assert "Station's fault" in words(seen)
    seen.selectbox(key="part").select("updates").run()
    assert "−10.0 pp" in words(seen)
    assert "withheld" in words(seen)


def test_quality_begins_with_what_is_wrong(gold):
    gated(gold, {"gold.fleet_daily": 1}, failed=["gold.fleet_daily"])
    seen = page("quality")
    assert seen.selectbox(key="table").value == "gold.fleet_daily"
    assert "look at gold.fleet_daily" in words(seen)
    assert "1 stop the release" in words(seen)


def test_the_newest_day_is_the_one_that_gold_knows(gold):
    assert f"On {date(2026, 6, 28)}, the newest day" in words(page("fleet"))
