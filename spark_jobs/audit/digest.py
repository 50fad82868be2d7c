"""Hashes of records, from the bytes alone: every field stands behind its length, or a mark where it is null.

A record's digest is xxh3-128 of, little endian: u32 length and bytes of the topic id, i32 partition, i64 offset, i64
timestamp in ms, the key (u8 0 for null, else u8 1, u32 length, bytes), u32 number of headers, each header (u32 length and
bytes of its name, its value like a key), and of the body u8 0 for null, else u8 1, u64 length and its own xxh3-128.
Fields are laid out side by side for a whole batch by Arrow; only the hashing itself goes record by record.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

HEADERS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))
RECORDS = pa.schema(
    [
        ("topic_id", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp_ms", pa.int64()),
        ("key", pa.binary()),
        ("headers", HEADERS),
        ("body", pa.binary()),
    ]
)
"""A batch of Kafka records, from whichever side it was read."""

Numbers = npt.NDArray[np.uint64]


def body_hashes(bodies: pa.Array) -> pa.Array:
    """xxh3-128 of each body, 16 bytes big endian; null for null."""
    hashes = _fixed(np.frombuffer(_each(xxhash.xxh3_128_digest, bodies), dtype="V16"))
    return _masked(hashes, bodies)


def event_hashes(vehicle_keys: pa.Array, event_ids: pa.Array) -> pa.Array:
    """xxh3-64 as a signed integer of u32 length and bytes of both; null where either is null."""
    named = _side_by_side(*_with_length(vehicle_keys.cast(pa.binary())), *_with_length(event_ids.cast(pa.binary())))
    hashes = np.frombuffer(_each(xxhash.xxh3_64_digest, named), dtype=">u8").astype(np.uint64).view(np.int64)
    return pc.if_else(pc.and_(pc.is_valid(vehicle_keys), pc.is_valid(event_ids)), pa.array(hashes), pa.scalar(None, pa.int64()))


def record_digests(records: pa.RecordBatch, hashes: pa.Array) -> tuple[Numbers, Numbers]:
    """The high and low 64 bits of each record's digest; `hashes` are its bodies' own (`body_hashes`)."""
    rows = _side_by_side(
        *_with_length(records["topic_id"].cast(pa.binary())),
        _places(records),
        *_optional(records["key"]),
        *_headers(records["headers"]),
        *_bodies(records["body"], hashes),
    )
    halves = np.frombuffer(_each(xxhash.xxh3_128_digest, rows), dtype=">u8").reshape(-1, 2).astype(np.uint64)
    return halves[:, 0], halves[:, 1]


def sum_of_limbs(limbs: tuple[int, int, int, int]) -> str:
    """A batch's checksum, 32 hex digits: the sum modulo 2^128 out of the sums of its digests' 32-bit limbs, highest first."""
    total = sum(limb << shift for limb, shift in zip(limbs, (96, 64, 32, 0), strict=True))
    return f"{total % (1 << 128):032x}"


def _places(records: pa.RecordBatch) -> pa.Array:
    places = np.empty(records.num_rows, dtype=[("partition", "<i4"), ("offset", "<i8"), ("at", "<i8")])
    for place, name in (("partition", "partition"), ("offset", "offset"), ("at", "timestamp_ms")):
        places[place] = records[name].to_numpy()
    return _fixed(places)


def _headers(headers: pa.ListArray) -> tuple[pa.Array, pa.Array]:
    """How many headers each record has, and all of them in one piece of bytes."""
    counts = pc.fill_null(pc.list_value_length(headers), 0).to_numpy().astype("<u4")
    flat = headers.flatten()
    names, values = pc.struct_field(flat, "name").cast(pa.binary()), pc.struct_field(flat, "value")
    encoded = _side_by_side(*_with_length(names), *_optional(values))
    ends = _offsets(encoded)[np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])]
    return _fixed(counts), pa.Array.from_buffers(pa.binary(), len(headers), [None, pa.py_buffer(ends), encoded.buffers()[2]])


def _bodies(bodies: pa.Array, hashes: pa.Array) -> tuple[pa.Array, pa.Array]:
    marked = np.empty(len(bodies), dtype=[("mark", "u1"), ("length", "<u8")])
    marked["mark"], marked["length"] = 1, _lengths(bodies)
    return _or_zero(_fixed(marked), bodies), hashes


def _optional(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    marked = np.empty(len(values), dtype=[("mark", "u1"), ("length", "<u4")])
    marked["mark"], marked["length"] = 1, _lengths(values)
    return _or_zero(_fixed(marked), values), values


def _with_length(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    return _fixed(_lengths(values).astype("<u4")), values


def _lengths(values: pa.Array) -> npt.NDArray[np.int64]:
    lengths: npt.NDArray[np.int64] = pc.fill_null(pc.binary_length(values), 0).to_numpy().astype(np.int64)
    return lengths


def _or_zero(marked: pa.Array, values: pa.Array) -> pa.Array:
    return marked if values.null_count == 0 else pc.if_else(pc.is_null(values), pa.scalar(b"\0"), marked)


def _masked(hashes: pa.Array, values: pa.Array) -> pa.Array:
    return hashes if values.null_count == 0 else pc.if_else(pc.is_null(values), pa.scalar(None, pa.binary()), hashes)


def _fixed(items: npt.NDArray[Any]) -> pa.Array:
    """Items of one width as binary values."""
    items = np.ascontiguousarray(items)
    ends = np.arange(len(items) + 1, dtype=np.int32) * np.int32(items.itemsize)
    return pa.Array.from_buffers(pa.binary(), len(items), [None, pa.py_buffer(ends), pa.py_buffer(items.tobytes())])


def _side_by_side(*pieces: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, b"", null_handling="replace", null_replacement=b"")


def _offsets(values: pa.Array) -> npt.NDArray[np.int32]:
    return np.frombuffer(values.buffers()[1], dtype=np.int32)[values.offset : values.offset + len(values) + 1]


def _each(function: Callable[[memoryview], bytes], values: pa.Array) -> bytes:
    """The hash of each value, one after the other, without a copy of the values."""
    data = memoryview(values.buffers()[2] or b"")
    ends = _offsets(values).tolist() if len(values) else [0]
    return b"".join([function(data[start:end]) for start, end in pairwise(ends)])
