"""A lake with all that `fleet train suggest` reads, out of a simulated fleet, released without the jobs that make it."""

from datetime import UTC, datetime, timedelta

import polars as pl
from deltalake import DeltaTable, write_deltalake

from fleetlake.names import table_path
from fleetlake.training.use_cases import use_case
from spark_jobs.releases.plan import release
from tests.fleetlake.training.fleets import CODES, suggestions
from tests.spark_jobs.releases.fabricated import gated, replaced

SILENT = 5  # vehicles whose customers never allowed a purpose


def put(lake: str) -> tuple[list[str], list[str]]:
    """Writes and releases uses, consents, features and the register; the keys of vehicles that must not be trained on, and must not be scored."""
    uses = suggestions().select("vehicle_key", "model", "market", occurred_at="at", feature_id="target", action=pl.lit("stopped"))
    uses = uses.with_columns(entry_point=pl.lit("touch"), duration_ms=pl.lit(0, pl.Int64))
    keys = uses["vehicle_key"].unique().sort()
    silver = {"silver.feature_usage": uses, "silver.consents": _consents(keys)}
    gated(lake, {name: replaced(lake, name, frame) for name, frame in silver.items()})
    release(lake, "silver")
    described = uses.group_by("vehicle_key").agg(pl.col("model", "market").first())
    vehicles = described.with_columns(
        to_on=pl.lit(None, pl.Date), sold_on=pl.lit(uses["occurred_at"].min().date()), scrapped_on=pl.lit(None, pl.Date)
    )
    internal = {
        "gold_internal.vehicles": replaced(lake, "gold_internal.vehicles", vehicles),
        "features.vehicle_profiles": _profiles(lake, uses),
    }
    gated(lake, internal)
    release(lake, "gold_internal")
    release(lake, "features")
    return keys[:SILENT].to_list(), keys[: 2 * SILENT].to_list()


def _consents(keys: pl.Series) -> pl.DataFrame:
    asked = (("product_improvement", keys[SILENT:]), ("personalisation", keys[2 * SILENT :]))
    given = pl.concat([pl.DataFrame({"vehicle_key": who}).with_columns(purpose=pl.lit(purpose)) for purpose, who in asked])
    return given.with_columns(is_given=pl.lit(True), occurred_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC)), event_id=pl.lit("e1"))


def _profiles(lake: str, uses: pl.DataFrame) -> int:
    """What was known of each vehicle and day two hours after its end: uses of 28 and of 7 days; the rest of what the use case reads is unknown."""
    counted = uses.group_by("vehicle_key", "feature_id", day=pl.col("occurred_at").dt.date()).len()
    days = pl.DataFrame({"day": counted["day"].unique()}).join(counted.select("vehicle_key").unique(), how="cross")
    by_day = days.join(counted.pivot("feature_id", index=["vehicle_key", "day"], values="len"), on=["vehicle_key", "day"], how="left")
    by_day = by_day.fill_null(0).sort("vehicle_key", "day")
    sums = {
        f"{code}_uses_{window}d": pl.col(code).cast(pl.Float32).rolling_sum(window, min_samples=1).over("vehicle_key")
        for code in CODES
        if code in by_day.columns
        for window in (7, 28)
    }
    known_at = pl.col("day").cast(pl.Datetime("us", "UTC")) + timedelta(days=1, hours=2)
    wanted = use_case("suggest").features
    rows = by_day.with_columns(
        known_at=known_at, known_on=pl.col("day"), **sums, **{name: pl.lit(None, pl.Float32) for name in wanted if name not in sums}
    )
    name = "features.vehicle_profiles"
    chosen = rows.select("vehicle_key", "day", "known_at", "known_on", *wanted).to_arrow(compat_level=pl.CompatLevel.oldest())
    write_deltalake(table_path(lake, name), chosen, mode="overwrite", partition_by=["known_on"])
    return DeltaTable(table_path(lake, name)).version()
