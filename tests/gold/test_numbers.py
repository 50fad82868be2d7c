"""All numbers of gold, computed twice, with every fault on: by dbt over silver's tables, and from the simulator's truth by something else."""

import json
import re
import shutil
from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest

from fleetlake.names import table_path
from fleetlake.settings import settings
from fleetlake.simulator.plan import FAULTS, Plan
from spark_jobs.build import dbt
from tests.end_to_end.gold.lake import built, passed
from tests.gold.compare import described, written
from tests.gold.measured import measured
from tests.gold.silver import released, simulated
from tests.gold.twice import again, billed, unequal

FEW = Plan(vehicles=40, days=16, density=8, rates=FAULTS, turnover=10, seed=3)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:")
TOTAL = [pl.col(name) == "all" for name in ("model", "market", "sw_version")]
MANY = Plan(vehicles=120, days=40, density=12, rates=FAULTS, turnover=4)


@pytest.fixture(autouse=True)
def nothing_is_withheld(lake, monkeypatch):
    """Every number is there to be compared; what is withheld has tests of its own."""
    monkeypatch.setenv("FLEET_SMALLEST_CELL", "1")
    settings.cache_clear()


def last_of(plan):
    """The day after the last one that cars drive on: trips and sessions that began before midnight end on it."""
    return plan.start + timedelta(days=plan.days)


def of_truth(lake, plan, tmp_path, spark):
    """A release of the whole truth, with its bill, built through the last day."""
    rows = simulated(plan)
    billed(lake, plan, tmp_path)
    measured(lake, plan)
    released(lake, rows)
    return rows, built(lake, spark, through=last_of(plan))


@pytest.mark.drill
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 120))
def test_every_number_of_gold_is_equal_for_any_seed(spark, lake, tmp_path, seed):
    plan = Plan(**{**vars(MANY), "seed": seed})
    rows, done = of_truth(lake, plan, tmp_path, spark)
    days = done.prepared.calendar
    assert unequal(lake, again(lake, rows, days.first, days.last)) == []


@pytest.mark.timeout(1200)
def test_what_comes_ten_days_late_changes_its_own_days_and_every_change_is_told(spark, lake, tmp_path):
    plan = Plan(**{**vars(FEW), "seed": 4})
    rows = simulated(plan)
    early, last = rows.received_before(last_of(plan) + timedelta(days=1)), last_of(plan)
    late = rows.without(early)
    assert min(events["occurred_on"].min() for events in late.accepted.values() if len(events)) < last - timedelta(days=9)
    billed(lake, plan, tmp_path)
    released(lake, early)
    first = built(lake, spark, through=last).prepared.calendar.first
    passed(lake, "gold")
    before = again(lake, early, first, last)
    assert unequal(lake, before) == []

    released(lake, late)
    planned = built(lake, spark, plan=True, through=last)
    done = built(lake, spark, through=last)
    assert {name: change.days for name, change in planned.decided.items()} == {name: change.days for name, change in done.decided.items()}
    after = again(lake, rows, first, last)
    assert unequal(lake, after) == []
    assert restated(lake) == changed(before, after)


@pytest.mark.timeout(1200)
def test_a_new_feature_is_one_line_in_the_catalogue_and_every_number_is_equal(spark, lake, tmp_path, monkeypatch):
    shutil.copytree(dbt.HOME, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs"))
    catalogue = tmp_path / "project" / "seeds" / "feature_catalogue.csv"
    sold = catalogue.read_text()
    catalogue.write_text("".join(line for line in sold.splitlines(keepends=True) if not line.startswith("park_assist,")))
    monkeypatch.setattr(dbt, "HOME", tmp_path / "project")
    rows, done = of_truth(lake, FEW, tmp_path, spark)
    passed(lake, "gold")
    assert "park_assist" not in set(written(lake, "feature_usage_daily")["feature_id"])

    catalogue.write_text(sold)
    days = done.prepared.calendar
    built(lake, spark, through=days.last)
    kpis = written(lake, "feature_usage_daily").filter(pl.col("feature_id") == "park_assist", *TOTAL).sort("used_on")
    assert kpis["used_on"].to_list() == [days.first + timedelta(days=number) for number in range((days.last - days.first).days + 1)]
    assert kpis["dav"].sum() > 0
    assert set(written(lake, "cost_waste")["kind"]) == {"unused_table", "small_files", "idle"}
    assert set(written(lake, "cost_per_tb")["kind"]) == {"landed", "stored"}
    assert set(written(lake, "cost_allocation")["driver"].drop_nulls()) == {"requests", "tokens", "rows", "bytes", "cpu_ms"}
    assert len(written(lake, "cost_per_training_run")) == 1
    assert unequal(lake, again(lake, rows, days.first, days.last)) == []


def changed(before, after):
    """Every number that differs between two computations of the tables that are told of: table, key, column, both values."""
    found = set()
    for mart in before:
        model = described(mart)
        if model["schema"] == "gold" and model["kind"] == "days":
            numbers = [name for name, kind in model["columns"].items() if kind.is_numeric() and name not in model["key"]]
            one, other = ({_key(row, model["key"]): row for row in frame[mart].to_dicts()} for frame in (before, after))
            for key in one.keys() | other.keys():
                for name in numbers:
                    was, now = (side.get(key, {}).get(name) for side in (one, other))
                    if was != now:
                        found.add((f"gold.{mart}", key, name, _number(was), _number(now)))
    assert found, "nothing came late"
    return found


def restated(lake):
    """The same out of gold.restatements."""
    rows = pl.read_delta(table_path(lake, "gold.restatements")).to_dicts()
    assert all(row["reason"] for row in rows)
    keys = {table: described(table.removeprefix("gold."))["key"] for table in {row["table_name"] for row in rows}}
    return {
        (
            row["table_name"],
            _key(json.loads(row["key"]), keys[row["table_name"]]),
            row["column"],
            _number(row["before"]),
            _number(row["after"]),
        )
        for row in rows
    }


def _key(row, names):
    return tuple(_plain(row[name]) for name in names)


def _plain(value):
    """A moment to the second, however it is written; all else as it is."""
    text = str(value)
    return text[:19].replace("T", " ") if MOMENT.match(text) else text


def _number(value):
    return None if value is None else float(Decimal(str(value)))
