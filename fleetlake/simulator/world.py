"""The world that days happen in: fleet, campaigns, and what changes from day to day."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from fleetlake.simulator import campaigns, day, fleet
from fleetlake.simulator.batteries import health_at_first, sessions, worn
from fleetlake.simulator.day import Day
from fleetlake.simulator.encode import columns, kinds
from fleetlake.simulator.family import registry
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.plan import DAY_MS, Plan

OLDEST_KM_PER_DAY = 45


def days(plan: Plan, vehicles: Fleet) -> Iterator[Day]:
    """The days of a plan, one after the other: odometers and batteries go on where they were."""
    rng, software = np.random.default_rng([plan.seed, 11]), campaigns.build(plan, vehicles)
    age_days = np.maximum(plan.start_ms - vehicles.sold_ms, 0) // DAY_MS
    odometer_m = 8_000 + (age_days * rng.gamma(4, OLDEST_KM_PER_DAY / 6, plan.vehicles) * 1000).astype(np.int64)
    soc = rng.uniform(35, 95, plan.vehicles)
    health = health_at_first(plan.start_ms, vehicles, odometer_m)
    for number in range(plan.days):
        today = day.begin(plan, number, vehicles, software, odometer_m, soc, health)
        yield today
        odometer_m, soc = odometer_m + today.distance_m, sessions(today).soc_after(today.soc_after_trips)
        health = health - worn(today)


@cache
def body_kinds(family: str) -> dict[str, str]:
    """string, integer, double, boolean, timestamp or signals of each column of a family's bodies, as its generator makes them."""
    plan = Plan(vehicles=30, days=1)
    known, today = registry()[family], next(days(plan, fleet.build(plan)))
    made = known.events(today.of(family, left=30))
    own = made.select(columns(made))
    return kinds(own.hstack(known.bulky(np.zeros(len(made), np.uint64), 1000)) if known.bulky else own)
