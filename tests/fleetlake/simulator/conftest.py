"""Small simulated fleets, made once a run."""

from dataclasses import dataclass
from functools import cache

import polars as pl
import pytest

from fleetlake.simulator.generate import generate
from fleetlake.simulator.plan import FAULTS, Plan

MANY = {  # faults at rates that show all of them in three days of a hundred vehicles
    **FAULTS,
    **dict.fromkeys(("conflict", "conflict_then_resend", "broken_then_good", "id_reused", "bad_time"), 0.005),
    **dict.fromkeys(("clock_ahead", "clock_far_ahead", "clock_1970", "missing_field"), 0.005),
    **dict.fromkeys(
        ("missing_envelope", "unknown_schema", "malformed", "wrong_type", "out_of_range", "not_allowed", "unknown_field"), 0.02
    ),
    **dict.fromkeys(("lost", "lost_tail", "lost_boot", "twin_partitioner"), 0.02),
    "twin_repartitioned": 0.3,
}


@dataclass(frozen=True)
class Simulation:
    """A plan, its records by family in the order of sending, and what was lost."""

    plan: Plan
    records: dict[str, pl.DataFrame]
    lost: pl.DataFrame

    @property
    def labels(self) -> pl.DataFrame:
        """What is true of each record, of all families."""
        frames = list(self.records.values())
        shared = [name for name in frames[0].columns if all(name in frame.columns for frame in frames)]
        return pl.concat([frame.select(shared) for frame in frames])


@cache
def simulation(form: str, faults: str, seed: int = 5) -> Simulation:
    """A hundred vehicles and three days; a body of 20 kB is too large already, so that tests need no megabytes."""
    plan = Plan(vehicles=100, days=3, seed=seed, format=form, rates=MANY if faults == "many" else {}, max_body_bytes=20_000)
    slices = list(generate(plan))
    families = sorted({family for part in slices for family in part.records})
    records = {family: pl.concat([part.records[family] for part in slices if family in part.records]) for family in families}
    lost = pl.concat([frame.with_columns(family=pl.lit(family)) for part in slices for family, frame in part.lost.items()])
    return Simulation(plan, records, lost)


@pytest.fixture(params=["json", "protobuf"])
def calm(request: pytest.FixtureRequest) -> Simulation:
    """A fleet without faults, in each format."""
    return simulation(request.param, "none")


@pytest.fixture(params=["json", "protobuf"])
def faulty(request: pytest.FixtureRequest) -> Simulation:
    """A fleet with every fault, in each format."""
    return simulation(request.param, "many")


@pytest.fixture
def simulate():
    """The function that makes (and keeps) such fleets."""
    return simulation
