"""Bronze rows with defaults, so that a test names only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JSON, PROTOBUF = "application/json", "application/protobuf"
COLUMN_OF = {
    "content-type": "content_type",
    "ce_id": "event_id",
    "ce_source": "source",
    "ce_type": "type",
    "ce_subject": "vehicle_key",
    "ce_time": "occurred_at",
    "ce_dataschema": "dataschema",
}


def headers(family: str = "charging", **changes: bytes | None) -> list[tuple[str, bytes | None]]:
    """A vehicle's headers; a change to None leaves the header out."""
    usual: dict[str, bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_source": b"/vehicles",
        "ce_type": f"fleet.{family}.v1".encode(),
        "ce_time": b"2026-01-01T11:59:30.5Z",
        "ce_subject": b"v1",
        "ce_dataschema": f"urn:fleetlake:{family}:1.0".encode(),
        "content-type": JSON.encode(),
        "ce_modelcode": b"M1",
        "ce_market": b"DE",
        "ce_swversion": b"3.1",
        "ce_bootid": b"b7",
        "ce_sequence": b"41",
        "ce_isresend": b"false",
    }
    return [
        (name, value)
        for name, value in (usual | {name.replace("content_type", "content-type"): value for name, value in changes.items()}).items()
        if value is not None
    ]


def row(
    body: bytes | None, sent: Sequence[tuple[str, bytes | None]] | None = None, key: bytes | None = b"v1", received_at: datetime = NOON
) -> dict[str, object]:
    """One bronze row, its columns made of the headers as landing does it."""
    sent = headers() if sent is None else sent
    columns = {column: _first(name, sent) for name, column in COLUMN_OF.items()}
    place = {
        "topic": "fleet.x",
        "topic_id": "T",
        "partition": 0,
        "offset": 7,
        "received_at": received_at,
        "received_on": received_at.date(),
    }
    return (
        place
        | columns
        | {
            "key": key,
            "body": body,
            "headers": [{"name": name, "value": value} for name, value in sent],
            "event_hash": 1,
            "body_hash": b"0" * 16,
        }
    )


def bronze(*rows: dict[str, object]) -> pa.Table:
    """A chunk of bronze."""
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(contract("bronze.events")))


def _first(name: str, sent: Sequence[tuple[str, bytes | None]]) -> str | None:
    value = next((value for header, value in sent if header == name), None)
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None
