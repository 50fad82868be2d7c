"""The envelope: columns out of Kafka's headers, for a whole batch at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.land.columns import Ints

COLUMNS = {
    "content-type": "content_type",
    "ce_id": "event_id",
    "ce_source": "source",
    "ce_type": "type",
    "ce_subject": "vehicle_key",
    "ce_time": "occurred_at",
    "ce_dataschema": "dataschema",
}


@dataclass(frozen=True)
class Headers:
    """Headers of n records: how many each has, and the names (string) and values (binary) of all, one after the other."""

    counts: Ints
    names: pa.Array
    values: pa.Array

    @classmethod
    def of(cls, column: pa.Array) -> "Headers":
        """Out of a list<struct<name, value>>; null is no header."""
        flat = column.flatten()
        return cls(np.asarray(pc.list_value_length(column).fill_null(0), np.int64), flat.field(0), flat.field(1))

    def column(self, kind: pa.DataType) -> pa.Array:
        """The list<struct> column again, never null; `kind` names its fields."""
        bounds = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int32)
        pairs = pa.StructArray.from_arrays([self.names, self.values], fields=list(kind.value_type))
        return pa.ListArray.from_arrays(pa.array(bounds), pairs, type=kind)


def envelope(headers: Headers) -> Mapping[str, pa.Array]:
    """The columns of COLUMNS (string): the first header of that name; null where it is absent, null or not UTF-8."""
    coded = headers.names.dictionary_encode()
    codes = np.asarray(coded.indices)
    known = {name: code for code, name in enumerate(coded.dictionary.to_pylist())}
    rows = np.repeat(np.arange(len(headers.counts)), headers.counts)
    return {
        column: _text(headers.values.take(_first(rows, codes == known.get(name, -1), len(headers.counts))))
        for name, column in COLUMNS.items()
    }


def _first(rows: Ints, is_named: np.ndarray, count: int) -> pa.Array:
    """For each record the place of its first header that is named so; null where none is."""
    places = np.flatnonzero(is_named)
    first = np.full(count, -1, np.int64)
    first[rows[places[::-1]]] = places[::-1]  # of several the first comes last, and stays
    return pa.array(first, mask=first < 0)


def _text(values: pa.Array) -> pa.Array:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:  # somewhere is a value that is not UTF-8: look at each
        return pa.array([_decoded(value) for value in values.to_pylist()], pa.string())


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None
