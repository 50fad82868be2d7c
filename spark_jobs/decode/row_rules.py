"""Row rules over columns: which rows break which."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.rules import Rule
from spark_jobs.decode.decoded import Decoded


def broken(rule: Rule, decoded: Decoded) -> list[int]:
    """The rows that break the rule of one column; checks are `broken_checks`."""
    name = rule.column or ""
    column, unfit = decoded.columns[name], decoded.unfit.get(name, [])
    if rule.kind == "fits":
        return unfit
    if rule.kind == "required":
        return sorted(set(_rows(column.is_null())).difference(unfit)) if column.null_count else []
    return _rows(BREAKS[rule.kind](column, rule.argument))


def broken_checks(expressions: Sequence[str], decoded: Decoded) -> list[list[int]]:
    """For each boolean SQL expression the rows for which it is false; all expressions in one pass. Null, or an error in a row, holds."""
    words = set(re.findall(r"\w+", " ".join(expressions)))
    table = pa.table({name: column for name, column in decoded.columns.items() if name in words})
    tests = ", ".join(f"coalesce(try({expression}), true)" for expression in expressions)
    engine = _duckdb().register("bodies", table)
    held = engine.execute(f"select {tests} from bodies").to_arrow_table()
    engine.unregister("bodies")
    return [_rows(pc.invert(each)) for each in held.columns]


def _is_not_finite(column: pa.Array, _: Any) -> pa.Array:
    if not pa.types.is_map(column.type):
        return pc.invert(pc.is_finite(column))
    offsets = column.offsets.to_numpy()
    items = column.items.slice(offsets[0], offsets[-1] - offsets[0])
    odd = np.flatnonzero(~np.isfinite(items.to_numpy(zero_copy_only=False)))
    per_row = np.diff(np.searchsorted(odd, offsets - offsets[0]))
    return pa.array(per_row > 0)


def _is_other(column: pa.Array, allowed: tuple[str, ...]) -> pa.Array:
    return pc.and_(column.is_valid(), pc.invert(pc.is_in(column, value_set=pa.array(allowed, pa.string()))))


def _does_not_match(column: pa.Array, pattern: str) -> pa.Array:
    return pc.invert(pc.match_substring_regex(column, rf"\A(?:{pattern})\z"))


BREAKS: dict[str, Callable[[pa.Array, Any], pa.Array]] = {
    "finite": _is_not_finite,
    "minimum": pc.less,
    "maximum": pc.greater,
    "enum": _is_other,
    "pattern": _does_not_match,
}


def _rows(mask: pa.Array) -> list[int]:
    return cast(list[int], pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist())


@lru_cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """This process's own engine, in memory and on one thread: Spark gives a task one core."""
    return duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "128MB", "temp_directory": ""})
