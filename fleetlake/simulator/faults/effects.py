"""What each fault does to the events that it is planted on, and what must become of them.

An effect takes the chosen events and returns them changed, with the copies that it sends beside them. Labels are set here and nowhere else:
`expected` is silver, duplicate, or the reason that quarantine must give.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleetlake.simulator.encode import bodies, columns
from fleetlake.simulator.faults.ways import WAYS, ways
from fleetlake.simulator.plan import DAY_MS, LONGEST_RESEND_DAYS, Plan

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000


@dataclass(frozen=True)
class Scene:
    """What effects may look at: the plan, the family, all of its events of the day."""

    plan: Plan
    family: str
    events: pl.DataFrame
    rng: np.random.Generator

    def between(self, low_ms: int, high_ms: int, count: int) -> pl.Series:
        """Times from low to high, the shorter the likelier."""
        return pl.Series(np.exp(self.rng.uniform(np.log(low_ms), np.log(high_ms), count)).astype(np.int64))


Effect = Callable[[pl.DataFrame, Scene], pl.DataFrame]


def _again(sent: pl.DataFrame, scene: Scene, low_ms: int, high_ms: int, expected: str, **changes: pl.Expr | pl.Series) -> pl.DataFrame:
    """Copies that come later, to the partition of the original: which of two copies comes first does not depend on how partitions are read."""
    later = pl.col("received") + scene.between(low_ms, high_ms, len(sent))
    return sent.with_columns(routed=pl.col("received"), received=later, is_resend=pl.lit(True), expected=pl.lit(expected)).with_columns(
        **changes
    )


def _resend(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    says_so = pl.Series(scene.rng.random(len(chosen)) < 0.9)
    return pl.concat([chosen, _again(chosen, scene, MINUTE_MS, LONGEST_RESEND_DAYS * DAY_MS, "duplicate", is_resend=says_so)])


def _other_bodies(chosen: pl.DataFrame, scene: Scene) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The chosen events, without label where no other body was found, and the labelled ones with the bodies of other events."""
    own = columns(chosen)
    other = scene.events[scene.rng.integers(0, len(scene.events), len(chosen))].select(*own, "draw")
    differs = bodies(other.select(own), scene.family, "json") != bodies(chosen.select(own), scene.family, "json")
    return chosen.with_columns(fault=pl.when(differs).then("fault")), chosen.with_columns(other).filter(differs)


def _conflict(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    labelled, other = _other_bodies(chosen, scene)
    return pl.concat([labelled, _again(other, scene, SECOND_MS, HOUR_MS, "conflict")])


def _conflict_then_resend(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """Three copies in one partition: the good one, another body, the good one again."""
    labelled, other = _other_bodies(chosen, scene)
    good = labelled.filter(pl.col("fault").is_not_null())
    return pl.concat(
        [labelled, _again(other, scene, SECOND_MS, HOUR_MS, "conflict"), _again(good, scene, HOUR_MS + SECOND_MS, DAY_MS, "duplicate")]
    )


def _broken_then_good(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    good = _again(chosen, scene, MINUTE_MS, DAY_MS, "silver")
    return pl.concat([_broken("malformed")(chosen, scene), good])


def _twin_partitioner(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """The same event by a second producer whose client partitions differently; soon, so that both copies are equally late."""
    soon = pl.col("received") + scene.between(SECOND_MS, MINUTE_MS, len(chosen))
    return pl.concat([chosen, chosen.with_columns(received=soon, producer=1 - pl.col("producer"), expected=pl.lit("duplicate"))])


def _twin_repartitioned(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """Sent before the topic got more partitions, and again soon after."""
    after = scene.plan.change_ms + scene.between(SECOND_MS, 30 * MINUTE_MS, len(chosen))
    return pl.concat([chosen, chosen.with_columns(received=after, expected=pl.lit("duplicate"))])


def _delayed(low_ms: int, high_ms: int) -> Effect:
    return lambda chosen, scene: chosen.with_columns(received=pl.col("received") + scene.between(low_ms, high_ms, len(chosen)))


def _clock_ahead(low_ms: int, high_ms: int, expected: str) -> Effect:
    """The vehicle's clock is ahead of the reception."""
    return lambda chosen, scene: chosen.with_columns(
        occurred=pl.col("received") + scene.between(low_ms, high_ms, len(chosen)), expected=pl.lit(expected)
    )


def _clock_1970(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """A clock that was never set counts from 1970."""
    return chosen.with_columns(occurred=scene.between(SECOND_MS, HOUR_MS, len(chosen)), expected=pl.lit("bad_time"))


def _broken(reason: str, expected: str = "") -> Effect:
    """All ways to break a record for one reason, in turn."""

    def effect(chosen: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        names = list(ways(reason, scene.family, scene.plan.format))
        picks = (np.arange(len(chosen)) + scene.rng.integers(0, len(names))) % len(names)
        return chosen.with_columns(way=pl.Series([f"{reason}/{name}" for name in names]).gather(picks), expected=pl.lit(expected or reason))

    return effect


EFFECTS: Mapping[str, Effect] = {
    "resend": _resend,
    "conflict": _conflict,
    "conflict_then_resend": _conflict_then_resend,
    "broken_then_good": _broken_then_good,
    "twin_partitioner": _twin_partitioner,
    "twin_repartitioned": _twin_repartitioned,
    "late": _delayed(5 * MINUTE_MS, 20 * DAY_MS),
    "out_of_order": _delayed(MINUTE_MS, 10 * MINUTE_MS),
    "clock_ahead": _clock_ahead(MINUTE_MS, 55 * MINUTE_MS, "silver"),
    "clock_far_ahead": _clock_ahead(65 * MINUTE_MS, 3 * DAY_MS, "bad_time"),
    "clock_1970": _clock_1970,
    **{reason: _broken(reason, "silver" if reason in ("unknown_field", "schema_minor") else "") for reason in WAYS},
}
