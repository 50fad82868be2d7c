"""The ways in which a single record is broken or odd: functions that change one record, by reason and name."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import polars as pl
from google.protobuf.message import Message

from fleetlake.simulator.family import Break, Family, registry
from fleetlake.simulator.faults.headers import Record, Way, bad_time, missing_envelope, put, unknown_schema
from fleetlake.simulator.faults.tags import END_GROUP, FIXED32, FIXED64, GROUP, LENGTH, VARINT, tag, varint
from fleetlake.simulator.world import body_kinds
from fleetlake.wire import message_class

UNKNOWN_FIELD, PADDING_FIELD = 900, 901  # Protobuf field numbers that no contract uses


@cache
def ways(reason: str, family: str, form: str) -> dict[str, Way]:
    """All ways to give a record of a family this reason (or to make it odd, yet acceptable), by name; the order is fixed."""
    made: dict[str, Way] = WAYS[reason](family, form)
    return made


def is_unnumbered(way: pl.Expr) -> pl.Expr:
    """Whether the record's vehicle or sequence cannot be read: such an event takes no number of its boot, so that it does not look like a loss."""
    return way.str.ends_with("ce_subject") | way.str.ends_with("bad ce_sequence")


def break_record(record: Record, way: str, family: str, form: str) -> None:
    """Changes one record in the way `reason/name`."""
    reason, _, name = way.partition("/")
    ways(reason, family, form)[name](record)


def _malformed(family: str, form: str) -> dict[str, Way]:
    made: dict[str, Way] = {"tombstone": partial(put, name="body", value=None), "empty": partial(put, name="body", value=b"")}
    return made | (_malformed_json() if form == "json" else _malformed_protobuf(family))


