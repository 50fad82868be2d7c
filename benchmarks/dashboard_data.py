"""A gold of any size, written directly: the marts that pages read, with the columns that dbt's models promise, checked and released as a build is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.names import table_path
from fleetlake.releases.model import Pin
from spark_jobs.releases.log import Log, made
from spark_jobs.runs import opened
from tests.gold.compare import described

ALL = "all"
REASONS = ("malformed", "out_of_range")


@dataclass(frozen=True)
class Shape:
    """How big the fleet is, and what it has; `withheld` is the share of slices that are of too few vehicles."""

    vehicles: int = 300
    days: int = 15
    last_on: date = date(2026, 6, 28)
    models: Sequence[str] = ("C1", "S4E")
    markets: Sequence[str] = ("DE", "US")
    versions: Sequence[str] = ("2026.1.0", "2026.2.0")
    features: Sequence[str] = ("dog_mode", "seat_heating")
    services: Sequence[str] = ("identity", "remote")
    regions: Sequence[str] = ("eu", "na")
    commands: Sequence[str] = ("lock", "climate_start")
    owners: Sequence[str] = ("assistant", "land", "refine")
    withheld: float = 0.1

    @property
    def calendar(self) -> pl.DataFrame:
        """All days, as `day`."""
        return pl.select(day=pl.date_range(self.last_on - timedelta(days=self.days - 1), self.last_on))

    @property
    def hours(self) -> pl.DataFrame:
        """All hours, as `day` and `called_at`."""
        hours = pl.select(hour=pl.int_range(24))
        at = pl.col("day").cast(pl.Datetime("us", "UTC")) + pl.duration(hours="hour")
        return self.calendar.join(hours, how="cross").select("day", called_at=at)


def write(lake: str, shape: Shape, without: Sequence[str] = ()) -> None:
    """Writes, checks and releases silver's quarantine and all marts but some, in a lake that has none."""
    release(lake, {"silver.quarantine": quarantine(shape)})
    release(lake, {f"gold.{name}": frame for name, frame in marts(shape).items() if f"gold.{name}" not in without}, built_from=1)


def release(lake: str, frames: Mapping[str, pl.DataFrame], built_from: int | None = None) -> None:
    """Tables of one layer as they are, past dbt: one gate run that they pass, one release."""
    layer = next(iter(frames)).partition(".")[0]
    versions = {name: written(lake, name, frame) for name, frame in frames.items()}
    run = gated(lake, versions)
    pins = [Pin(name, version, len(frames[name]), run, "1.0.0") for name, version in versions.items()]
    log = Log.open(lake)
    log.commit([made(log.next, layer, "release", pins, built_from=built_from)])


def gated(lake: str, versions: Mapping[str, int], failed: Sequence[str] = ()) -> int:
    """One gate run over tables; those that `failed` fail a critical expectation. Its number."""
    results = opened(lake, "ops.gate_results")
    run = (results.position("gates") or 0) + 1
    rows = [
        _result(name, version, expectation, "failed" if expectation == "volume" and name in failed else "passed") | {"gate_run": run}
        for name, version in versions.items()
        for expectation in ("key.unique", "volume")
    ]
    results.append(pa.Table.from_pylist(rows, arrow_schema(contract("ops.gate_results"))), {"gates": run})
    return run


def marts(shape: Shape) -> dict[str, pl.DataFrame]:
    """Every mart that a page reads, by name, typed as its model says."""
    return {name: _typed(name, frame) for name, frame in _marts(shape)}


def quarantine(shape: Shape) -> pl.DataFrame:
    """Refused events with bodies that want to be more than text."""
    kinds = pl.from_arrow(arrow_schema(contract("silver.quarantine")).empty_table())
    assert isinstance(kinds, pl.DataFrame)
    bodies = [b'{"x": NaN}', b"<script>alert(1)</script>", b"\xff\x00"]
    at = datetime.combine(shape.last_on, datetime.min.time(), UTC)
    rows = [
        {"family": "charging", "reason": reason, "rule": f"{reason} <b>rule</b>", "contract_version": "1.0.0", "run": 1, "body": body}
        | {"received_at": at, "received_on": shape.last_on, "topic": "fleet.charging", "topic_id": "T", "partition": 0, "offset": offset}
        for reason in REASONS
        for offset, body in enumerate(bodies)
    ]
    return pl.DataFrame([dict.fromkeys(kinds.columns) | row for row in rows], schema=kinds.schema).drop("headers")


