"""What models are served is what history says, with every fault on; and what was written once stays as it was."""

from datetime import date, timedelta

import polars as pl
import pytest
from deltalake import DeltaTable

from fleetlake.features import consistency
from fleetlake.names import table_path
from fleetlake.simulator.plan import FAULTS, Plan
from spark_jobs.releases.plan import release
from tests.end_to_end.gold.lake import built
from tests.gold.silver import Silver, released, simulated
from tests.spark_jobs.releases.fabricated import gated

TABLE, KEY = consistency.TABLE, ["vehicle_key", "day", "known_at"]
PLAN = Plan(vehicles=30, days=34, density=10, rates=FAULTS, turnover=10, seed=6)
LAST = PLAN.start + timedelta(days=PLAN.days)


def profiles(lake: str, spark: object, rows: Silver, through: date) -> pl.DataFrame:
    """The table as it is built from these events, and released."""
    released(lake, rows)
    built(lake, spark, layer="features", through=through)
    gated(lake, {TABLE: DeltaTable(table_path(lake, TABLE)).version()})
    release(lake, "features")
    return pl.read_delta(table_path(lake, TABLE)).sort(KEY)


@pytest.mark.timeout(600)
def test_every_value_is_what_the_events_say_and_days_that_were_known_stay_as_they_were(spark, lake):
    every = simulated(PLAN)
    half = PLAN.start + timedelta(days=PLAN.days // 2)
    early = every.received_before(half + timedelta(days=1))
    before = profiles(lake, spark, early, through=half - timedelta(days=1))
    after = profiles(lake, spark, every.without(early), through=LAST)
    assert after.filter(pl.col("known_on") < half).equals(before)
    corrected = after.filter(pl.col("known_on") > pl.col("day"))
    assert set((corrected["known_on"] - corrected["day"]).dt.total_days()) == {1, 3, 28}
    found = consistency.compare(vehicles=PLAN.vehicles)
    assert found.rows == after.height > PLAN.vehicles * PLAN.days * 0.8
    assert found.differences.rows() == []
