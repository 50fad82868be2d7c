"""What is served is compared with what its events say, and whatever differs is found."""

import json
from datetime import timedelta

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.features import consistency, registry
from fleetlake.names import table_path
from fleetlake.releases import published
from fleetlake.simulator.plan import FAULTS, Plan
from spark_jobs.releases.plan import release
from tests.fleetlake.features.lake import PROFILES
from tests.gold.silver import released, simulated
from tests.spark_jobs.releases.fabricated import gated

PLAN = Plan(vehicles=8, days=6, density=10, rates=FAULTS, seed=5)
LAST = PLAN.start + timedelta(days=PLAN.days)


@pytest.fixture
def served(lake: str) -> pl.DataFrame:
    """Of a simulated fleet what the events say, served."""
    released(lake, simulated(PLAN))
    state = published(lake)
    keys = sorted({key for family in consistency.FAMILIES for key in pl.read_delta(table_path(lake, f"silver.{family}"))["vehicle_key"]})
    span = {"first": PLAN.start, "last": LAST, "known_after": 120}
    rows = consistency._computed(lake, state, consistency._query(lake, None, keys, span))
    days = (pl.col("known_at") - timedelta(days=1, hours=2)).dt.date()
    return rows.with_columns(known_on=days)


def put(lake: str, rows: pl.DataFrame) -> None:
    write_deltalake(table_path(lake, PROFILES), rows.to_arrow(), mode="overwrite", partition_by=["known_on"])
    gated(lake, {PROFILES: DeltaTable(table_path(lake, PROFILES)).version()})
    release(lake, "features", built_from=published(lake).releases["silver"].number)


def test_what_the_events_say_differs_in_nothing(lake, served):
    put(lake, served)
    found = consistency.compare(vehicles=100)
    assert (found.vehicles, found.rows) == (served["vehicle_key"].n_unique(), served.height)
    assert found.rows > 40
    assert found.values == found.rows * len(registry())
    assert found.differences.is_empty()


def test_events_are_counted_by_day_and_reception_as_a_person_counts_them(lake, served):
    put(lake, served)
    every = pl.concat(
        pl.read_delta(table_path(lake, f"silver.{family}")).select("vehicle_key", "occurred_on", "received_at")
        for family in consistency.FAMILIES
    )
    for row in served.sample(30, seed=2).iter_rows(named=True):
        known = every.filter(
            pl.col("vehicle_key") == row["vehicle_key"],
            pl.col("occurred_on").is_between(row["day"] - timedelta(days=27), row["day"]),
            pl.col("received_at") < row["known_at"],
        )
        assert row["events_28d"] == known.height
        assert row["silent_days_28d"] == 28 - known["occurred_on"].n_unique()
    assert served.filter(pl.col("known_on") > pl.col("day")).height > 0


def test_a_planted_value_a_missing_row_and_one_too_many_are_found(lake, served):
    first, second = served.sort("vehicle_key", "day", "known_at").head(2).to_dicts()
    is_first = (pl.col("vehicle_key") == first["vehicle_key"]) & (pl.col("known_at") == first["known_at"]) & (pl.col("day") == first["day"])
    is_second = (
        (pl.col("vehicle_key") == second["vehicle_key"]) & (pl.col("known_at") == second["known_at"]) & (pl.col("day") == second["day"])
    )
    twice = served.filter(is_first).with_columns(known_at=pl.col("known_at") + timedelta(minutes=1))
    planted = served.filter(~is_second).with_columns(trips_7d=pl.col("trips_7d") + pl.when(is_first).then(1).otherwise(0).cast(pl.Float32))
    put(lake, pl.concat([planted, twice]))
    found = consistency.compare(vehicles=100).differences
    [value] = found.filter(pl.col("known_at") == first["known_at"], pl.col("day") == first["day"]).to_dicts()
    assert (value["feature"], value["served"] - value["computed"]) == ("trips_7d", 1.0)
    events = (
        found.filter(pl.col("feature") == "events_28d").select("known_at", pl.col("served").is_null(), pl.col("computed").is_null()).rows()
    )
    assert set(events) == {(second["known_at"], True, False), (first["known_at"] + timedelta(minutes=1), False, True)}


def test_a_person_is_told_what_differs_by_the_exit_status_too(lake, served):
    run, app = CliRunner(), application(("features",))
    put(lake, served)
    fine = run.invoke(app, ["features", "consistency", "--vehicles", "3", "--json"], catch_exceptions=False)
    assert (fine.exit_code, json.loads(fine.stdout)["differing"]) == (0, 0)
    put(lake, served.with_columns(odometer_km=pl.col("odometer_km") * 2))
    wrong = run.invoke(app, ["features", "consistency", "--vehicles", "3"], catch_exceptions=False)
    assert wrong.exit_code == 1
    assert "odometer_km" in wrong.stdout


def test_a_table_without_a_row_cannot_be_judged(lake, served):
    put(lake, served.clear())
    with pytest.raises(Failure, match="has no row"):
        consistency.compare()