def _marts(shape: Shape) -> Iterator[tuple[str, pl.DataFrame]]:
    random = np.random.default_rng(7)
    fleet = _slices(model=shape.models, market=shape.markets)
    yield "fleet_daily", _fleet(shape, fleet, random)
    yield "features", pl.DataFrame({"feature_id": shape.features, "name": [each.replace("_", " ").capitalize() for each in shape.features]})
    yield "feature_usage_daily", _usage(shape, random)
    yield "feature_retention_weekly", _retention(shape)
    yield "command_funnel_daily", _commands(shape, random)
    yield "charging_daily", _charging(shape, random)
    yield from _updates(shape)
    yield from _interfaces(shape, random)
    yield from _costs(shape, random)
    yield "restatements", _restatements(shape)


def _slices(**names: Sequence[str]) -> pl.DataFrame:
    """The total, each value of each name, and each combination of all of them."""
    whole = dict.fromkeys(names, ALL)
    single = [whole | {name: value} for name, values in names.items() for value in values]
    frames = [pl.DataFrame({name: list(values)}) for name, values in names.items()]
    product = frames[0]
    for each in frames[1:]:
        product = product.join(each, how="cross")
    return pl.concat([pl.DataFrame([whole, *single]), product]).unique(maintain_order=True)


def _counts(frame: pl.DataFrame, shape: Shape, random: np.random.Generator, columns: Mapping[str, float]) -> pl.DataFrame:
    """Whole numbers around a share of the fleet for each column; a row that is withheld has none of them."""
    sizes = frame.with_columns(
        **{
            name: pl.Series((random.uniform(0.8, 1.0, len(frame)) * share * shape.vehicles).astype(np.int64))
            for name, share in columns.items()
        },
        is_withheld=pl.Series(random.uniform(size=len(frame)) < shape.withheld) & ~pl.all_horizontal(pl.col(pl.String) == ALL),
    )
    return sizes.with_columns(pl.when(~pl.col("is_withheld")).then(pl.col(name)).alias(name) for name in columns)


