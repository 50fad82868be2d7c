"""What an adapter yields, and how an event becomes a Kafka record."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from fleetlake.names import topic
from fleetlake.produce import Record

VehicleKey = Callable[[str], str]

TRANSIT = timedelta(seconds=1)  # a file is history: its events are received as if they had come over the air right then
VIN = re.compile(rb"(?<![A-Za-z0-9])(?=[0-9]*[A-Z])[A-Z0-9]{17}(?![A-Za-z0-9])")  # ISO 3779, and placeholders with I, O and Q


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to Kafka; `extras`: optional envelope attributes, modelcode, market, swversion, bootid, sequence, isresend."""

    family: str
    subject: str | None
    id: str
    time: str | None
    source: str
    body: bytes
    extras: Mapping[str, str] = field(default_factory=dict)
    major: int = 1
    dataschema: str | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A piece of the input that becomes no event, and why; `family` is empty where the piece belongs to none."""

    reason: str
    family: str = ""


def vehicle_keys(secret: bytes) -> VehicleKey:
    """The function from a VIN to its vehicle key: 32 hex digits of HMAC-SHA256, so that nobody without the secret finds the VIN again."""

    @lru_cache(maxsize=100_000)
    def vehicle_key(vin: str) -> str:
        return hmac.new(secret, vin.upper().encode(), hashlib.sha256).hexdigest()[:32]

    return vehicle_key


def event_id(*parts: str) -> str:
    """32 hex digits that name the same piece of input each time it is read: a file sent twice gives duplicates, not new events."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def json_body(columns: Mapping[str, Any]) -> bytes:
    """The body of an event: the family's columns that have a value, as compact JSON."""
    said = {name: value for name, value in columns.items() if value is not None}
    return json.dumps(said, separators=(",", ":"), allow_nan=False).encode()


def received_at(time: str | None, now: datetime) -> datetime:
    """When an event of a file counts as received: right after it happened, never in the future; now if it does not say when it was."""
    try:
        return min(now, datetime.fromisoformat(time or "").astimezone(UTC) + TRANSIT)
    except (ValueError, OverflowError):
        return now


def to_record(event: Event, now: datetime) -> Record:
    """The Kafka record of an event: CloudEvents 1.0 in binary mode, keyed by vehicle; attributes without a value have no header."""
    subject = None if event.subject is None else event.subject.encode()
    headers: list[tuple[str, str | bytes | None]] = [
        (name, value.encode()) for name, value in _attributes(event).items() if value is not None
    ]
    return Record(topic(event.family), subject, event.body, headers, round(received_at(event.time, now).timestamp() * 1000))


def _attributes(event: Event) -> dict[str, str | None]:
    return {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": f"fleet.{event.family}.v{event.major}",
        "ce_time": event.time,
        "ce_subject": event.subject,
        "ce_dataschema": event.dataschema or f"urn:fleetlake:{event.family}:{event.major}.0",
        "content-type": event.content_type,
        **{f"ce_{name}": value for name, value in event.extras.items()},
    }


def holds_vin(record: Record) -> bool:
    """Whether something that looks like a VIN stands in the key, a header or the body of a record."""
    parts = (record.key, record.value, *(value for _, value in record.headers))
    return any(VIN.search(part) for part in parts if isinstance(part, bytes))
