"""Released silver without Kafka: the events of a simulated fleet, as the truth labels them, written straight into Delta tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.simulator.family import registry
from fleetlake.simulator.generate import generate
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.records import HEADERS
from spark_jobs.files import write
from spark_jobs.land.times import parse_rfc3339
from spark_jobs.layers import tables_of
from spark_jobs.releases.plan import release
from spark_jobs.runs import opened
from tests.spark_jobs.releases.fabricated import gated

QUARANTINE = "silver.quarantine"


@dataclass(frozen=True)
class Silver:
    """Events by family and refused records, as silver holds them. `received_before` looks at them as they were at the end of an earlier day."""

    accepted: Mapping[str, pl.DataFrame]
    refused: pl.DataFrame

    def received_before(self, day: date) -> "Silver":
        """What had come when that day began."""
        is_there = pl.col("received_at") < pl.lit(day).cast(pl.Datetime("us", "UTC"))
        return Silver({family: rows.filter(is_there) for family, rows in self.accepted.items()}, self.refused.filter(is_there))

    def without(self, other: "Silver") -> "Silver":
        """What came since."""
        accepted = {family: rows.join(other.accepted[family], on="offset", how="anti") for family, rows in self.accepted.items()}
        return Silver(accepted, self.refused.join(other.refused, on="offset", how="anti"))

    def of(self, **changed: pl.DataFrame) -> "Silver":
        """The same but for some families."""
        return replace(self, accepted={**self.accepted, **changed})

    @cached_property
    def last_day(self) -> date:
        """The newest day that is over."""
        newest = max(rows["received_at"].max() for rows in self.accepted.values() if len(rows))
        return newest.date() - timedelta(days=1)


def simulated(plan: Plan) -> Silver:
    """What must come of a plan: its truth."""
    parts: dict[str, list[pl.DataFrame]] = {family: [] for family in registry()}
    for part in generate(plan):
        for family, records in part.records.items():
            parts[family].append(records)
    whole = {family: pl.concat(frames) for family, frames in parts.items()}
    refused = [_refused(rows.filter(~pl.col("expected").is_in(["silver", "duplicate"]))) for rows in whole.values()]
    accepted = {family: _accepted(family, rows.filter(pl.col("expected") == "silver")) for family, rows in whole.items()}
    return Silver(accepted, pl.concat(refused))


def released(lake: str, rows: Silver) -> int:
    """Adds the rows to silver's tables, a commit for each, and releases the layer; the number of the release."""
    for family, events in rows.accepted.items():
        _append(lake, f"silver.{family}", events)
    _append(lake, QUARANTINE, rows.refused)
    gated(lake, {name: opened(lake, name).version for name in tables_of(lake, "silver")})
    return release(lake, "silver").release.number


def _accepted(family: str, rows: pl.DataFrame) -> pl.DataFrame:
    own = rows.drop("signals", strict=False).with_columns(
        occurred_on=pl.col("occurred_at").dt.date(),
        event_hash=pl.col("nth"),
        body_hash=pl.lit(b"0" * 16),
        topic_id=pl.lit("T"),
        partition=pl.col("partition"),
        offset=pl.col("nth"),
    )
    return _as_promised(f"silver.{family}", own).sort("occurred_on", "vehicle_key", "occurred_at")


def _refused(rows: pl.DataFrame) -> pl.DataFrame:
    """As quarantine holds them: what headers say as they came; and, for the second computation, boot_id and sequence as they were meant."""
    headers = pl.concat_list(pl.struct(name=pl.lit(name), value=pl.col(name).cast(pl.Binary)) for name in HEADERS)
    whole = rows.with_columns(
        occurred_on=_days(rows["ce_time"]),
        received_on=pl.col("received_at").dt.date(),
        occurred_at="ce_time",
        vehicle_key="ce_subject",
        event_id="ce_id",
        type="ce_type",
        headers=headers,
        topic_id=pl.lit("T"),
        offset=pl.col("nth"),
        reason=pl.col("expected"),
        rule=pl.col("way").fill_null("conflict"),
        contract_version=pl.lit("1.0.0"),
        run=pl.lit(1, pl.Int64),
    )
    return _as_promised(QUARANTINE, whole).hstack(whole.select("boot_id", "sequence"))


def _days(times: pl.Series) -> pl.Series:
    return pl.Series(parse_rfc3339(times.to_arrow(compat_level=pl.CompatLevel.oldest()))).dt.date()


def _as_promised(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The contract's columns in its order; what the simulator does not say is null."""
    kinds = {field.name: field.type for field in arrow_schema(contract(table)) if not pa.types.is_map(field.type)}
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(_polars(kind)).alias(name) for name, kind in kinds.items()
    )


def _polars(kind: pa.DataType) -> Any:
    return pl.DataFrame(pa.table({"x": pa.array([], kind)})).schema["x"]


def _append(lake: str, name: str, rows: pl.DataFrame) -> None:
    promise, table = contract(name), opened(lake, name)
    [column] = promise.partition_by
    files = [_file(table.path, name, part, {column: day}) for (day,), part in rows.partition_by(column, as_dict=True).items()]
    table.commit(files, {})


def _file(root: str, name: str, rows: pl.DataFrame, partition: Mapping[str, Any]) -> Any:
    promise = contract(name)
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(promise)])
    arrow = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    columns: Sequence[pa.ChunkedArray | pa.Array] = [
        arrow[field.name].cast(field.type) if field.name in arrow.column_names else pa.nulls(len(rows), field.type) for field in schema
    ]
    return write(root, pa.table(columns, schema=schema), partition, statistics_columns(promise))