def _fleet(shape: Shape, slices: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    rows = shape.calendar.rename({"day": "observed_on"}).join(slices, how="cross")
    counts = {
        "active": 1.0,
        "heard_from": 0.98,
        "vehicles": 0.9,
        "events": 20.0,
        "late_events": 0.2,
        "numbers_heard": 15.0,
        "numbers_lost": 0.01,
    }
    shares = {
        "coverage": ("heard_from", "active"),
        "late_share": ("late_events", "events"),
        "loss_share": ("numbers_lost", "numbers_heard"),
    }
    return _counts(rows, shape, random, counts).with_columns(**{name: pl.col(part) / pl.col(of) for name, (part, of) in shares.items()})


def _usage(shape: Shape, random: np.random.Generator) -> pl.DataFrame:
    slices = _slices(model=shape.models, market=shape.markets, sw_version=shape.versions)
    rows = (
        shape.calendar.rename({"day": "used_on"}).join(pl.DataFrame({"feature_id": shape.features}), how="cross").join(slices, how="cross")
    )
    found = _counts(
        rows, shape, random, {"eligible": 0.9, "dav": 0.2, "wav": 0.4, "mav": 0.5, "adopted": 0.6, "uses": 0.5, "successes": 0.4}
    )
    rates = {
        "adoption": ("adopted", "eligible"),
        "penetration": ("mav", "eligible"),
        "stickiness": ("dav", "mav"),
        "success_rate": ("successes", "uses"),
    }
    return found.with_columns(**{name: pl.col(part) / pl.col(of) for name, (part, of) in rates.items()}, intensity=pl.lit(8.5))


def _retention(shape: Shape) -> pl.DataFrame:
    weeks = max(shape.days // 7, 2)
    sunday = shape.last_on - timedelta(days=(shape.last_on.weekday() + 1) % 7)
    rows = [
        {"week_ended_on": sunday - timedelta(weeks=weeks - 1 - first - after), "feature_id": feature, "weeks_after": after}
        | {"cohort": str(sunday - timedelta(weeks=weeks - 1 - first, days=6)), "vehicles": 50, "active": 50 - after, "is_withheld": False}
        for feature in shape.features
        for first in range(weeks)
        for after in range(weeks - first)
    ]
    return pl.DataFrame(rows).with_columns(retention=pl.col("active") / pl.col("vehicles"))


def _commands(shape: Shape, random: np.random.Generator) -> pl.DataFrame:
    rows = shape.calendar.rename({"day": "requested_on"}).join(_slices(command=shape.commands, market=shape.markets), how="cross")
    counts = {"commands": 0.5, "delivered": 0.39, "executed": 0.3, "failed": 0.03, "expired": 0.02, "cancelled": 0.01, "still_open": 0.001}
    times = {"to_executed_p50_ms": 100.0, "to_executed_p95_ms": 200.0, "to_delivered_p95_ms": 150.0}
    return _counts(rows, shape, random, counts | times).with_columns(success=pl.col("executed") / pl.col("commands"))


def _charging(shape: Shape, random: np.random.Generator) -> pl.DataFrame:
    rows = shape.calendar.rename({"day": "started_on"}).join(_slices(location_kind=("home", "public"), market=shape.markets), how="cross")
    counts = {
        "sessions": 0.2,
        "succeeded": 0.15,
        "vehicle_faults": 0.01,
        "station_faults": 0.01,
        "other_ends": 0.01,
        "still_open": 0.001,
        "energy_wh": 5e3,
    }
    return _counts(rows, shape, random, counts).with_columns(success=pl.col("succeeded") / pl.col("sessions"))


def _updates(shape: Shape) -> Iterator[tuple[str, pl.DataFrame]]:
    begun = datetime.combine(shape.last_on - timedelta(days=7), datetime.min.time(), UTC)
    steps = ("targeted", "offered", "accepted", "downloaded", "installed", "succeeded", "failed")
    reached = {step: shape.vehicles - 3 * place for place, step in enumerate(steps)}
    rates = {"reach": 0.9, "install_success": 0.95, "rollback_rate": None, "to_90_percent_ms": 500_000_000, "is_withheld": True}
    rows = [
        {"campaign_id": "ota-1", "model": model, "begun_at": begun, **reached, **rates, "rolled_back": None}
        for model in (ALL, *shape.models)
    ]
    yield "ota_campaigns", pl.DataFrame(rows)
    yield "campaigns", pl.DataFrame([{"campaign_id": "ota-1", "kind": "software", "to_version": shape.versions[-1]}])
    before = {"good_before": 90, "total_before": 100, "control_good_before": 45, "control_total_before": 50, "change": -0.1}
    after = {"good_after": 80, "total_after": 100, "control_good_after": 46, "control_total_after": 50, "control_change": 0.02}
    whom = {"begun_on": begun.date(), "middle_on": begun.date(), "campaign_id": "ota-1", "updated_vehicles": 100, "control_vehicles": 50}
    kpis = ("charging_success", "command_success", "feature_success")
    yield "ota_regressions", pl.DataFrame([whom | before | after | {"kpi": kpi, "effect": -0.12, "is_withheld": False} for kpi in kpis])


def _interfaces(shape: Shape, random: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    either = [(ALL, ALL), *((each, ALL) for each in shape.services), *((ALL, each) for each in shape.regions)]
    places = pl.DataFrame(either, schema=["service", "region"], orient="row")
    rows = shape.hours.rename({"day": "called_on"}).join(places, how="cross")
    found = _counts(rows, shape, random, {"vehicles": 0.2, "requests": 2.0, "errors": 0.02, "slow": 0.01})
    good = pl.col("requests") - pl.col("errors") - pl.col("slow")
    burn = (pl.col("requests") - good) / (pl.col("requests") * 0.01)
    yield "api_slo_hourly", found.with_columns(good=good, sli=good / pl.col("requests"), budget_burn=burn, objective_ppm=990_000)
    buckets = pl.DataFrame({"upper_ms": [50, 100, 300, 500, 1000, 2000], "requests": [5, 50, 30, 10, 4, 1]})
    yield "api_latency_hourly", rows.join(buckets, how="cross")


def _costs(shape: Shape, random: np.random.Generator) -> Iterator[tuple[str, pl.DataFrame]]:
    days = shape.calendar.rename({"day": "charged_on"})
    whole = days.with_columns(active_vehicles=shape.vehicles, cost_eur=pl.Series(random.uniform(38, 43, shape.days)), unallocated_eur=7.0)
    yield "cost_per_vehicle_daily", whole.with_columns(cost_eur_per_vehicle=pl.col("cost_eur") / shape.vehicles)
    yield "cost_allocation", _allocation(shape, days, random)
    features = days.join(pl.DataFrame({"feature_id": shape.features}), how="cross")
    yield (
        "cost_per_feature_daily",
        features.with_columns(cost_eur=1.5, dav=40, successes=80, cost_eur_per_dav=0.0375, cost_eur_per_success=0.01875),
    )
    requests = days.join(pl.DataFrame({"service": [ALL, *shape.services]}), how="cross")
    yield "cost_per_million_requests", requests.with_columns(requests=2_000, cost_eur=1.4, cost_eur_per_million_requests=700.0)
    kinds = days.join(pl.DataFrame({"kind": ["landed", "stored"]}), how="cross")
    yield "cost_per_tb", kinds.with_columns(bytes=4_000_000_000, cost_eur=0.9, cost_eur_per_tb=225.0)
    when = {"first_charged_on": shape.last_on, "last_charged_on": shape.last_on}
    yield "cost_per_training_run", pl.DataFrame([{"training_run": "range-7", **when, "charges": 3, "cost_eur": 6.35}])
    costs = {"cost_eur": 1_188.0, "cost_eur_per_unit": 0.146, "baseline_eur_per_unit": 0.35, "saved_eur": 1_656.0, "saved_share": 0.58}
    yield (
        "cost_savings_monthly",
        pl.DataFrame([{"month_on": shape.last_on.replace(day=1), "scope": ALL, "unit": "vehicle_days", "units": 8_128, **costs}]),
    )
    yield "cost_waste", pl.DataFrame([{"kind": "small_files", "subject": "silver.charging", "quantity": 12, "unit": "bytes", "share": 0.4}])
    bill = {
        "provider_name": "Cloud",
        "billing_account_id": "1",
        "billing_period_on": shape.last_on,
        "invoice_id": "C-1",
        "billing_currency": "EUR",
    }
    sums = {"charges": 4, "billed_cost": 47.0, "billed_cost_allocated": 40.0, "billed_cost_unallocated": 7.0}
    yield "cost_reconciliation", pl.DataFrame([bill | sums])


def _allocation(shape: Shape, days: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    owned = [{"owner_kind": "service", "owner_id": each, "method": "driver", "service_name": "Compute"} for each in shape.owners]
    owned += [{"owner_kind": "feature", "owner_id": each, "method": "tag", "service_name": "Maps"} for each in shape.features]
    nobody = {"owner_kind": "unallocated", "owner_id": "unallocated", "method": "unallocated", "service_name": "Tax"}
    rows = days.join(pl.DataFrame([*owned, nobody]), how="cross")
    return rows.with_columns(
        provider_name=pl.lit("Cloud"), charge_category=pl.lit("Usage"), effective_cost_eur=pl.Series(random.uniform(1, 9, len(rows)))
    )


def _restatements(shape: Shape) -> pl.DataFrame:
    what = {"build": 2, "table_name": "gold.charging_daily", "day": shape.last_on, "key": "{}", "column": "sessions", "reason": "late data"}
    return pl.DataFrame([what | {"before": "12", "after": "13", "change": "1", "silver_release_before": 1, "silver_release_after": 1}])


def _typed(mart: str, frame: pl.DataFrame) -> pl.DataFrame:
    """All columns that the mart's model or contract has, null where there is nothing of them."""
    if mart == "restatements":
        return frame
    kinds = described(mart)["columns"]
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind, strict=True).alias(name) for name, kind in kinds.items()
    )


def written(lake: str, name: str, frame: pl.DataFrame) -> int:
    """A version of a table that holds a frame and that nothing has checked; its number."""
    path = table_path(lake, name)
    write_deltalake(path, frame.to_arrow(), mode="overwrite")
    return int(DeltaTable(path).version())


def _result(table: str, version: int, expectation: str, outcome: str) -> dict[str, Any]:
    said = {"observed": "3 rows", "expected": "none", "failing": 3, "failing_keys": "[]", "remedy": f"look at {table}"}
    looked = {"at": datetime.now(UTC), "seconds": 0.1, "days": '"all"', "contract_version": "1.0.0", "code_version": "0"}
    words = {"table_name": table, "layer": table.partition(".")[0], "version": version, "expectation": expectation}
    return words | looked | said | {"severity": "critical", "outcome": outcome}
