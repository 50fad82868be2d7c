"""Records of a wanted size and number, for benchmarks."""

import polars as pl

from fleetlake.simulator import fleet as fleets
from fleetlake.simulator.events import of_family
from fleetlake.simulator.family import registry
from fleetlake.simulator.faults.plant import plant
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.records import WIRE, complete
from fleetlake.simulator.world import days

DAYS = 200  # more than enough, even of the family that says least


def bodies(
    family: str = "vehicle_signals", size_bytes: int = 1_000, count: int = 10_000, format: str = "json", seed: int = 1
) -> pl.DataFrame:
    """`count` complete records of a family without faults (columns of WIRE), in order of reception; `records.to_records` makes them ready to send.

    `size_bytes` is the mean size of their bodies as JSON, whatever the format, where the family's bodies can grow: reports of signals, to about 11,000.
    """
    plan = Plan(
        vehicles=max(500, count // 3), days=DAYS, seed=seed, format=format, report_bytes=size_bytes, partitions_after=Plan.partitions
    )
    fleet, found, made = fleets.build(plan), [], 0
    for day in days(plan, fleet):
        today = day.of(family, left=count - made)
        found.append(plant(today, of_family(today, registry()[family]), None).sent)
        made += len(found[-1])
        if made >= count:
            break
    return complete(plan, fleet, family, pl.concat(found).sort("received", maintain_order=True)[:count]).select(WIRE)
