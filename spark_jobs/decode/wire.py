"""Protobuf bodies tag by tag, one at a time: for the few whose bytes are not those that any sender's runtime writes."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError, Message

from expectations.contract import Column
from expectations.rules import RANGES

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIRE_TYPE = {
    "string": BYTES,
    "boolean": VARINT,
    "int": VARINT,
    "bigint": VARINT,
    "timestamp": VARINT,
    "double": FIXED64,
    "map<string,double>": BYTES,
}
ENTRY = {1: VARINT, 2: FIXED64}  # of a Signal: its number and its value
GREATEST_ENTRY_NUMBER = 2**32 - 1
SIXTY_FOUR_BITS = 2**64 - 1


class Malformed(ValueError):
    """The bytes are no Protobuf message of ours; the text is the rule that they break."""


@dataclass(frozen=True)
class Field:
    """One field on the wire: `raw` is all of it, tag included, `payload` what it carries (a varint's bytes, or those of a string)."""

    number: int
    wire_type: int
    raw: bytes
    payload: bytes


@dataclass
class Reading:
    """What one body holds: its known fields written anew, and what was odd."""

    canonical: bytes
    unknown: dict[str, bytes] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    entries: int = 0  # of the map, read so far

    @property
    def unknown_fields(self) -> str | None:
        """JSON object of the raw bytes of unknown fields, in base64; null if there are none."""
        return (
            json.dumps({name: base64.b64encode(raw).decode() for name, raw in self.unknown.items()}, separators=(",", ":"))
            if self.unknown
            else None
        )


def read(body: bytes, message: type[Message], columns: Sequence[Column]) -> Reading:
    """Judges one body; raises Malformed. The official runtime has the last word on truncation, UTF-8 and field numbers."""
    try:
        parsed = message.FromString(body)
    except DecodeError as error:
        raise Malformed("Protobuf: truncated, invalid UTF-8 or no field number") from error
    parsed.DiscardUnknownFields()
    reading = Reading(parsed.SerializeToString())
    known = {column.number: column for column in columns}
    for each in fields(body):
        _take(each, known.get(each.number), reading)
    return reading


def fields(body: bytes) -> Iterator[Field]:
    """The fields of a message in their order; raises Malformed for groups and for what no field can be."""
    at = 0
    while at < len(body):
        tag, begin = _varint(body, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == BYTES:
            length, begin = _varint(body, begin)
            end = begin + length
        elif wire_type == VARINT:
            _, end = _varint(body, begin)
        elif wire_type in (FIXED64, FIXED32):
            end = begin + (8 if wire_type == FIXED64 else 4)
        else:
            raise Malformed("Protobuf: no groups")
        if not number or end > len(body):
            raise Malformed("Protobuf: truncated, invalid UTF-8 or no field number")
        yield Field(number, wire_type, body[at:end], body[begin:end])
        at = end


def _take(each: Field, column: Column | None, reading: Reading) -> None:
    if column is None:
        _keep(reading, f"#{each.number}", each.raw)
    elif each.wire_type != WIRE_TYPE[column.physical_type]:
        reading.wrong.add(column.name)
    elif column.physical_type == "map<string,double>":
        _take_entry(each.payload, column, reading)
    elif column.physical_type == "int":
        fits = RANGES["int"][0] <= _signed(each.payload) <= RANGES["int"][1]
        (reading.unfit.discard if fits else reading.unfit.add)(column.name)  # of a field that stands twice the last counts


def _take_entry(entry: bytes, column: Column, reading: Reading) -> None:
    pointer = f"/{column.name}/{reading.entries}"
    for each in fields(entry):
        if each.number not in ENTRY:
            _keep(reading, f"{pointer}/#{each.number}", each.raw)
        elif each.wire_type != ENTRY[each.number] or (each.wire_type == VARINT and _varint(each.payload, 0)[0] > GREATEST_ENTRY_NUMBER):
            reading.wrong.add(column.name)
    reading.entries += 1


def _keep(reading: Reading, name: str, raw: bytes) -> None:
    reading.unknown[name] = reading.unknown.get(name, b"") + raw


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """A base-128 number of at most 64 bits, and where it ends."""
    value = shift = 0
    for end in range(at, min(at + 10, len(body))):
        value |= (body[end] & 0x7F) << shift
        if body[end] < 0x80:
            return value & SIXTY_FOUR_BITS, end + 1
        shift += 7
    raise Malformed("Protobuf: truncated, invalid UTF-8 or no field number")


def _signed(payload: bytes) -> int:
    value = _varint(payload, 0)[0]
    return value - 2**64 if value >= 2**63 else value
