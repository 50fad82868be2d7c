"""Kafka records become bronze rows: nothing is rejected or changed, and hashes are what the layout promises."""

import struct
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest, xxh3_128_digest, xxh3_128_intdigest

from expectations.contract import contract
from expectations.schemas import arrow_schema
from spark_jobs.land.rows import land
from tests.spark_jobs.land.records import NOON, TOPIC_ID, headers, record, records

SCHEMA = arrow_schema(contract("bronze.charging"))
GOLDEN_EVENT_HASH = 3877341038184326203
GOLDEN_BODY_HASH = "961f98ef97c8889cab1e32610c9c3163"
GOLDEN_CHECKSUM = "5f6ad32a61020d0dcd79746ead79ab3a"
FIELDS = {
    "content-type": "content_type",
    "ce_id": "event_id",
    "ce_source": "source",
    "ce_type": "type",
    "ce_subject": "vehicle_key",
    "ce_time": "occurred_at",
    "ce_dataschema": "dataschema",
}


def landed(*each):
    return land(records(*each), TOPIC_ID, SCHEMA)


def row(**changes):
    return landed(record(**changes)).rows.to_pylist()[0]


def plain_text(value):
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def plain_optional(value):
    return b"\0" if value is None else b"\1" + struct.pack("<I", len(value)) + value


def plain_checksum(each):
    spelled = (
        struct.pack("<I", len(TOPIC_ID))
        + TOPIC_ID.encode()
        + struct.pack("<iqq", each["partition"], each["offset"], round(each["timestamp"].timestamp() * 1000))
    )
    spelled += plain_optional(each["key"]) + struct.pack("<I", len(each["headers"] or []))
    for header in each["headers"] or []:
        name = header["key"].encode()
        spelled += struct.pack("<I", len(name)) + name + plain_optional(header["value"])
    body = each["value"]
    return xxh3_128_intdigest(spelled + (b"\0" if body is None else b"\1" + struct.pack("<Q", len(body)) + xxh3_128_digest(body)))


def plain_row(each):
    """What bronze has to hold of a record, spelled out one field after the other."""
    first = {}
    for header in each["headers"] or []:
        first.setdefault(header["key"], header["value"])
    fields = {column: plain_text(first.get(name)) for name, column in FIELDS.items()}
    vehicle, event = fields["vehicle_key"], fields["event_id"]
    named = (
        None
        if vehicle is None or event is None
        else b"".join(struct.pack("<I", len(part)) + part for part in (vehicle.encode(), event.encode()))
    )
    occurred = {"2026-03-01T23:59:59Z": date(2026, 3, 1), "2026-03-01T23:59:59-00:01": date(2026, 3, 2)}.get(fields["occurred_at"] or "")
    return {
        "topic": each["topic"],
        "topic_id": TOPIC_ID,
        "partition": each["partition"],
        "offset": each["offset"],
        "received_at": each["timestamp"],
        "received_on": each["timestamp"].date(),
        "key": each["key"],
        "body": each["value"],
        "headers": [{"name": header["key"], "value": header["value"]} for header in each["headers"] or []],
        **fields,
        "occurred_on": occurred,
        "event_hash": None if named is None else struct.unpack("<q", struct.pack("<Q", xxh3_64_intdigest(named)))[0],
        "body_hash": None if each["value"] is None else xxh3_128_digest(each["value"]),
    }


NAMES = st.one_of(st.sampled_from([*FIELDS, "ce_sequence"]), st.text(st.characters(codec="utf-8"), max_size=5))
VALUES = st.one_of(
    st.none(),
    st.binary(max_size=9),
    st.text(st.characters(codec="utf-8"), max_size=9).map(str.encode),
    st.sampled_from([b"2026-03-01T23:59:59Z", b"2026-03-01T23:59:59-00:01"]),
)
HEADERS = st.one_of(st.none(), st.lists(st.builds(lambda name, value: {"key": name, "value": value}, NAMES, VALUES), max_size=12))
INSTANTS = st.integers(-1, 2**41).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
BYTES = st.one_of(st.none(), st.binary(max_size=300))
RECORD = st.builds(record, key=BYTES, value=BYTES, offset=st.integers(0, 2**63 - 1), timestamp=INSTANTS, headers=HEADERS)


