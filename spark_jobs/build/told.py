"""What a build did or would do, a row per table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from fleetlake.names import table_path
from spark_jobs.build.days import Change, ranges, window
from spark_jobs.build.job import Done, Prepared
from spark_jobs.build.project import Model


def rows(done: Done) -> list[dict[str, Any]]:
    """table, days, why, because (of which inputs), mb (of the files of those days, as they are or as days usually are), rows and seconds."""
    one = done.prepared
    return [_row(one, one.models[name], change, done.seconds.get(name)) for name, change in done.decided.items()]


def _row(one: Prepared, model: Model, change: Change, seconds: float | None) -> dict[str, Any]:
    return {
        "table": model.table,
        "days": "all" if change.everywhere else _said(change.days),
        "why": ", ".join(sorted(change.reasons)),
        "because": "; ".join(_because(one, model)),
        "mb": _megabytes(one, model, change),
        "seconds": None if seconds is None else round(seconds, 1),
    }


def _because(one: Prepared, model: Model) -> list[str]:
    """The inputs that differ, and of a source the rows that came or went."""
    if model.name in one.waves.whole:
        return []
    return [f"{name}{_counted(one, model, name)}" for name in model.inputs if one.waves.known(name)]


def _counted(one: Prepared, model: Model, name: str) -> str:
    difference = one.differences.get(name)
    if difference is None or not difference.rows:
        return ""
    first, last = window(model, name)
    days = _said(difference.rows)
    return (
        f" ({sum(difference.rows.values()):,} rows of {days})"
        if (first, last) == (0, 0) or len(days) < 40
        else f" ({sum(difference.rows.values()):,} rows)"
    )


def _said(days: Mapping[date, Any]) -> str:
    """`2026-05-01…2026-05-03, 2026-05-07`, or how many where there are many ranges."""
    found = ranges(days)
    if len(found) > 4:
        return f"{len(days)} days from {found[0][0]} to {found[-1][1]}"
    return ", ".join(str(first) if first == last else f"{first}…{last}" for first, last in found)


def _megabytes(one: Prepared, model: Model, change: Change) -> float | None:
    path = table_path(one.lake, model.table)
    if not DeltaTable.is_deltatable(path):
        return None
    files = pl.DataFrame(pa.table(DeltaTable(path).get_add_actions(flatten=True)))
    day = pl.col(f"partition.{model.day}") if model.day in model.columns else pl.lit(None)
    by_day: dict[Any, int] = dict(files.group_by(day.alias("day")).agg(pl.sum("size_bytes")).iter_rows())
    total = sum(by_day.values())
    size = total if change.everywhere else sum(by_day.get(each, total / max(len(by_day), 1)) for each in change.days)
    return round(size / 1e6, 2)
