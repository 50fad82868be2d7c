"""The page of KPIs over a gold that was written by hand."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.kpis import page, shown
from fleetlake.releases.model import Pin
from spark_jobs.releases.log import Log, made
from tests.gold.compare import described
from tests.spark_jobs.releases.fabricated import replaced

DAY, BEFORE = date(2026, 6, 30), date(2026, 6, 29)
TOTAL = {"model": "all", "market": "all", "sw_version": "all", "is_withheld": False}
USE = {"used_on": DAY, "feature_id": "dog_mode", "eligible": 200, "dav": 30, "wav": 50, "mav": 60, "stickiness": 0.5} | TOTAL
GOLD = {
    "features": [{"feature_id": "dog_mode", "name": "Dog mode"}, {"feature_id": "park_assist", "name": "Park assist"}],
    "feature_usage_daily": [
        USE,
        USE | {"used_on": BEFORE, "dav": 29},
        USE | {"model": "C1E", "dav": 12},
        USE | {"feature_id": "park_assist", "dav": None, "mav": None, "stickiness": None, "is_withheld": True},
    ],
    "cost_per_feature_daily": [
        {"charged_on": DAY, "feature_id": "dog_mode", "cost_eur": Decimal("3.3"), "cost_eur_per_dav": Decimal("0.11")}
    ],
    "api_slo_hourly": [
        {"called_on": DAY, "called_at": datetime(2026, 6, 30, hour, tzinfo=UTC), "service": "all", "region": "all", "is_withheld": False}
        | {"good": good, "requests": 100}
        for hour, good in ((7, 100), (8, 90))
    ],
    "fleet_daily": [
        {"observed_on": DAY, "active": 300, "coverage": 0.9, "numbers_heard": 99, "numbers_lost": 1, "loss_share": 0.01} | TOTAL
    ],
    "command_funnel_daily": [
        {"requested_on": DAY, "command": "all", "commands": 50, "success": None, "is_withheld": True, "market": "all"}
    ],
    "charging_daily": [{"started_on": DAY, "location_kind": "all", "market": "all", "sessions": 0, "is_withheld": False}],
    "navigation_daily": [],
    "assistant_daily": [],
    "battery_health_monthly": [{"month_on": date(2026, 6, 1), "model": "all", "vehicles": 9, "state_of_health_mean_percent": 98.25}],
    "ota_campaigns": [],
    "cost_per_vehicle_daily": [
        {
            "charged_on": DAY,
            "cost_eur": Decimal(30),
            "unallocated_eur": Decimal(6),
            "active_vehicles": 300,
            "cost_eur_per_vehicle": Decimal("0.1"),
        }
    ],
    "cost_per_million_requests": [],
    "cost_per_interaction_daily": [],
    "cost_per_tb": [],
    "cost_per_training_run": [],
}


@pytest.fixture
def gold(lake):
    """Two releases: gold that was built from the first one."""
    log = Log.open(lake)
    log.commit([made(1, "silver", "release", [Pin("silver.consents", 0, 0, 1, "1.0.0")])])
    Log.open(lake).commit([made(2, "gold", "release", [_table(lake, mart, rows) for mart, rows in GOLD.items()], built_from=1)])


def _table(lake, mart, rows):
    kinds = described(mart)["columns"]
    frame = pl.DataFrame([dict.fromkeys(kinds) | {name: row[name] for name in row if name in kinds} for row in rows], schema=kinds)
    return Pin(f"gold.{mart}", replaced(lake, f"gold.{mart}", frame), len(frame), 1, "1.0.0")


def test_the_newest_day_is_shown_and_any_other_one_when_asked(gold):
    assert [(row["feature"], row["dav"]) for row in page().sections["use"]] == [("Dog mode", 30), ("Park assist", None)]
    assert [row["dav"] for row in page(BEFORE).sections["use"]] == [29]
    with pytest.raises(Failure, match="gold tells nothing of 2026-07-01"):
        page(date(2026, 7, 1))


def test_a_feature_is_shown_with_its_cost_and_a_small_group_as_withheld(gold):
    dog, park = shown(page().sections["use"])
    assert (dog["eligible"], dog["stickiness"], dog["cost_eur_per_dav"], dog["intensity"]) == ("200", "50.0%", "0.110000", "–")
    assert (park["dav"], park["mav"], park["eligible"]) == ("withheld", "withheld", "200")


def test_operations_show_what_a_share_is_of_and_add_hours_up(gold):
    rows = {row["kpi"]: row for row in shown(page().sections["operations"])}
    assert (rows["good requests to interfaces"]["value"], rows["good requests to interfaces"]["of_count"]) == ("95.0%", "200")
    assert rows["commands that succeeded"]["value"] == "withheld"
    assert rows["charging that succeeded"]["value"] == "–"
    assert rows["state of health of batteries, mean"]["value"] == "98.2"


def test_the_command_names_the_release_and_the_silver_that_gold_was_built_from(gold):
    said = CliRunner().invoke(application(("kpis",)), ["kpis"])
    assert said.exit_code == 0
    assert "KPIs of 2026-06-30: release 2 of gold" in said.stdout
    assert "built from release 1 of silver" in said.stdout
    told = json.loads(CliRunner().invoke(application(("kpis",)), ["kpis", "--json"]).stdout)
    assert (told["release"], told["built_from"], told["costs"][0]["unit"]) == (2, 1, "a vehicle and day")


def test_without_released_gold_the_command_says_what_to_do(lake):
    with pytest.raises(Failure, match="fleet build gold"):
        page()
