"""Labels: what a model is to learn of a vehicle at a moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from fleetlake.console import Failure
from fleetlake.readers.queries import engine
from fleetlake.releases import Published

Labels: TypeAlias = str | pl.DataFrame | pl.LazyFrame | pa.Table
VEHICLE, AT = "vehicle_key", "at"


def asked(query: str, lake: str, state: Published, path: Path) -> pl.LazyFrame:
    """The answer to a query over released tables, written to a file, in the order of its columns: it need not fit into memory."""
    with engine(lake).asked(f"select * from ({query.rstrip().rstrip(';')}\n) order by all", state, internal=True) as relation:
        relation.write_parquet(str(path), compression="zstd")
    return pl.scan_parquet(path)


def sound(labels: pl.DataFrame | pl.LazyFrame | pa.Table, features: Sequence[str]) -> pl.LazyFrame:
    """Labels with `at` in UTC; a time without a zone is UTC, a date its midnight. Raises Failure for missing columns, other types, names of features."""
    frame = pl.LazyFrame(pl.from_arrow(labels)) if isinstance(labels, pa.Table) else labels.lazy()
    schema = frame.collect_schema()
    if schema.get(VEHICLE) != pl.String or not isinstance(schema.get(AT), pl.Datetime | pl.Date):
        raise Failure(
            f"labels have {', '.join(f'{name} {kind}' for name, kind in schema.items())}",
            f"they need {VEHICLE} (text) and {AT} (a time, UTC)",
        )
    if taken := [name for name in features if name in schema]:
        raise Failure(f"labels have columns that are called like features: {', '.join(taken)}", "give them other names")
    zone = getattr(schema[AT], "time_zone", None)
    at = pl.col(AT).cast(pl.Datetime("us", zone))
    return frame.with_columns(at.dt.convert_time_zone("UTC") if zone else at.dt.replace_time_zone("UTC"))


def spans(labels: pl.LazyFrame, days: int) -> Iterator[tuple[datetime, datetime]]:
    """From when to before when, so many days each, all of the labels lie. Raises Failure for a label without vehicle or time."""
    at = pl.col(AT)
    told = labels.select(
        at.min().alias("first"), at.max().alias("last"), pl.any_horizontal(pl.col(VEHICLE, AT).null_count() > 0).alias("gaps")
    )
    first, last, has_gaps = told.collect().row(0)
    if has_gaps:
        raise Failure(f"there are labels without {VEHICLE} or {AT}", "leave them out")
    begin = first and _midnight(first.date())
    while begin and begin <= last:
        yield begin, begin + timedelta(days=days)
        begin += timedelta(days=days)


def within(labels: pl.LazyFrame, begin: datetime, end: datetime) -> pl.DataFrame:
    """The labels of a span, as they stand."""
    return labels.filter((pl.col(AT) >= begin) & (pl.col(AT) < end)).collect()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
