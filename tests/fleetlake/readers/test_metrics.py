"""A metric that is asked by its name is what the table says."""

import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.readers.metrics import Metrics
from fleetlake.releases.model import Pin
from spark_jobs.build.dbt import semantics
from spark_jobs.releases.log import Log, made
from tests.gold.compare import described
from tests.spark_jobs.releases.fabricated import replaced

DAYS = [date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)]
TOTAL = {"model": "all", "market": "all", "sw_version": "all"}
USE = [
    {"used_on": day, "feature_id": feature, "eligible": 200, "dav": 30 + number, "mav": 60 + number, "uses": 50, "successes": 49 - number}
    for number, day in enumerate(DAYS)
    for feature in ("dog_mode", "park_assist")
]
GOLD = {
    "calendar": [{"day": day} for day in DAYS],
    "feature_usage_daily": [row | TOTAL for row in USE] + [row | TOTAL | {"market": "DE", "dav": 7, "uses": 1_000} for row in USE],
    "cost_per_vehicle_daily": [{"charged_on": day, "cost_eur": Decimal("0.1"), "active_vehicles": 3} for day in DAYS],
    "command_funnel_daily": [
        {"requested_on": day, "command": command, "market": "all", "commands": 9, "executed": 6, "cancelled": 1, "still_open": 0}
        for day in DAYS
        for command in ("all", "lock")
    ],
}


@pytest.fixture(scope="module")
def metrics(run_home) -> Metrics:
    """The project's own."""
    return Metrics(semantics())


@pytest.fixture
def gold(lake: str) -> str:
    """Released gold that was written by hand; the lake."""
    pins = []
    for mart, rows in GOLD.items():
        kinds = described(mart)["columns"]
        frame = pl.DataFrame([dict.fromkeys(kinds) | row for row in rows], schema=kinds)
        pins.append(Pin(f"gold.{mart}", replaced(lake, f"gold.{mart}", frame), len(frame), 1, "1.0.0"))
    Log.open(lake).commit([made(1, "gold", "release", pins)])
    return lake


def asked(*words: str) -> list[dict]:
    """What the command answers."""
    said = CliRunner().invoke(application(("ask",)), ["ask", *words, "--json"], catch_exceptions=False)
    return json.loads(said.stdout)


def test_a_metric_by_day_and_feature_is_the_tables_number(gold):
    found = asked("daily_active_vehicles", "feature_stickiness", "--by", "day", "--by", "feature_id")
    told = {(row["metric_time__day"][:10], row["usage__feature_id"]): row for row in found}
    table = pl.read_delta(table_path(gold, "gold.feature_usage_daily")).filter(pl.col("market") == "all").to_dicts()
    assert len(told) == len(table) == 6
    for row in table:
        metric = told[str(row["used_on"]), row["feature_id"]]
        assert (metric["daily_active_vehicles"], metric["feature_stickiness"]) == (row["dav"], row["dav"] / row["mav"])


def test_events_add_up_over_a_month_and_vehicles_are_those_of_its_last_day(gold):
    asking = ("feature_uses", "feature_success_rate", "monthly_active_vehicles", "--by", "month", "--by", "feature_id")
    june = [row for row in asked(*asking) if row["metric_time__month"].startswith("2026-06")]
    assert [(row["feature_uses"], row["feature_success_rate"], row["monthly_active_vehicles"]) for row in june] == [(100, 0.97, 61)] * 2


def test_a_share_is_of_totals_and_money_stays_exact(gold):
    assert [row["command_success"] for row in asked("command_success", "--by", "year")] == [0.75]
    assert [str(row["cost_eur"]) for row in asked("cost_eur", "--by", "year")] == ["0.3"]


def test_a_filter_chooses(gold):
    found = asked("feature_uses", "--by", "day", "--where", "{{ Dimension('usage__feature_id') }} = 'dog_mode'")
    assert [row["feature_uses"] for row in found] == [50, 50, 50]


def test_every_metric_says_what_it_is_and_can_be_asked(metrics):
    rows = metrics.rows()
    assert len(rows) > 20
    for row in rows:
        assert len(row["is"]) > 10
        assert "from gold." in metrics.sql([row["metric"]], ["day"]).lower()


def test_what_there_is_not_is_named_with_what_there_is(metrics):
    with pytest.raises(Failure, match=r"(?s)no metric dau.*daily_active_vehicles"):
        metrics.sql(["dau"], ["day"])
    with pytest.raises(Failure, match=r"(?s)cannot be asked by colour.*feature_id"):
        metrics.sql(["feature_uses"], ["colour"])
    with pytest.raises(Failure, match="does not understand"):
        metrics.sql(["feature_uses"], ["day"], ["{{ Dimension('usage__colour') }} = 'red'"])