def _malformed_json() -> dict[str, Way]:
    inside = {
        "NaN": b'"x":NaN',
        "Infinity": b'"x":-Infinity',
        "trailing comma": b'"x":1,',
        "duplicate key": b'"x":1,"x":2',
        "duplicate key inside": b'"x":{"y":1,"y":1}',
        "lone surrogate": b'"x":"\\ud800"',
        "too deep": b'"x":' + b"[" * 70 + b"]" * 70,
        "not UTF-8": b'"x":"\xff\xfe"',
        "leading zero": b'"x":007',
        "control character": b'"x":"a\nb"',
    }
    made: dict[str, Way] = {name: partial(_into_json, text=text) for name, text in inside.items()}
    made["truncated"] = lambda record: record.update(body=record["body"][: len(record["body"]) * 2 // 3])
    made["BOM"] = lambda record: record.update(body=b"\xef\xbb\xbf" + record["body"])
    made["array"] = lambda record: record.update(body=b"[" + record["body"] + b"]")
    made["twice"] = lambda record: record.update(body=record["body"] * 2)
    return made


def _into_json(record: Record, text: bytes) -> None:
    record["body"] = record["body"][:-1] + b"," + text + b"}"


def _malformed_protobuf(family: str) -> dict[str, Way]:
    tails = {
        "truncated": tag(UNKNOWN_FIELD, LENGTH) + b"\x7fabc",
        "truncated varint": tag(UNKNOWN_FIELD, VARINT) + b"\xff\xff",
        "endless varint": tag(UNKNOWN_FIELD, VARINT) + b"\xff" * 11,
        "group": tag(UNKNOWN_FIELD, GROUP) + tag(UNKNOWN_FIELD, END_GROUP),
        "field 0": b"\x00\x01",
        "wire type 7": tag(UNKNOWN_FIELD, 7),
    }
    texts = [field.number for field in message(family).DESCRIPTOR.fields if field.type == field.TYPE_STRING]
    if texts:
        tails["not UTF-8"] = tag(texts[0], LENGTH) + b"\x02\xff\xfe"
    return {name: partial(_append, raw=raw) for name, raw in tails.items()}


def _append(record: Record, raw: bytes) -> None:
    record["body"] += raw


def message(family: str) -> type[Message]:
    """The Protobuf class of a family's body."""
    return message_class(family)


def _wrong_type(family: str, form: str) -> dict[str, Way]:
    kinds = body_kinds(family)
    if form == "protobuf":
        return {name: partial(_append, raw=_other_wire_type(family, name)) for name in kinds}
    return {
        f"{name} {value!r}": partial(_with, family=family, form=form, changes={name: value})
        for name, kind in kinds.items()
        for value in WRONG[kind]
    }


WRONG: Mapping[str, tuple[Any, ...]] = {
    "string": (7, True, ["a"]),
    "integer": ("12", 3.5, 1.0, False),
    "double": ("fast", True, {}),
    "boolean": ("true", 1),
    "timestamp": (1780300000, "yesterday"),
    "signals": ({"Vehicle.Speed": 1}, [{"path": 1, "value": 1}], [{"path": "Vehicle.IsMoving", "value": "fast"}]),
}


def _other_wire_type(family: str, column: str) -> bytes:
    field = message(family).DESCRIPTOR.fields_by_name[column]
    is_varint = field.type in (field.TYPE_INT64, field.TYPE_INT32, field.TYPE_BOOL)
    return tag(field.number, FIXED64) + bytes(8) if is_varint else tag(field.number, VARINT) + b"\x01"


def _with(record: Record, family: str, form: str, changes: Break) -> None:
    """The same body with other values in some columns; None takes a column away."""
    if form == "json":
        record["body"] = json.dumps(json.loads(record["body"]) | dict(changes), separators=(",", ":"), ensure_ascii=False).encode()
        return
    body = message(family).FromString(record["body"])
    for column, value in changes.items():
        body.ClearField(column)
        if value is not None:
            setattr(body, column, value)
    record["body"] = body.SerializeToString()


def _breaks(of: Callable[[Family], tuple[Break, ...]]) -> Callable[[str, str], dict[str, Way]]:
    def made(family: str, form: str) -> dict[str, Way]:
        return {str(dict(changes)): partial(_with, family=family, form=form, changes=changes) for changes in of(registry()[family])}

    return made


def _out_of_range(family: str, form: str) -> dict[str, Way]:
    made = _breaks(lambda known: known.out_of_range)(family, form)
    if form == "json":
        huge = {"integer": b"9223372036854775808", "double": b"1e400"}
        made |= {
            f"{name} {text.decode()}": partial(_number, name=name, text=text)
            for name, kind in body_kinds(family).items()
            if (text := huge.get(kind))
        }
    return made


def _number(record: Record, name: str, text: bytes) -> None:
    fields = json.loads(record["body"])
    del fields[name]
    record["body"] = json.dumps({**fields, name: "\0"}, separators=(",", ":")).encode().replace(b'"\\u0000"', text)


def _too_large(family: str, form: str) -> dict[str, Way]:
    return {"padded": partial(_pad, form=form)}


def _pad(record: Record, form: str) -> None:
    """Valid, and one byte longer at least than is allowed."""
    padding = b"x" * record["max_body_bytes"]
    if form == "json":
        _into_json(record, b'"padding":"' + padding + b'"')
    else:
        _append(record, tag(PADDING_FIELD, LENGTH) + varint(len(padding)) + padding)


def _unknown_field(family: str, form: str) -> dict[str, Way]:
    if form == "protobuf":
        raws = {
            "varint": tag(UNKNOWN_FIELD, VARINT) + b"\x2a",
            "text": tag(UNKNOWN_FIELD, LENGTH) + b"\x02hi",
            "fixed": tag(UNKNOWN_FIELD, FIXED32) + b"abcd",
        }
        return {name: partial(_unknown_tag, raw=raw) for name, raw in raws.items()}
    made: dict[str, Way] = {
        "boolean": partial(_unknown_json, fields={"trailer_hitched": True}),
        "object": partial(_unknown_json, fields={"seat": {"row": 2, "side": "left"}}),
        "list": partial(_unknown_json, fields={"tags": ["a", "b"], "score": 0.25}),
    }
    if body_kinds(family).get("signals"):
        made["in a signal"] = _unknown_in_signal
    return made


def _unknown_json(record: Record, fields: Mapping[str, Any]) -> None:
    _into_json(record, json.dumps(fields)[1:-1].encode())
    record["unknown_fields"] = json.dumps(fields)


def _unknown_in_signal(record: Record) -> None:
    body = json.loads(record["body"])
    body["signals"][0]["quality"] = 3
    record["body"] = json.dumps(body, separators=(",", ":")).encode()
    record["unknown_fields"] = json.dumps({"/signals/0/quality": 3})


def _unknown_tag(record: Record, raw: bytes) -> None:
    _append(record, raw)
    record["unknown_fields"] = json.dumps({f"#{UNKNOWN_FIELD}": base64.b64encode(raw).decode()})


def _schema_minor(family: str, form: str) -> dict[str, Way]:
    def newer(record: Record) -> None:
        record["ce_dataschema"] = f"urn:fleetlake:{family}:1.1"
        if form == "json":
            _unknown_json(record, {"comfort_score": 4})
        else:
            _unknown_tag(record, tag(UNKNOWN_FIELD, VARINT) + b"\x04")

    return {"1.1": newer}


WAYS: Mapping[str, Callable[[str, str], dict[str, Way]]] = {
    "too_large": _too_large,
    "missing_envelope": missing_envelope,
    "unknown_schema": unknown_schema,
    "malformed": _malformed,
    "wrong_type": _wrong_type,
    "missing_field": _breaks(lambda known: tuple({column: None} for column in known.required)),
    "out_of_range": _out_of_range,
    "not_allowed": _breaks(lambda known: known.not_allowed),
    "bad_time": bad_time,
    "unknown_field": _unknown_field,
    "schema_minor": _schema_minor,
}
