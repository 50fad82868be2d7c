"""Text becomes typed rows, or a reason why not: pure, one batch at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from expectations.contract import Column
from expectations.schemas import ARROW, arrow_schema
from spark_jobs.decode.decoded import Decoded
from spark_jobs.decode.judging import judge_bodies
from spark_jobs.decode.verdicts import Verdicts
from spark_jobs.imports.kinds import MOST_SCALE, Kind, decimals

NULLS = ("", "NULL")  # what stands for nothing in a file
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
TIME = r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d{1,9})?))?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?)?$"


@dataclass(frozen=True)
class Judged:
    """A batch: `accepted` has the columns of the silver contract; of the others places in the batch, reasons and rules."""

    accepted: pa.Table
    rejected: dict[int, tuple[str, str]]


def judge(
    kind: Kind, texts: pl.DataFrame, given: Mapping[str, pl.Series], malformed: Mapping[int, str], seen: set[tuple[Any, ...]] | None = None
) -> Judged:
    """Types and judges rows by the contract of their kind; `given` are columns that do not come out of the text, such as row_number.

    `seen` are the keys of this delivery so far, where the kind wants each once; those of the accepted rows are added.
    """
    contract = kind.contract
    named = _named(kind, texts)
    values, wrong, unfit = dict[str, pl.Series](), dict[str, list[int]](), dict[str, list[int]]()
    for column in contract.columns:
        if column.name in kind.names:
            values[column.name], wrong[column.name], unfit[column.name] = _read(kind, column, named[column.name])
    typed = pl.DataFrame(values)
    columns = {**values, **given, **kind.more(named, typed)}
    arrays = {column.name: _array(column, columns[column.name]) for column in contract.columns}
    verdicts = Verdicts(len(texts))
    decoded = Decoded(arrays, pa.nulls(len(texts), pa.string()), dict(malformed), wrong, {})
    _reject_values(decoded, unfit, contract.columns, verdicts)  # before the rules: a value that could not be taken is no missing one
    judge_bodies(decoded, np.arange(len(texts)), contract, verdicts)
    if kind.once:
        verdicts.reject(_repeated(typed.select(kind.once), verdicts, set() if seen is None else seen), "not_allowed", "once per delivery")
    rows = pa.array(verdicts.accepted())
    return Judged(pa.table({name: array.take(rows) for name, array in arrays.items()}, arrow_schema(contract)), verdicts.rejected)


def _repeated(keys: pl.DataFrame, verdicts: Verdicts, seen: set[tuple[Any, ...]]) -> list[int]:
    """Accepted rows whose key is there before them; adds the others' keys."""
    repeated = []
    for place in verdicts.accepted().tolist():
        key = keys.row(place)
        if key in seen:
            repeated.append(place)
        seen.add(key)
    return repeated


def _named(kind: Kind, texts: pl.DataFrame) -> pl.DataFrame:
    """The columns of the kind, null where the file says so or has none."""

    def of(names: tuple[str, ...]) -> pl.Expr:
        there = [pl.when(~pl.col(name).is_in(NULLS)).then(pl.col(name)) for name in names if name in texts.columns]
        return pl.coalesce(there) if there else pl.lit(None, pl.String)

    return texts.select(**{column: of(names) for column, names in kind.names.items()})


def _read(kind: Kind, column: Column, texts: pl.Series) -> tuple[pl.Series, list[int], list[int]]:
    """Values, and the places of texts that are of another type, and of numbers that the type cannot hold."""
    if column.name in kind.reads:
        values, wrong = kind.reads[column.name](texts)
        return values, _places(wrong), []
    if column.physical_type == "timestamp":
        values = _times(texts)
    elif column.physical_type == "decimal(38,18)":
        values = texts.cast(pl.Decimal(38, MOST_SCALE), strict=False)
        is_number = texts.str.contains(NUMBER)
        is_rounded = texts.to_frame().select(decimals(texts.name) > MOST_SCALE).to_series() & ~texts.str.contains("[eE]")
        too_long = is_number & (values.is_null() | (is_rounded if column.name in kind.exact else False))
        return values, _places(~is_number), _places(too_long)
    else:
        values = texts
    return values, _places(values.is_null() & texts.is_not_null()), []


def _times(texts: pl.Series) -> pl.Series:
    """Moments in UTC; a time that names no zone is in UTC, as FOCUS has it."""
    parts = texts.str.extract_groups(TIME).struct.unnest()
    day, minute, second, zone = (parts[name] for name in ("1", "2", "3", "4"))
    clock = (day + " " + minute.fill_null("00:00") + ":" + second.fill_null("00")).str.to_datetime(
        "%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False
    )
    sign = pl.when(zone.str.starts_with("-").fill_null(False)).then(-1).otherwise(1)
    hours, minutes = (zone.str.extract(pattern).cast(pl.Int64).fill_null(0) for pattern in (r"^[+-](\d\d)", r"^[+-]\d\d:?(\d\d)"))
    shift = pl.select(pl.duration(minutes=sign * (hours * 60 + minutes), time_unit="us")).to_series()
    return (clock - shift).dt.replace_time_zone("UTC").rename(texts.name)


def _reject_values(decoded: Decoded, unfit: Mapping[str, list[int]], columns: tuple[Column, ...], verdicts: Verdicts) -> None:
    verdicts_in_order = (
        *(([place], "malformed", rule) for place, rule in decoded.malformed.items()),
        *((decoded.wrong.get(each.name, []), "wrong_type", f"{each.name}: {each.physical_type}") for each in columns),
        *((unfit.get(each.name, []), "out_of_range", f"{each.name}: fits {each.physical_type}") for each in columns),
    )
    for rows, reason, rule in verdicts_in_order:
        verdicts.reject(rows, reason, rule)


def _array(column: Column, values: pl.Series) -> pa.Array:
    made: Any = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    return made.cast(ARROW[column.physical_type])


def _places(mask: pl.Series) -> list[int]:
    return mask.fill_null(False).arg_true().to_list()
