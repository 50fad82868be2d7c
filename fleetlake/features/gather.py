"""Feature values for labels of a span of days, out of tables with the grain (vehicle_key, day, known_at). Reads no more days than it needs."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

import numpy as np
import polars as pl

from fleetlake.features.asof import LAST_SECOND, NOWHERE, Index, Ints, joint
from fleetlake.features.labels import AT, VEHICLE

DAY, KNOWN_AT, KNOWN_ON = "day", "known_at", "known_on"  # known_on: the partition; the last day whose events a row may hold
DAY_S, MICROS = 86_400, 1_000_000


def clustered(labels: pl.DataFrame) -> tuple[pl.DataFrame, pl.Enum]:
    """Labels in the order of vehicle and time, equal ones as they stood; and their vehicles, whose numbers are in that order."""
    vehicles = pl.Enum(labels[VEHICLE].unique().sort())
    both = joint(numbers(labels[VEHICLE], vehicles), seconds(labels[AT]))
    is_in_order = bool((both[1:] >= both[:-1]).all())
    return labels if is_in_order else labels[np.argsort(both, kind="stable")], vehicles


def values(
    labels: pl.DataFrame, vehicles: pl.Enum, rows: pl.DataFrame, features: Sequence[str], tolerance: timedelta | None
) -> pl.DataFrame:
    """A column per feature, a row per label: the value that was the newest known; null where there is none."""
    most = LAST_SECOND if tolerance is None else int(tolerance.total_seconds())
    found = index(rows, vehicles).rows(numbers(labels[VEHICLE], vehicles), seconds(labels[AT]), most)
    places = pl.Series(found).set(pl.Series(found == NOWHERE), None)
    return rows.select(pl.col(features).gather(places))


def index(rows: pl.DataFrame, vehicles: pl.Enum) -> Index:
    """Rows of a feature table; a day's event is over when the day is."""
    ends = (rows[DAY].cast(pl.Int64) + 1) * DAY_S
    known = -(-rows[KNOWN_AT].dt.epoch("us").to_numpy() // MICROS)  # rounded up: labels are rounded down
    return Index(numbers(rows[VEHICLE], vehicles), ends.to_numpy(), known)


def near(
    table: pl.LazyFrame, vehicles: pl.Enum, first: date, end: date, features: Sequence[str], tolerance: timedelta | None
) -> pl.DataFrame:
    """The rows that labels of these vehicles, from the first day to before the end, can get."""
    is_known = pl.col(KNOWN_ON) < end
    if tolerance is not None:
        oldest = first - tolerance - timedelta(days=1)
        is_known &= (pl.col(KNOWN_ON) >= oldest) & (pl.col(DAY) >= oldest)
    whose = pl.col(VEHICLE).cast(vehicles, strict=False)
    rows = table.filter(is_known).select(whose, DAY, KNOWN_AT, *features).filter(pl.col(VEHICLE).is_not_null())
    return rows.collect()


def numbers(keys: pl.Series, vehicles: pl.Enum) -> Ints:
    """The place of each vehicle among all."""
    return cast("Ints", keys.cast(vehicles).to_physical().cast(pl.Int64).to_numpy())


def seconds(times: pl.Series) -> Ints:
    """Whole seconds since 1970, rounded down."""
    whole: Ints = np.clip(times.dt.epoch("us").to_numpy() // MICROS, 0, LAST_SECOND)
    return whole
