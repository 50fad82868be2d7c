"""The labels that SQL makes of released events."""

from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pytest

import fleetlake
from expectations.contract import contract
from fleetlake.features import registry
from fleetlake.training import battery, suggest
from fleetlake.training.battery import WINDOW_DAYS
from fleetlake.training.tasks import TASKS
from fleetlake.training.use_cases import use_cases
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, replaced

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday


def put(lake: str, name: str, rows: list[dict]) -> None:
    gated(lake, {name: replaced(lake, name, pl.DataFrame(rows))})
    release(lake, "silver")


def use(**changes):
    told = {"vehicle_key": "v1", "model": "C1E", "market": "DE", "occurred_at": NOON, "feature_id": "dog_mode", "action": "stopped"}
    return told | {"entry_point": "touch", "duration_ms": 1_800_000} | changes


def report(day: int, health: float, late: timedelta = timedelta(0), hour: int = 12, vehicle: str = "v1"):
    at = NOON.replace(hour=hour) + timedelta(days=day)
    told = {"vehicle_key": vehicle, "model": "C1E", "market": "DE", "occurred_on": at.date(), "received_at": at + late}
    return told | {"state_of_health_percent": health}


def test_a_use_is_asked_for_when_it_began_and_once(lake):
    put(
        lake,
        "silver.feature_usage",
        [use(), use(action="started", duration_ms=None), use(entry_point="automatic"), use(vehicle_key="v2", duration_ms=None)],
    )
    found = fleetlake.sql(f"{suggest.LABELS} order by vehicle_key").rows(named=True)
    assert [row["at"] for row in found] == [NOON - timedelta(minutes=30), NOON]
    assert {**found[0], "at": None} == {
        "vehicle_key": "v1",
        "model": "C1E",
        "market": "DE",
        "at": None,
        "hour": 11.5,
        "weekday": 1.0,
        "target": "dog_mode",
    }


FIRST = report(-WINDOW_DAYS + 1, 99.0, vehicle="v2")  # from then on the lake knows what happened


def test_a_battery_s_loss_is_the_difference_of_two_days_means(lake):
    put(
        lake,
        "silver.vehicle_signals",
        [FIRST, report(0, 95.0), report(0, 97.0, hour=13), report(1, 95.5), report(14, 94.0), report(15, 93.5)],
    )
    (found, other) = fleetlake.sql(f"{battery.TASK.labels(14)} order by 4").rows(named=True)
    assert (found["at"], found["health_percent"], found["target"]) == (datetime(2026, 6, 2, tzinfo=UTC), 96.0, 2.0)
    assert (other["health_percent"], other["target"]) == (95.5, 2.0)


def test_what_was_heard_after_a_day_s_end_is_not_known_of_that_day(lake):
    put(lake, "silver.vehicle_signals", [FIRST, report(0, 96.0), report(0, 50.0, late=timedelta(hours=13)), report(14, 94.0)])
    assert fleetlake.sql(battery.TASK.labels(14))["health_percent"].to_list() == [96.0]


def test_a_day_is_asked_about_when_the_lake_is_as_old_as_the_longest_window_of_its_features(lake):
    assert max(registry()[name].window for name in use_cases()["battery"].features) == WINDOW_DAYS
    put(lake, "silver.vehicle_signals", [FIRST, report(-1, 96.5), report(0, 96.0), report(13, 94.5), report(14, 94.0)])
    assert fleetlake.sql(battery.TASK.labels(14))["health_percent"].to_list() == [96.0]


TYPES = {"string": "varchar", "timestamp": "timestamptz"}


@pytest.mark.parametrize("name", list(TASKS))
def test_a_use_case_lists_the_columns_that_its_labels_read_and_no_more(name):
    labels = use_cases()[name].labels
    query = TASKS[name].labels(1)
    holding(labels).sql(query)
    for left_out in labels:
        with pytest.raises(duckdb.Error, match=left_out[1]):
            holding([each for each in labels if each != left_out]).sql(query)


def holding(columns) -> duckdb.DuckDBPyConnection:
    """A database with these columns alone."""
    database = duckdb.connect()
    for table in {table for table, _ in columns}:
        kinds = {each.name: TYPES.get(each.physical_type, each.physical_type) for each in contract(table).columns}
        told = ", ".join(f"{column} {kinds[column]}" for of, column in columns if of == table)
        database.execute(f"create schema {table.partition('.')[0]}; create table {table} ({told})")
    return database
