"""Plants faults on the events of one family and day, each on events of its own, so that what must become of each stays certain."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day
from fleetlake.simulator.faults import boots
from fleetlake.simulator.faults.effects import EFFECTS, Scene
from fleetlake.simulator.faults.ways import WAYS, is_unnumbered, ways
from fleetlake.simulator.plan import DAY_MS, Plan

AT_LEAST_ONE_OF = 1_000  # a family with so many events on the first day has every fault once
LOST = ("lost", "lost_tail", "lost_boot")
NAMES, NONE = (*EFFECTS, *LOST), -1  # faults by number
DONORS_PER_REUSE = 20  # ids kept for the next day: not every donor's vehicle is heard again


@dataclass(frozen=True)
class Planted:
    """Records to be sent; events that never are, with `is_visible` (a later event of the boot is heard); ids to be used again tomorrow."""

    sent: pl.DataFrame
    lost: pl.DataFrame
    donors: pl.DataFrame


def plant(day: Day, events: pl.DataFrame, donors: pl.DataFrame | None) -> Planted:
    """All faults of a plan on one family's events of a day (sorted by vehicle, boot and time); `donors` are vehicles and ids of the day before."""
    rng, plan = np.random.default_rng([day.plan.seed, 8, day.number, _number(day.family)]), day.plan
    events = boots.delayed(day, events)
    fault = np.full(len(events), NONE)
    fault[boots.lost_tail(day, events)] = NAMES.index("lost_tail")
    fault[boots.lost_boot(day, events)] = NAMES.index("lost_boot")
    free = rng.permutation(np.flatnonzero((fault == NONE) & events["fault"].is_null().to_numpy()))
    events, free = _reuse_ids(day, events, donors, free)
    _choose(day, events, fault, free, rng)
    chosen = events.with_columns(fault=pl.coalesce(pl.Series(NAMES).gather(pl.Series(fault).replace(NONE, None)), "fault")).with_row_index(
        "row"
    )
    is_lost = pl.col("fault").is_in(LOST).fill_null(False)
    sent = _affected(chosen.filter(~is_lost), Scene(plan, day.family, events, rng))
    sequence = _sequence(events, sent)
    numbered = [frame.with_columns(sequence=sequence.gather(frame["row"])) for frame in (sent, chosen.filter(is_lost))]
    return Planted(_with_partition(day, numbered[0].drop("row")), _visible(numbered[1], numbered[0]), _donors(day, sent, rng))


def _number(family: str) -> int:
    return int.from_bytes(family.encode()[-8:])


def _choose(day: Day, events: pl.DataFrame, fault: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> None:
    """Writes fault names on free events: as many as each rate says, no event twice."""
    received = events["received"].to_numpy()
    near = (
        (received >= day.plan.change_ms - 3_600_000)
        & (received < day.plan.change_ms)
        & (events["at"].to_numpy() >= day.plan.change_ms - 3_600_000)
    )
    for name in ("twin_repartitioned", *(name for name in (*EFFECTS, "lost") if name != "twin_repartitioned")):
        fitting = free[near[free]] if name == "twin_repartitioned" else free
        if name in WAYS and not ways(name, day.family, day.plan.format):
            continue
        picked = fitting[: _count(day, name, len(fitting), len(events), rng)]
        fault[picked] = NAMES.index(name)
        free = free[fault[free] == NONE]


def _count(day: Day, name: str, fitting: int, events: int, rng: np.random.Generator) -> int:
    rate = day.plan.rate(name)
    wanted = int((fitting if name == "twin_repartitioned" else events) * rate + rng.random())
    return max(wanted, int(rate > 0 and day.number == 0 and events >= AT_LEAST_ONE_OF))


def _affected(sent: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    by_fault = sent.partition_by("fault", as_dict=True, maintain_order=True)
    parts = [EFFECTS[str(name)](rows, scene) if name in EFFECTS else rows for (name,), rows in by_fault.items()]
    return pl.concat(parts) if parts else sent


def _reuse_ids(day: Day, events: pl.DataFrame, donors: pl.DataFrame | None, free: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
    """Gives some free events ids that their vehicles used the day before."""
    if donors is None or donors.is_empty():
        return events, free
    today = pl.col("at").is_between(day.start_ms, day.start_ms + DAY_MS, closed="left")
    able = (
        events.select("vehicle", "at")
        .with_row_index("row")[np.sort(free)]
        .filter(today)
        .unique("vehicle", keep="first", maintain_order=True)
    )
    taken = able.join(donors, on="vehicle", how="inner", maintain_order="left")[: round(len(events) * day.plan.rate("id_reused"))]
    rows, ids = taken["row"].to_numpy(), events["event_id"].to_numpy().copy()
    ids[rows] = taken["event_id"].to_numpy()
    is_reused = np.zeros(len(events), bool)
    is_reused[rows] = True
    label = pl.when(pl.Series(is_reused)).then(pl.lit("id_reused")).otherwise("fault")
    return events.with_columns(event_id=pl.Series(ids, dtype=pl.String), is_id_reused=pl.Series(is_reused), fault=label), free[
        ~is_reused[free]
    ]


def _donors(day: Day, sent: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """One id of each of some vehicles, of events without any fault that happened on this day."""
    today = pl.col("at").is_between(day.start_ms, day.start_ms + DAY_MS, closed="left")
    count = round(len(sent) * day.plan.rate("id_reused") * DONORS_PER_REUSE)
    able = sent.filter(pl.col("fault").is_null() & today).select("vehicle", "event_id").unique("vehicle", keep="first", maintain_order=True)
    return able[np.sort(rng.permutation(len(able))[:count])]


def _sequence(events: pl.DataFrame, sent: pl.DataFrame) -> pl.Series:
    """0, 1, 2 … per vehicle and boot for each event by row, lost ones too; null for back ends and where a broken envelope hides the number."""
    hidden = np.zeros(len(events), bool)
    hidden[sent.filter(is_unnumbered(pl.col("way")))["row"].to_numpy()] = True
    counted = events.select("vehicle", "boot").with_columns(hidden=pl.Series(hidden))
    nth = (~pl.col("hidden")).cast(pl.Int64).cum_sum().over("vehicle", "boot") - 1
    return counted.select(pl.when(pl.col("boot").is_not_null() & ~pl.col("hidden")).then(nth)).to_series()


def _visible(lost: pl.DataFrame, sent: pl.DataFrame) -> pl.DataFrame:
    heard = sent.filter(pl.col("sequence").is_not_null()).group_by("vehicle", "boot").agg(heard=pl.col("sequence").max())
    known = lost.join(heard, on=["vehicle", "boot"], how="left", maintain_order="left")
    return known.with_columns(is_visible=(pl.col("sequence") < pl.col("heard")).fill_null(False)).drop("heard", "row")


def _with_partition(day: Day, sent: pl.DataFrame) -> pl.DataFrame:
    """The partition that each producer's partitioner gives the key, among as many as the topic had then."""
    plan: Plan = day.plan
    routed = pl.coalesce("routed", "received").alias("routed")
    is_after = sent.select(routed >= plan.change_ms).to_series().to_numpy()
    hashes = day.fleet.hashes[sent["producer"].to_numpy(), sent["vehicle"].to_numpy()]
    return sent.with_columns(partition=pl.Series(hashes % np.where(is_after, plan.partitions_after, plan.partitions), dtype=pl.Int32))
