"""What vehicles are, have and may do, and since when."""

import numpy as np
import polars as pl

from fleetlake.simulator.campaigns import STEPS
from fleetlake.simulator.catalogue import FEATURES
from fleetlake.simulator.day import Day, software_names, words
from fleetlake.simulator.family import Family
from fleetlake.simulator.fleet import NEVER_MS
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.registry import registered

CODES = tuple(feature.code for feature in FEATURES)
COLUMNS = ["vehicle", "at", "kind", "feature_id", "software_version", "valid_from"]


def events(day: Day) -> pl.DataFrame:
    """The register's entry of vehicles that are new to it, and the changes that it is told of on the day, some of them days late."""
    changes = [*_entries(day), _ended(day), _renewed(day), *_new_software(day), _scrapped(day)]
    return pl.concat(changes, how="diagonal").select(COLUMNS)


def _changes(kind: str, vehicle: np.ndarray, at: np.ndarray, valid_ms: np.ndarray, **columns: pl.Series) -> pl.DataFrame:
    base = {"vehicle": pl.Series(vehicle, dtype=pl.UInt32), "at": pl.Series(at, dtype=pl.Int64)}
    valid = pl.Series(valid_ms, dtype=pl.Int64).cast(pl.Datetime("ms", "UTC")).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(base | columns | {"valid_from": valid}).with_columns(kind=pl.lit(kind))


def _entries(day: Day) -> list[pl.DataFrame]:
    entered, at = registered(day)
    sold = day.fleet.sold_ms[entered]
    built = sold - day.rng.integers(20 * DAY_MS, 90 * DAY_MS, len(entered)) // 1000 * 1000
    which, feature = np.nonzero(day.fleet.equipped[entered])
    fitted, codes = entered[which], words(CODES, feature)
    return [
        _changes("produced", entered, at, built),
        _changes("equipped", fitted, at[which] + 1000 + feature * 10, built[which], feature_id=codes),
        _changes("software_changed", entered, at + 2000, built, software_version=software_names(day.fleet.base_software[entered])),
        _changes("sold", entered, at + 3000, sold),
        _changes("entitled", fitted, at[which] + 4000 + feature * 10, sold[which], feature_id=codes),
    ]


def _ended(day: Day) -> pl.DataFrame:
    return _of_features(day, "entitlement_ended", day.fleet.subscription_end_ms)


def _renewed(day: Day) -> pl.DataFrame:
    return _of_features(day, "entitled", day.fleet.renewed_ms)


def _of_features(day: Day, kind: str, moments: np.ndarray) -> pl.DataFrame:
    told = moments + day.fleet.told_late_ms[:, None]
    vehicle, feature = np.nonzero(day.fleet.equipped & _is_on(day, told) & (day.fleet.subscription_end_ms > day.fleet.sold_ms[:, None]))
    return _changes(kind, vehicle, told[vehicle, feature], moments[vehicle, feature], feature_id=words(CODES, feature))


def _new_software(day: Day) -> list[pl.DataFrame]:
    changes = []
    for version, steps in zip(day.campaigns.version, day.campaigns.at, strict=True):
        done = steps[STEPS.index("succeeded")]
        told = np.minimum(done, NEVER_MS) + 1000 + day.fleet.told_late_ms
        vehicle = np.flatnonzero(_is_on(day, told))
        names = software_names(np.full(len(vehicle), version))
        changes.append(_changes("software_changed", vehicle, told[vehicle], done[vehicle], software_version=names))
    return changes


def _scrapped(day: Day) -> pl.DataFrame:
    told = day.fleet.scrapped_ms + day.fleet.told_late_ms
    vehicle = np.flatnonzero(_is_on(day, told) & (day.fleet.sold_ms < day.fleet.scrapped_ms))
    return _changes("scrapped", vehicle, told[vehicle], day.fleet.scrapped_ms[vehicle])


def _is_on(day: Day, moment: np.ndarray) -> np.ndarray:
    return (moment >= day.start_ms) & (moment < day.start_ms + DAY_MS)


FAMILY = Family(
    events=events,
    required=("kind", "valid_from"),
    not_allowed=(
        {"kind": "stolen"},
        {"kind": "equipped", "feature_id": None},
        {"kind": "software_changed", "software_version": None},
        {"feature_id": "Seat Heating"},
    ),
)
