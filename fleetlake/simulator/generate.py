"""A plan becomes records: day by day made, in the order of their reception given out, a slice of memory at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleetlake.simulator import fleet as fleets
from fleetlake.simulator.events import of_family
from fleetlake.simulator.family import registry
from fleetlake.simulator.faults.plant import plant
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.records import WIRE, complete
from fleetlake.simulator.world import days

SLICE_BYTES = 100_000_000  # bodies that are in memory at a time
LEAST_REPORTS = 4  # of signals, per vehicle and day, however much else it sends

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Slice:
    """Records by family, each in the order of reception, all of them received after the last slice's; `lost` are events that are never sent."""

    records: Frames
    lost: Frames

    @property
    def wire(self) -> pl.DataFrame:
        """What Kafka gets, of all families, in the order of sending (columns of WIRE)."""
        frames = [frame.select("nth", *WIRE) for frame in self.records.values()]
        return pl.concat(frames).sort("nth").drop("nth")


def generate(plan: Plan) -> Iterator[Slice]:
    """All records of a plan; the same plan gives the same, byte for byte. Memory holds one day's events and one slice's bodies."""
    fleet, pending, donors, made, sent = fleets.build(plan), dict[str, pl.DataFrame](), dict[str, pl.DataFrame](), 0, 0
    for day in days(plan, fleet):
        lost = {}
        for name, family in registry().items():
            today = day.of(name, left=max(LEAST_REPORTS * plan.vehicles, plan.density * plan.vehicles * (day.number + 1) - made))
            events = of_family(today, family)
            made += len(events) - _hot(plan, name, len(events))
            planted = plant(today, events, donors.get(name))
            pending[name] = pl.concat([pending[name], planted.sent]) if name in pending else planted.sent
            donors[name], lost[name] = planted.donors, _named(planted.lost, fleet)
        is_last = day.number == plan.days - 1
        for part in _ready(plan, fleet, pending, None if is_last else today.end_ms, sent):
            yield Slice(part, lost)
            sent, lost = sent + sum(map(len, part.values())), {}


def _hot(plan: Plan, family: str, events: int) -> int:
    """How many of a family's events are the hot key's: they come on top."""
    rate = plan.rate("hot_key") if family == plan.hot_family else 0.0
    return round(events * rate / (1 + rate))


def _named(lost: pl.DataFrame, fleet: Fleet) -> pl.DataFrame:
    keys = fleet.columns(lost["vehicle"].to_numpy())["vehicle_key"]
    occurred = (pl.col("at") * 1000).cast(pl.Datetime("us", "UTC"))
    return lost.select(
        vehicle_key=keys,
        event_id="event_id",
        occurred_at=occurred,
        boot_id=pl.col("boot").cast(pl.String),
        sequence="sequence",
        fault="fault",
        is_visible="is_visible",
    )


def _ready(
    plan: Plan, fleet: Fleet, pending: dict[str, pl.DataFrame], until_ms: int | None, sent: int
) -> Iterator[dict[str, pl.DataFrame]]:
    """Slices of what was received before `until_ms`; takes it out of `pending`."""
    ready = {}
    for name, events in pending.items():
        is_ready = pl.lit(True) if until_ms is None else pl.col("received") < until_ms
        ready[name], pending[name] = events.filter(is_ready).sort("received", maintain_order=True), events.filter(~is_ready)
    received = np.sort(np.concatenate([events["received"].to_numpy() for events in ready.values()]))
    size = SLICE_BYTES // plan.report_bytes
    edges = [received[at] for at in range(0, len(received), size)][1:]
    for begin, end in zip([None, *edges], [*edges, None], strict=True):
        part = {name: _between(events, begin, end) for name, events in ready.items()}
        yield _numbered({name: complete(plan, fleet, name, rows) for name, rows in part.items() if len(rows)}, sent)
        sent += sum(map(len, part.values()))


def _between(events: pl.DataFrame, begin: int | None, end: int | None) -> pl.DataFrame:
    received = events["received"].to_numpy()
    first = 0 if begin is None else int(np.searchsorted(received, begin))
    last = len(received) if end is None else int(np.searchsorted(received, end))
    return events[first:last]


def _numbered(frames: dict[str, pl.DataFrame], sent: int) -> dict[str, pl.DataFrame]:
    """`nth`: the place of each record in the order of sending, over all families."""
    if not frames:
        return frames
    order = np.argsort(np.concatenate([frame["received_ms"].to_numpy() for frame in frames.values()]), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(sent, sent + len(order))
    ends = np.cumsum([len(frame) for frame in frames.values()])
    return {
        name: frame.with_columns(nth=pl.Series(places))
        for (name, frame), places in zip(frames.items(), np.split(place, ends[:-1]), strict=True)
    }
