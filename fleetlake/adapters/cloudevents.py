"""CloudEvents 1.0, structured mode, one JSON object a line: ours by their type `fleet.<family>.v<major>`.

An event of ours goes to Kafka as it is, faults and all: what is wrong with it, refine says, and the quarantine keeps it. Refused
are lines that are no CloudEvent, types of others, and events in which a VIN stands. A subject that is a VIN becomes a vehicle key.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fleetlake.adapters.documents import lines
from fleetlake.adapters.events import Event, Skipped, VehicleKey

OURS = re.compile(r"fleet\.(?P<family>[a-z][a-z0-9_]*)\.v(?P<major>[0-9]+)")
REQUIRED = ("id", "source", "specversion", "type")
EXTRAS = ("modelcode", "market", "swversion", "bootid", "sequence", "isresend")
VIN_SUBJECT = re.compile(r"(?=[0-9]*[A-Za-z])[A-Za-z0-9]{17}")


def events(path: Path, vehicle_key: VehicleKey) -> Iterator[Event | Skipped]:
    """The events of a JSON-lines file; lines that are not ours are skipped with the reason. Raises Unreadable at a line that is no JSON."""
    for _, document in lines(path):
        yield _event(document, vehicle_key)


def _event(document: Any, vehicle_key: VehicleKey) -> Event | Skipped:
    if reason := _no_cloudevent(document):
        return Skipped(reason)
    ours = OURS.fullmatch(document["type"])
    if not ours:
        return Skipped(f"foreign type {document['type']!r}")
    try:
        body = _body(document)
    except (binascii.Error, ValueError):
        return Skipped("its data cannot be written down again", ours["family"])
    return Event(
        family=ours["family"],
        subject=_subject(document.get("subject"), vehicle_key),
        id=document["id"],
        time=_text(document.get("time")),
        source=document["source"],
        body=body,
        extras={name: _text(document[name]) or "" for name in EXTRAS if document.get(name) is not None},
        major=int(ours["major"]),
        dataschema=_text(document.get("dataschema")),
        content_type=_text(document.get("datacontenttype")) or "application/json",
    )


def _no_cloudevent(document: Any) -> str:
    if not isinstance(document, dict):
        return "no CloudEvent: not an object"
    missing = [name for name in REQUIRED if not (isinstance(document.get(name), str) and document[name])]
    if missing:
        return f"no CloudEvent: {', '.join(missing)} missing"
    return "" if document["specversion"] == "1.0" else f"CloudEvents {document['specversion']!r} instead of 1.0"


def _subject(subject: Any, vehicle_key: VehicleKey) -> str | None:
    return vehicle_key(subject) if isinstance(subject, str) and VIN_SUBJECT.fullmatch(subject) else _text(subject)


def _body(document: Mapping[str, Any]) -> bytes:
    if "data_base64" in document:
        return base64.b64decode(document["data_base64"], validate=True)
    return json.dumps(document["data"], separators=(",", ":"), allow_nan=False).encode() if "data" in document else b""


def _text(value: Any) -> str | None:
    """An attribute as a header says it: CloudEvents writes booleans as true and false."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
