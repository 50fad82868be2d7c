"""Python values of a parser to Arrow columns, strictly: what has another type is found, never converted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from types import NoneType
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contract import Column
from expectations.rules import RANGES
from expectations.schemas import ARROW
from spark_jobs.land.times import parse_rfc3339

TYPES: dict[str, set[type]] = {"string": {str}, "timestamp": {str}, "boolean": {bool}, "int": {int}, "bigint": {int}, "double": {int, float}}
PATH_VALUE: tuple[Any, Any] = (itemgetter("path"), itemgetter("value"))


@dataclass(frozen=True)
class Converted:
    """A column, null where a value could not stand in it, and the rows where that was so."""

    array: pa.Array
    wrong: list[int] = field(default_factory=list)
    unfit: list[int] = field(default_factory=list)


def convert(values: Sequence[Any], column: Column) -> Converted:
    """The values of a column of scalars; None is null."""
    wrong = _others(values, TYPES[column.physical_type])
    clean = _without(values, wrong) if wrong else values
    if column.physical_type == "timestamp":
        return _timestamps(clean, wrong)
    try:
        return Converted(pa.array(clean, ARROW[column.physical_type]), wrong)
    except (OverflowError, pa.ArrowInvalid):  # an integer that the column, or a double exactly, cannot hold
        return _large(clean, column.physical_type, wrong)


def convert_map(lists: Sequence[Any]) -> Converted:
    """Lists of {"path": string, "value": number} as map<string,double>; a path that stands twice stays so, for a rule to find."""
    entries = flat_entries(lists)
    if entries is None:
        wrong = irregular(lists)
        entries = flat_entries(_without(lists, wrong))
        assert entries is not None
        return Converted(_map(_without(lists, wrong), *entries), wrong)
    return Converted(_map(lists, *entries))


def irregular(lists: Sequence[Any]) -> list[int]:
    """Rows that are neither None nor a list of {"path": string, "value": number}."""
    return [row for row, each in enumerate(lists) if flat_entries([each]) is None]


def flat_entries(lists: Sequence[Any]) -> tuple[list[str], list[float]] | None:
    """Paths and values of all lists; None if an entry is anything else."""
    if _others(lists, {list}):
        return None
    entries = list(chain.from_iterable(filter(None, lists)))
    if not set(map(type, entries)) <= {dict} or not set(map(len, entries)) <= {2}:
        return None
    try:
        paths, values = (list(map(part, entries)) for part in PATH_VALUE)
    except KeyError:
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
    _, first, count = np.unique(cell, return_index=True, return_counts=True)
    return cast(list[int], sorted(set(row[first[count > 1]].tolist())))


def _map(lists: Sequence[Any], paths: list[str], values: list[float]) -> pa.MapArray:
    sizes = np.fromiter((0 if each is None else len(each) for each in lists), np.int32, len(lists))
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(sizes, dtype=np.int32)])
    items = _doubles(values)
    mask = pa.array([each is None for each in lists], pa.bool_())
    plain = pa.MapArray.from_arrays(pa.array(offsets), pa.array(paths, pa.string()), items)
    return pc.if_else(mask, None, plain) if pc.any(mask).as_py() else plain


def _others(values: Sequence[Any], allowed: set[type]) -> list[int]:
    kinds = set(map(type, values))
    return [] if kinds <= allowed | {NoneType} else [row for row, value in enumerate(values) if value is not None and type(value) not in allowed]


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
        return Converted(instants, sorted({*wrong, *unread}))
    return Converted(instants, wrong)


def _large(values: Sequence[Any], physical_type: str, wrong: list[int]) -> Converted:
    if physical_type == "double":
        return Converted(_doubles(values), wrong)
    least, greatest = RANGES[physical_type]
    unfit = [row for row, value in enumerate(values) if value is not None and not least <= value <= greatest]
    return Converted(pa.array(_without(values, unfit), ARROW[physical_type]), wrong, unfit)


def _doubles(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.float64())
    except pa.ArrowInvalid:  # an integer beyond 2^53: rounded as Python does
        return pa.array([value if value is None else float(value) for value in values], pa.float64())
