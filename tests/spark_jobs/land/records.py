"""Kafka records as Spark hands them to a worker, with defaults."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

RECORDS = pa.schema(
    [
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("headers", pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))),
    ]
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC_ID = "m9jv_y_XTZKsYym45w2DzA"


def headers(**changes: bytes | None) -> list[dict[str, Any]]:
    """The envelope of a charging event; a change to None leaves a header out."""
    envelope = {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_source": b"urn:vehicle:tcu",
        "ce_type": b"fleet.charging.v1",
        "ce_time": b"2026-03-01T11:59:58.5+00:00",
        "ce_subject": b"v1",
        "ce_dataschema": b"urn:fleetlake:charging:1.0",
        "content-type": b"application/json",
    }
    return [{"key": name, "value": value} for name, value in (envelope | changes).items() if value is not None]


def record(**changes: Any) -> dict[str, Any]:
    """One record; each test names only what it is about."""
    plain = {
        "key": b"v1",
        "value": b'{"step":"started"}',
        "topic": "fleet.charging",
        "partition": 2,
        "offset": 7,
        "timestamp": NOON,
        "headers": headers(),
    }
    return plain | changes


def records(*each: dict[str, Any]) -> pa.RecordBatch:
    """A batch as mapInArrow gives it."""
    return pa.RecordBatch.from_pylist(list(each), schema=RECORDS)
