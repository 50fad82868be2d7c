"""Python values of a parser to Arrow columns, strictly: what has another type is found, never converted."""

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from types import NoneType
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contract import Column
from expectations.rules import RANGES
from expectations.schemas import ARROW
from spark_jobs.land.times import parse_rfc3339

TYPES: dict[str, set[type]] = {
    "string": {str},
    "timestamp": {str},
    "boolean": {bool},
    "int": {int},
    "bigint": {int},
    "double": {int, float},
}
CELLS_PER_ENTRY = 32  # up to here a table of all keys of all rows is cheaper than to sort the entries
PATH_VALUE: tuple[Any, Any] = (itemgetter("path"), itemgetter("value"))


class Converted(NamedTuple):
    """A column, null where a value could not stand in it, and the rows where that was so."""

    array: pa.Array
    wrong: list[int]
    unfit: list[int]


def convert(values: Sequence[Any], column: Column) -> Converted:
    """The values of a column of scalars; None is null."""
    wrong = _others(values, TYPES[column.physical_type])
    clean = _without(values, wrong) if wrong else values
    if column.physical_type == "timestamp":
        return _timestamps(clean, wrong)
    try:
        return Converted(pa.array(clean, ARROW[column.physical_type]), wrong, [])
    except (OverflowError, pa.ArrowInvalid):  # an integer that the column, or a double exactly, cannot hold
        return _large(clean, column.physical_type, wrong)


def convert_map(lists: Sequence[Any]) -> Converted:
    """Lists of {"path": string, "value": number} as map<string,double>; a path that stands twice stays so, for a rule to find."""
    entries = flat_entries(lists)
    if entries is not None:
        return Converted(_map(lists, *entries), [], [])
    wrong = [row for row, each in enumerate(lists) if flat_entries([each]) is None]
    return Converted(convert_map(_without(lists, wrong)).array, wrong, [])


def flat_entries(lists: Sequence[Any]) -> tuple[list[str], list[float]] | None:
    """Paths and values of all lists; None if an entry has no path or no value, or one of another type. Further fields are the caller's to see."""
    kinds = set(map(type, lists))
    if not kinds <= {list, NoneType}:
        return None
    entries = list(chain.from_iterable(filter(None, lists) if NoneType in kinds else lists))
    try:
        paths, values = (list(map(part, entries)) for part in PATH_VALUE)
    except (KeyError, TypeError):  # no such field, or no object
        return None
    return (paths, values) if set(map(type, paths)) <= {str} and set(map(type, values)) <= {int, float} else None


def repeated_keys(maps: pa.MapArray) -> list[int]:
    """Rows in which a key stands twice."""
    offsets = maps.offsets.to_numpy()
    if not len(maps) or offsets[0] == offsets[-1]:
        return []
    keys = maps.keys.slice(offsets[0], offsets[-1] - offsets[0]).dictionary_encode()
    row = np.repeat(np.arange(len(maps)), np.diff(offsets))
    cell = row * len(keys.dictionary) + keys.indices.to_numpy()
    if len(maps) * len(keys.dictionary) <= CELLS_PER_ENTRY * len(cell):
        has_entry = np.zeros(len(maps) * len(keys.dictionary), np.bool_)
        has_entry[cell] = True
        if np.count_nonzero(has_entry) == len(cell):
            return []
    _, first, count = np.unique(cell, return_index=True, return_counts=True)
    return cast(list[int], sorted(set(row[first[count > 1]].tolist())))


def _map(lists: Sequence[Any], paths: list[str], values: list[float]) -> pa.MapArray:
    has_nulls = NoneType in set(map(type, lists))
    sizes = np.fromiter((len(each or ()) for each in lists) if has_nulls else map(len, lists), np.int32, len(lists))
    offsets = np.zeros(len(lists) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    plain = pa.MapArray.from_arrays(pa.array(offsets), pa.array(paths, pa.string()), _doubles(values))
    return pc.if_else(pa.array([each is None for each in lists]), None, plain) if has_nulls else plain


def _others(values: Sequence[Any], allowed: set[type]) -> list[int]:
    kinds = set(map(type, values))
    return (
        []
        if kinds <= allowed | {NoneType}
        else [row for row, value in enumerate(values) if value is not None and type(value) not in allowed]
    )


def _without(values: Sequence[Any], rows: Sequence[int]) -> list[Any]:
    kept = list(values)
    for row in rows:
        kept[row] = None
    return kept


def _timestamps(texts: Sequence[str | None], wrong: list[int]) -> Converted:
    given = pa.array(texts, pa.string())
    instants = parse_rfc3339(given)
    if instants.null_count > given.null_count:
        unread = np.flatnonzero(np.asarray(instants.is_null()) & np.asarray(given.is_valid())).tolist()
        return Converted(instants, sorted({*wrong, *unread}), [])
    return Converted(instants, wrong, [])


def _large(values: Sequence[Any], physical_type: str, wrong: list[int]) -> Converted:
    if physical_type == "double":
        return Converted(_doubles(values), wrong, [])
    least, greatest = RANGES[physical_type]
    unfit = [row for row, value in enumerate(values) if value is not None and not least <= value <= greatest]
    return Converted(pa.array(_without(values, unfit), ARROW[physical_type]), wrong, unfit)


def _doubles(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.float64())
    except pa.ArrowInvalid:  # an integer beyond 2^53: rounded as Python does
        return pa.array([value if value is None else float(value) for value in values], pa.float64())
