"""Digests agree with the layout that the ledger's checksums promise, written out here byte by byte."""

import struct

import pyarrow as pa
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.audit.digest import RECORDS, body_hashes, event_hashes, record_digests, sum_of_limbs

some_bytes = st.none() | st.binary(max_size=40)
header = st.tuples(st.text(st.characters(codec="utf-8"), max_size=8), some_bytes)
place = st.sampled_from(["b3Zlci10aGUtaGlsbHM", "a"]), st.integers(0, 1000), st.integers(0, 2**62)
record = st.tuples(*place, st.integers(-1, 2**50), some_bytes, st.none() | st.lists(header, max_size=4), some_bytes)


def batch(records) -> pa.RecordBatch:
    columns = [list(column) for column in zip(*records, strict=True)]
    columns[5] = [None if headers is None else [{"name": name, "value": value} for name, value in headers] for headers in columns[5]]
    return pa.record_batch([pa.array(values, field.type) for values, field in zip(columns, RECORDS, strict=True)], schema=RECORDS)


def optional(value: bytes | None, length: str) -> bytes:
    return b"\0" if value is None else b"\1" + struct.pack(length, len(value)) + value


def by_hand(topic_id, partition, offset, timestamp_ms, key, headers, body) -> int:
    name = topic_id.encode()
    parts = [
        struct.pack("<I", len(name)),
        name,
        struct.pack("<iqq", partition, offset, timestamp_ms),
        optional(key, "<I"),
        struct.pack("<I", len(headers or [])),
    ]
    for header_name, value in headers or []:
        parts += [struct.pack("<I", len(header_name.encode())), header_name.encode(), optional(value, "<I")]
    parts.append(b"\0" if body is None else b"\1" + struct.pack("<Q", len(body)) + xxhash.xxh3_128_digest(body))
    return xxhash.xxh3_128_intdigest(b"".join(parts))


@settings(deadline=None)
@given(st.lists(record, min_size=1, max_size=6))
def test_a_digest_is_the_hash_of_the_layout_written_out_by_hand(records):
    rows = batch(records)
    high, low = record_digests(rows, body_hashes(rows["body"]))
    assert [(int(h) << 64) | int(lo) for h, lo in zip(high, low, strict=True)] == [by_hand(*row) for row in records]


@settings(deadline=None)
@given(st.lists(record, min_size=3, max_size=6))
def test_a_slice_of_a_batch_has_the_digests_of_its_rows(records):
    rows = batch(records)
    high, low = record_digests(rows, body_hashes(rows["body"]))
    sliced = rows.slice(1, 2)
    assert [list(half) for half in record_digests(sliced, body_hashes(sliced["body"]))] == [list(high[1:3]), list(low[1:3])]


def test_no_records_have_no_digests():
    rows = pa.record_batch([pa.array([], field.type) for field in RECORDS], schema=RECORDS)
    assert [len(half) for half in record_digests(rows, body_hashes(rows["body"]))] == [0, 0]


def test_hashes_of_bodies_and_events_keep_their_golden_values():
    assert body_hashes(pa.array([b"fleet", b"", None])).to_pylist() == [
        bytes.fromhex("e9567eef0a643af58152ed11d6ba30da"),
        bytes.fromhex("99aa06d3014798d86001c324468d497f"),
        None,
    ]
    hashes = event_hashes(pa.array(["v1", None, "v1"]), pa.array(["e1", "e1", None])).to_pylist()
    assert hashes == [3877341038184326203, None, None]


def test_length_prefixes_keep_apart_what_would_run_together():
    first, second = event_hashes(pa.array(["ab", "a"]), pa.array(["c", "bc"])).to_pylist()
    assert first != second


@pytest.mark.parametrize("digests", [[2**128 - 1, 1], [2**64, 2**64 - 1, 7], []])
def test_the_checksum_of_a_batch_is_the_sum_modulo_two_to_the_128(digests):
    limbs = tuple(sum((digest >> shift) & 0xFFFFFFFF for digest in digests) for shift in (96, 64, 32, 0))
    assert sum_of_limbs(limbs) == f"{sum(digests) % 2**128:032x}"
