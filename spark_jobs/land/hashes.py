"""Hashes of events: the identity, the body, and the row as a whole.

They stay the same for ever (golden values in the tests), because bronze and silver keep them and the auditor compares with them.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest, xxh3_128_digest, xxh3_128_intdigest

from spark_jobs.land.columns import Ints, fixed, joined, lengths, marked, offsets, packed, views
from spark_jobs.land.envelope import Headers

CHECKSUM_SPACE = 2**128


def body_hashes(body: pa.Array) -> pa.Array:
    """xxh3-128 of each body, 16 bytes big endian; null where the body is null."""
    digests = np.frombuffer(b"".join(map(xxh3_128_digest, views(body))), np.uint8)
    hashes = fixed(digests.reshape(len(body), 16))
    return pc.if_else(body.is_valid(), hashes, None) if body.null_count else hashes


def event_hashes(vehicle_key: pa.Array, event_id: pa.Array) -> pa.Array:
    """xxh3-64, as signed, of the length-prefixed UTF-8 vehicle_key and event_id; null where either is null."""
    is_whole = pc.and_(vehicle_key.is_valid(), event_id.is_valid())
    named = joined(*(part for column in (vehicle_key, event_id) for part in _prefixed(column)))
    hashes = np.fromiter(map(xxh3_64_intdigest, views(named)), np.uint64, len(named)).view(np.int64)
    return pa.array(hashes, mask=~np.asarray(is_whole))


def checksum(canonical: pa.Array) -> int:
    """Sum modulo 2^128 of xxh3-128 over rows as `canonical_rows` spells them: equal for equal sets of rows in whatever order."""
    return sum(map(xxh3_128_intdigest, views(canonical))) % CHECKSUM_SPACE


def canonical_rows(
    place: tuple[str, int], offset: Ints, received_ms: Ints, key: pa.Array, headers: Headers, body: pa.Array, body_hash: pa.Array
) -> pa.Array:
    """Each record as unmistakable bytes, all numbers little endian.

    topic_id as u32 length and UTF-8, i32 partition, i64 offset, i64 received_ms; the key; u32 number of headers, for each its name as u32 length
    and UTF-8, and its value; the body as u64 length and its 16 bytes of body_hash. Key, value and body begin with 0 for null or 1; lengths of
    key and values are u32.
    """
    topic_id, partition = place
    rows = len(body)
    prefix = len(topic_id.encode()).to_bytes(4, "little") + topic_id.encode() + partition.to_bytes(4, "little", signed=True)
    head = packed((f"V{len(prefix)}", np.void(prefix)), ("<i8", offset), ("<i8", received_ms), rows=rows)
    counts = packed(("<u4", headers.counts), rows=rows)
    body_head, _ = marked(body, "<u8")
    return joined(head, *marked(key), counts, _spelled(headers), body_head, body_hash)


def _spelled(headers: Headers) -> pa.Array:
    """All headers of each row, one after the other: they are laid out for all rows, and each row's share is cut by offsets, not copied."""
    names = headers.names.cast(pa.binary())
    each = joined(packed(("<u4", lengths(names)), rows=len(names)), names, *marked(headers.values))
    bounds = offsets(each)[np.concatenate([[0], np.cumsum(headers.counts)])]
    return pa.Array.from_buffers(pa.binary(), len(headers.counts), [None, pa.py_buffer(bounds), each.buffers()[2]])


def _prefixed(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    text = column.cast(pa.binary())
    return packed(("<u4", lengths(text)), rows=len(text)), text
