"""gold.restatements: the published numbers that a build changed, by how much and why."""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl
import polars.selectors as cs
from deltalake import DeltaTable

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.names import table_path
from spark_jobs.build.days import NEW_DAY, Change, between, called
from spark_jobs.build.log import Entry
from spark_jobs.build.project import Model
from spark_jobs.runs import opened

TABLE, COUNTER = "gold.restatements", "builds"


def write(lake: str, build: int, models: Mapping[str, Model], decided: Mapping[str, Change], base: Entry | None, silver: int) -> int:
    """Compares the days that were published and built anew; returns how many numbers became others. Tables of single vehicles are not told of."""
    table = opened(lake, TABLE)
    if base is None:
        return 0
    frames = [
        _of_model(lake, models[name], change, base)
        for name, change in decided.items()
        if models[name].kind == "days" and models[name].layer == "gold" and models[name].table in base.tables
    ]
    rows = pl.concat(frames) if frames else pl.DataFrame()
    if rows.is_empty():
        return 0
    told = {"build": build, "silver_release_before": base.silver_release, "silver_release_after": silver}
    whole = rows.with_columns(pl.lit(value, pl.Int64).alias(name) for name, value in told.items())
    schema = arrow_schema(contract(TABLE))
    table.append(whole.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema), {COUNTER: build})
    return rows.height


def _of_model(lake: str, model: Model, change: Change, base: Entry) -> pl.DataFrame:
    version = base.tables[model.table]["version"]
    days = [day for day in _published(lake, model, base) if change.everywhere or day in change.days]
    before, after = (_rows(lake, model, each, days) for each in (version, None))
    reasons = pl.DataFrame({"day": days, "reason": [_reason(change, day) for day in days]}, {"day": pl.Date, "reason": pl.String})
    found = differing(before, after, model.key, str(model.day))
    return found.join(reasons, on="day", how="left").with_columns(table_name=pl.lit(model.table))


def _published(lake: str, model: Model, base: Entry) -> Iterable[date]:
    """The days, or months, that readers had: those of the calendar, or of a model beyond it those that its table had."""
    if model.is_beyond:
        parts = DeltaTable(table_path(lake, model.table), version=base.tables[model.table]["version"]).partitions()
        return sorted(date.fromisoformat(part[str(model.day)]) for part in parts)
    return sorted({called(model, day) for day in between(base.first_day, base.last_day)})


def differing(before: pl.DataFrame, after: pl.DataFrame, key: Iterable[str], day: str) -> pl.DataFrame:
    """A row per number that differs: day, key (JSON), column, before, after, change. A row that is on one side only has null on the other."""
    keys = list(key)
    numbers = [name for name in after.select(cs.numeric()).columns if name not in keys and name in before.columns]
    both = before.select(*keys, *numbers).join(
        after.select(*keys, *numbers), on=keys, how="full", nulls_equal=True, coalesce=True, suffix=AFTER
    )
    parts = [_of_column(both, name, keys, day) for name in numbers]
    return pl.concat(parts) if parts else pl.DataFrame(schema=COLUMNS)


AFTER = " after"
COLUMNS = {"day": pl.Date, **dict.fromkeys(("key", "column", "before", "after", "change"), pl.String)}


def _of_column(both: pl.DataFrame, name: str, keys: list[str], day: str) -> pl.DataFrame:
    before, after = pl.col(name), pl.col(name + AFTER)
    return both.filter(before.ne_missing(after)).select(
        pl.col(day).alias("day"),
        pl.struct(keys).struct.json_encode().alias("key"),
        pl.lit(name).alias("column"),
        before.cast(pl.String).alias("before"),
        after.cast(pl.String).alias("after"),
        (after - before).cast(pl.String).alias("change"),
    )


def _rows(lake: str, model: Model, version: int | None, days: list[date]) -> pl.DataFrame:
    """The rows of some days; in one version of a table all files have the same columns."""
    delta = DeltaTable(table_path(lake, model.table), version=version)
    return pl.scan_delta(delta).filter(pl.col(str(model.day)).is_in(days)).collect()


def _reason(change: Change, day: date) -> str:
    return ", ".join(sorted((change.everywhere | change.days.get(day, frozenset())) - {NEW_DAY}))
