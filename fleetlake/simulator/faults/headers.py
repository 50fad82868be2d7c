"""Ways to break what stands around a body: headers and key."""

from collections.abc import Callable
from functools import partial
from typing import Any

Record = dict[str, Any]  # headers by name (None: absent), key, body, odd_headers [(name, value)], unknown_fields
Way = Callable[[Record], None]

REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_dataschema", "content-type")


def missing_envelope(family: str, form: str) -> dict[str, Way]:
    """Headers and keys without which an event has no envelope."""
    made: dict[str, Way] = {f"no {name}": partial(put, name=name, value=None) for name in REQUIRED}
    made |= {f"null {name}": partial(_odd, name=name, value=None) for name in ("ce_id", "ce_subject")}
    made |= {f"empty {name}": partial(put, name=name, value="") for name in ("ce_id", "ce_type", "ce_subject")}
    made |= {f"not UTF-8 {name}": partial(_odd, name=name, value=b"\xff\xfe") for name in ("ce_source", "ce_time", "ce_subject")}
    made["specversion 0.3"] = partial(put, name="ce_specversion", value="0.3")
    made["key of another"] = partial(put, name="key", value=b"somebody-else")
    made["no key"] = partial(put, name="key", value=None)
    made["bad ce_sequence"] = partial(put, name="ce_sequence", value="twelve")
    made["repeated ce_id"] = partial(_repeat, name="ce_id", value=b"another-id")
    return made


def unknown_schema(family: str, form: str) -> dict[str, Way]:
    """Schemas, types and content types that are not of the family's contract."""
    return {
        "major 2": partial(put, name="ce_dataschema", value=f"urn:fleetlake:{family}:2.0"),
        "of another family": partial(put, name="ce_dataschema", value="urn:fleetlake:weather:1.0"),
        "no urn": partial(put, name="ce_dataschema", value="https://example.com/schema.json"),
        "content-type text": partial(put, name="content-type", value="text/plain"),
        "type v2": partial(put, name="ce_type", value=f"fleet.{family}.v2"),
        "type of another family": partial(put, name="ce_type", value="fleet.weather.v1"),
    }


def bad_time(family: str, form: str) -> dict[str, Way]:
    """Times that no clock shows."""
    times = {
        "words": "yesterday",
        "30 February": "2026-02-30T10:00:00Z",
        "leap second": "2026-06-01T10:00:60Z",
        "no offset": "2026-06-01T10:00:00",
    }
    times["seconds"] = "1780300000"
    return {name: partial(put, name="ce_time", value=value) for name, value in times.items()}


def put(record: Record, name: str, value: Any) -> None:
    """Another value of a header, of the key or of the body; None takes it away."""
    record[name] = value


def _odd(record: Record, name: str, value: bytes | None) -> None:
    record[name] = None
    _repeat(record, name, value)


def _repeat(record: Record, name: str, value: bytes | None) -> None:
    record["odd_headers"] = [*(record["odd_headers"] or []), {"name": name, "value": value}]
