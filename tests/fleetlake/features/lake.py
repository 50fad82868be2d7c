"""Released tables that training sets are made of, without the jobs that make them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from deltalake import DeltaTable, write_deltalake

from fleetlake.names import table_path
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, replaced

PROFILES, CONSENTS = "features.vehicle_profiles", "silver.consents"
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
KNOWN_AFTER = timedelta(hours=2)


def at(day: float) -> datetime:
    """A moment so many days into June; day 0 is the first of June."""
    return MIDNIGHT + timedelta(days=day)


def profile(vehicle: str, day: int, later: int = 0, **features: float | None) -> dict[str, Any]:
    """What was known of a day at its end and two hours, or so many days later."""
    known_on = (at(day) + timedelta(days=later)).date()
    told = {"vehicle_key": vehicle, "day": at(day).date(), "known_at": at(day + 1 + later) + KNOWN_AFTER, "known_on": known_on}
    return told | {"trips_1d": None, "odometer_km": None, "events_1d": None} | features


def decision(vehicle: str, purpose: str, given: bool, day: float = -30, event: str = "e1") -> dict[str, Any]:
    """A customer's decision."""
    return {"vehicle_key": vehicle, "purpose": purpose, "is_given": given, "occurred_at": at(day), "event_id": event}


def yes(*vehicles: str) -> list[dict[str, Any]]:
    """All of them allow what features of driving need."""
    return [decision(vehicle, "product_improvement", given=True) for vehicle in vehicles]


def put(lake: str, profiles: Iterable[dict[str, Any]], consents: Sequence[dict[str, Any]]) -> None:
    """Both tables hold these rows, pass their gates and are released: silver, then features."""
    numbers = dict.fromkeys(("trips_1d", "odometer_km", "events_1d"), pl.Float32)
    keys = {"vehicle_key": pl.String, "day": pl.Date, "known_at": pl.Datetime("us", "UTC"), "known_on": pl.Date}
    laid(lake, pl.DataFrame(list(profiles), schema=keys | numbers), consents)


def laid(lake: str, profiles: pl.DataFrame, consents: Sequence[dict[str, Any]]) -> None:
    """The same of a frame."""
    write_deltalake(table_path(lake, PROFILES), profiles.to_arrow(), mode="overwrite", partition_by=["known_on"])
    versions = {CONSENTS: replaced(lake, CONSENTS, pl.DataFrame(consents)), PROFILES: DeltaTable(table_path(lake, PROFILES)).version()}
    gated(lake, versions)
    release(lake, "silver")
    release(lake, "features")


def labels(*rows: tuple[Any, ...], **more: Any) -> pl.DataFrame:
    """Of (vehicle, day into June)."""
    frame = pl.DataFrame({"vehicle_key": [row[0] for row in rows], "at": [at(row[1]) for row in rows]})
    return frame.with_columns(label=pl.int_range(pl.len())).with_columns(**more)
