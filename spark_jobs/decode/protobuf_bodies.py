"""Protobuf bodies to columns by ptars, strictly: a body counts as read when its columns, written back, are the same bytes.

ptars drops unknown fields, makes 0 or '' of a wrong wire type, cuts integers and refuses a whole batch for one bad body. Each of these shows
as other bytes or as an error; such bodies are read tag by tag.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ptars import HandlerPool

from expectations.contract import Column
from expectations.schemas import ARROW
from fleetlake.wire import message_class, signal_paths
from spark_jobs.decode import wire
from spark_jobs.decode.decoded import Decoded, joined
from spark_jobs.land.times import FIRST, LAST

BLOCK_ROWS = 4096  # so that one bad body costs its block a second look, not the whole chunk
BLOCK_BYTES = 1_000_000


def decode_protobuf(bodies: pa.BinaryArray, family: str, columns: Sequence[Column]) -> Decoded:
    """The own columns of n Protobuf bodies, at least one, none null."""
    return joined([_decode(block, family, columns) for block in _blocks(bodies)])


def _blocks(bodies: pa.BinaryArray) -> Iterator[pa.BinaryArray]:
    rows = max(1, min(BLOCK_ROWS, len(bodies) * BLOCK_BYTES // max(1, bodies.nbytes)))
    return (bodies.slice(begin, rows) for begin in range(0, len(bodies), rows))


@dataclass(frozen=True)
class _Codec:
    """ptars for one family. The pool is kept, because its handlers live in it."""

    pool: HandlerPool
    handler: Any

    def read(self, bodies: pa.BinaryArray) -> tuple[pa.RecordBatch, list[int]]:
        """The columns of all bodies, and the rows whose columns are not all of what the body says."""
        try:
            batch = self.handler.array_to_record_batch(bodies)
        except ValueError:
            return self._read_halves(bodies)
        same = pc.equal(self.handler.record_batch_to_array(batch), bodies)
        return batch, [] if pc.all(same).as_py() else np.flatnonzero(~np.asarray(same)).tolist()

    def _read_halves(self, bodies: pa.BinaryArray) -> tuple[pa.RecordBatch, list[int]]:
        if len(bodies) == 1:
            return self.handler.array_to_record_batch(pa.array([b""], pa.binary())), [0]
        middle = len(bodies) // 2
        (first, odd), (second, more) = self.read(bodies.slice(0, middle)), self.read(bodies.slice(middle))
        return pa.concat_batches([first, second]), [*odd, *(middle + row for row in more)]


@lru_cache
def _codec(family: str) -> _Codec:
    descriptor = message_class(family).DESCRIPTOR
    pool = HandlerPool([descriptor.file])
    return _Codec(pool, pool.get_for_message(descriptor))


def _decode(bodies: pa.BinaryArray, family: str, columns: Sequence[Column]) -> Decoded:
    codec, message = _codec(family), message_class(family)
    batch, odd = codec.read(bodies)
    readings: dict[int, wire.Reading] = {}
    malformed: dict[int, str] = {}
    for row in odd:
        try:
            readings[row] = wire.read(bodies[row].as_py(), message, columns)
        except wire.Malformed as error:
            malformed[row] = str(error)
    decoded = _columns(_replaced(batch, codec, readings), columns)
    decoded.malformed = malformed
    for row, reading in readings.items():
        for name in reading.wrong:
            decoded.wrong.setdefault(name, []).append(row)
        for name in reading.unfit:
            decoded.unfit.setdefault(name, []).append(row)
    if readings:
        texts = {row: reading.unknown_fields for row, reading in readings.items()}
        decoded.unknown_fields = pa.array([texts.get(row) for row in range(len(bodies))], pa.string())
    return decoded


def _replaced(batch: pa.RecordBatch, codec: _Codec, readings: dict[int, wire.Reading]) -> pa.RecordBatch:
    """The batch with the odd rows decoded from their known fields, as the official runtime writes them."""
    if not readings:
        return batch
    known, _ = codec.read(pa.array([reading.canonical for reading in readings.values()], pa.binary()))
    place = np.arange(len(batch))
    place[list(readings)] = len(batch) + np.arange(len(readings))
    return pa.concat_batches([batch, known]).take(pa.array(place))


def _columns(batch: pa.RecordBatch, columns: Sequence[Column]) -> Decoded:
    decoded = Decoded({}, pa.nulls(len(batch), pa.string()))
    for column in columns:
        decoded.columns[column.name], wrong = _column(batch.column(column.name), column.physical_type)
        if wrong:
            decoded.wrong[column.name] = wrong
    return decoded


def _column(values: pa.Array, physical_type: str) -> tuple[pa.Array, list[int]]:
    """A column in the contract's type, and the rows whose value is not of that type."""
    if physical_type == "map<string,double>":
        return _map(values)
    if physical_type != "timestamp":
        return values, []
    is_instant = pc.and_(pc.greater_equal(values, FIRST), pc.less_equal(values, LAST))
    wrong = np.flatnonzero(~np.asarray(pc.fill_null(is_instant, True))).tolist()
    return pc.if_else(is_instant, values, None).cast(ARROW["timestamp"]), wrong


def _map(entries: pa.ListArray) -> tuple[pa.MapArray, list[int]]:
    """Signals by path; null where there are none, as Protobuf cannot say which. Wrong is an entry without number or value."""
    flat = entries.flatten()
    numbers, values = flat.field("signal"), flat.field("value")
    offsets = (entries.offsets.to_numpy() - entries.offsets[0].as_py()).astype(np.int32)
    wrong: list[int] = []
    if numbers.null_count or values.null_count:
        incomplete = np.flatnonzero(np.asarray(pc.or_(numbers.is_null(), values.is_null())))
        wrong = sorted(set((np.searchsorted(offsets, incomplete, side="right") - 1).tolist()))
    plain = pa.MapArray.from_arrays(pa.array(offsets), _paths(pc.fill_null(numbers, 0)), values)
    return pc.if_else(pa.array(np.diff(offsets) == 0), None, plain), wrong


def _paths(numbers: pa.Array) -> pa.StringArray:
    """The VSS path of each number; "#<number>" where the table does not know it."""
    each = numbers.to_numpy()
    table = _table()
    if not len(each) or each.max() < len(table):
        return table.take(numbers)
    distinct = numbers.dictionary_encode()
    names = pa.array([signal_paths().get(number, f"#{number}") for number in distinct.dictionary.to_pylist()], pa.string())
    return names.take(distinct.indices)


@lru_cache
def _table() -> pa.StringArray:
    return pa.array([signal_paths().get(number, f"#{number}") for number in range(max(signal_paths()) + 1)], pa.string())