@given(st.lists(RECORD, min_size=1, max_size=8))
def test_rows_and_checksum_are_those_of_a_plain_reading(each):
    found = landed(*each)
    assert found.rows.to_pylist() == [plain_row(one) for one in each]
    assert found.checksum == sum(plain_checksum(one) for one in each) % 2**128


@given(st.lists(RECORD, min_size=2, max_size=8), st.data())
def test_a_slice_of_a_batch_lands_like_a_batch_of_its_own(each, data):
    start = data.draw(st.integers(0, len(each) - 1))
    end = data.draw(st.integers(start + 1, len(each)))
    whole, part = records(*each), records(*each[start:end])
    assert land(whole.slice(start, end - start), TOPIC_ID, SCHEMA) == land(part, TOPIC_ID, SCHEMA)


def test_hashes_stay_what_they_always_were():
    found = landed(record())
    assert found.rows["event_hash"].to_pylist() == [GOLDEN_EVENT_HASH]
    assert found.rows["body_hash"].to_pylist()[0].hex() == GOLDEN_BODY_HASH
    assert f"{found.checksum:032x}" == GOLDEN_CHECKSUM


def test_the_order_of_rows_does_not_change_their_checksum():
    here, there = record(offset=1), record(offset=2, value=None)
    assert landed(here, there).checksum == landed(there, here).checksum == (landed(here).checksum + landed(there).checksum) % 2**128


@pytest.mark.parametrize(
    "change",
    [
        {"offset": 8},
        {"partition": 3},
        {"timestamp": NOON + timedelta(milliseconds=1)},
        {"key": b""},
        {"key": None},
        {"value": b""},
        {"value": None},
        {"headers": None},
        {"headers": headers()[::-1]},
        {"headers": [*headers(), headers()[0]]},
        {"headers": headers(ce_id=b"")},
        {"headers": [{"key": "ce_id", "value": None}, *headers(ce_id=None)]},
    ],
    ids=str,
)
def test_whatever_differs_changes_the_checksum(change):
    assert landed(record(**change)).checksum != landed(record()).checksum


def test_bytes_cannot_move_between_fields_unnoticed():
    assert (
        row(headers=headers(ce_subject=b"v12", ce_id=b"3"))["event_hash"]
        != row(headers=headers(ce_subject=b"v1", ce_id=b"23"))["event_hash"]
    )


def test_of_a_repeated_header_the_first_counts_and_all_are_kept():
    repeated = [{"key": "ce_id", "value": b"first"}, *headers()]
    found = row(headers=repeated)
    assert found["event_id"] == "first"
    assert len(found["headers"]) == len(repeated)


def test_a_first_header_that_is_no_text_is_not_replaced_by_the_second():
    found = row(headers=[{"key": "ce_id", "value": b"\xff"}, *headers()])
    assert (found["event_id"], found["event_hash"]) == (None, None)
    assert found["headers"][0] == {"name": "ce_id", "value": b"\xff"}


def test_one_broken_header_costs_its_neighbours_nothing():
    found = landed(record(headers=headers(ce_source=b"\xff")), record(offset=8)).rows
    assert found["source"].to_pylist() == [None, "urn:vehicle:tcu"]


def test_occurred_on_is_the_day_in_utc():
    assert row(headers=headers(ce_time=b"2026-03-01T00:30:00+01:00"))["occurred_on"] == date(2026, 2, 28)
    assert row(headers=headers(ce_time=b"yesterday"))["occurred_on"] is None


def test_columns_are_those_of_the_contract():
    assert landed(record()).rows.schema == SCHEMA
