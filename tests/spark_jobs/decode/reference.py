"""What a body is worth, in plain Python and as slow as it likes: written from the rules, sharing no code with spark_jobs.decode."""

import base64
import copy
import json
import math
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from expectations.contract import Column, Contract
from fleetlake.wire import message_class, signal_paths

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
BITS = {"int": 32, "bigint": 64}
GROUPS = (3, 4)
WIRE_TYPES = {"string": 2, "boolean": 0, "int": 0, "bigint": 0, "timestamp": 0, "double": 1, "map<string,double>": 2}


@dataclass(frozen=True)
class Literal:
    """A JSON number as it was written."""

    text: str


@dataclass
class Outcome:
    """`about` is the column or check that the verdict names; `values` are Python's; unknown numbers are Decimals."""

    reason: str | None = None
    about: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    unknown: dict[str, Any] = field(default_factory=dict)


class Rejected(Exception):
    def __init__(self, reason: str, about: str | None = None) -> None:
        super().__init__(reason)
        self.outcome = Outcome(reason, about)


class WrongType(Exception):
    """The value has another type."""


TOO_LARGE = object()  # stands for an integer that the column cannot hold


def judge(body: bytes | None, content_type: str, contract: Contract) -> Outcome:
    """The outcome of one body; the envelope is good."""
    try:
        if body is not None and len(body) > 1_000_000:
            raise Rejected("too_large")
        if not body:
            raise Rejected("malformed")
        values, unknown = (_json if content_type == "application/json" else _protobuf)(body, contract)
        _rules(values, contract)
    except Rejected as rejected:
        return rejected.outcome
    return Outcome(values=values, unknown=unknown)


def decimals(text: str) -> Any:
    """JSON text with exact numbers."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def _json(body: bytes, contract: Contract) -> tuple[dict[str, Any], dict[str, Any]]:
    document = _document(body)
    unknown = {name: _exact(value) for name, value in document.items() if name not in {column.name for column in contract.own_columns}}
    values: dict[str, Any] = {}
    for column in contract.own_columns:
        try:
            values[column.name] = _json_value(document.get(column.name), column, unknown)
        except WrongType:
            raise Rejected("wrong_type", column.name) from None
    return values, unknown


def _document(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode("utf-8")
        if _levels(text) > 64:
            raise Rejected("malformed")
        found = json.loads(text, object_pairs_hook=_once, parse_int=Literal, parse_float=Literal, parse_constant=_never)
    except ValueError:
        raise Rejected("malformed") from None
    if not isinstance(found, dict) or any("\ud800" <= character <= "\udfff" for string in _strings(found) for character in string):
        raise Rejected("malformed")
    if not any(math.isinf(float(number.text)) for number in _literals(found)):
        orjson.loads(body)  # the other strict parser is of the same mind
    return found


def _levels(text: str) -> int:
    level = deepest = 0
    is_string = is_escaped = False
    for character in text:
        if is_string:
            is_string = is_escaped or character != '"'
            is_escaped = character == "\\" and not is_escaped
        elif character == '"':
            is_string = True
        elif character in "[{":
            level += 1
            deepest = max(deepest, level)
        elif character in "]}":
            level -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _never(word: str) -> None:
    raise ValueError(word)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(string for item in value.values() for string in _strings(item))]
    if isinstance(value, list):
        return [string for item in value for string in _strings(item)]
    return [value] if isinstance(value, str) else []


def _literals(value: Any) -> list[Literal]:
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value] if isinstance(value, Literal) else [number for item in items for number in _literals(item)]


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return Decimal(value.text) if isinstance(value, Literal) else value


def _json_value(value: Any, column: Column, unknown: dict[str, Any]) -> Any:
    kind = column.physical_type
    if value is None:
        return None
    if kind in BITS and isinstance(value, Literal) and re.fullmatch(r"-?[0-9]+", value.text):
        return _integer(Decimal(value.text), kind)
    if kind == "double" and isinstance(value, Literal):
        return _double(value)
    if (kind == "string" and isinstance(value, str)) or (kind == "boolean" and isinstance(value, bool)):
        return value
    if kind == "timestamp" and isinstance(value, str):
        return instant(value)
    if kind == "map<string,double>" and isinstance(value, list):
        return [_json_entry(entry, f"/{column.name}/{place}/", unknown) for place, entry in enumerate(value)]
    raise WrongType


def _double(number: Literal) -> float:
    return float(json.loads(number.text)) if len(number.text) < 300 else float(number.text)  # as Python parses them: -0 is an integer


def _json_entry(entry: Any, pointer: str, unknown: dict[str, Any]) -> tuple[str, float]:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or not isinstance(entry.get("value"), Literal):
        raise WrongType
    unknown.update(
        {
            pointer + name.replace("~", "~0").replace("/", "~1"): _exact(item)
            for name, item in entry.items()
            if name not in ("path", "value")
        }
    )
    return entry["path"], _double(entry["value"])


def _integer(number: Decimal | int, kind: str) -> Any:
    limit = 2 ** (BITS[kind] - 1)
    return int(number) if -limit <= number < limit else TOO_LARGE


def instant(text: str) -> datetime:
    """An RFC 3339 date-time, truncated to microseconds; raises WrongType."""
    match = RFC3339.fullmatch(text)
    if not match:
        raise WrongType
    *parts, fraction, sign, hours, minutes = match.groups()
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        raise WrongType
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        return datetime(*map(int, parts), int((fraction or "0")[:6].ljust(6, "0")), tzinfo=timezone(shift)).astimezone(UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        raise WrongType from None


def _protobuf(body: bytes, contract: Contract) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        message = _wide_class(contract.table).FromString(body)
    except DecodeError:
        raise Rejected("malformed") from None
    numbers = {column.number: column for column in contract.own_columns}
    entries = [
        entry for column in contract.own_columns if column.physical_type.startswith("map") for entry in getattr(message, column.name)
    ]
    odd = list(UnknownFieldSet(message))
    odd_in_entries = [list(UnknownFieldSet(entry)) for entry in entries]
    if any(each.wire_type in GROUPS for each in [*odd, *(each for entry in odd_in_entries for each in entry)]):
        raise Rejected("malformed")
    wrong = {numbers[each.field_number].name for each in odd if each.field_number in numbers}
    unknown: dict[str, bytes] = {}
    for each in odd:
        unknown[f"#{each.field_number}"] = unknown.get(f"#{each.field_number}", b"") + _raw(each)
    values: dict[str, Any] = {}
    for column in contract.own_columns:
        try:
            values[column.name] = _protobuf_value(message, column)
        except WrongType:
            wrong.add(column.name)
        if column.physical_type.startswith("map"):
            for place, fields in enumerate(odd_in_entries):
                for each in fields:
                    name = f"/{column.name}/{place}/#{each.field_number}"
                    unknown[name] = unknown.get(name, b"") + _raw(each)
                    wrong |= {column.name} if each.field_number in (1, 2) else set()
    for column in contract.own_columns:
        if column.name in wrong:
            raise Rejected("wrong_type", column.name)
    return values, {name: base64.b64encode(raw).decode() for name, raw in unknown.items()}


def _protobuf_value(message: Message, column: Column) -> Any:
    value = getattr(message, column.name)
    if column.physical_type.startswith("map"):
        return [_protobuf_entry(entry) for entry in value] or None
    if not message.HasField(column.name):
        return None
    if column.physical_type in BITS:
        return _integer(value, column.physical_type)
    if column.physical_type != "timestamp":
        return value
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError:
        raise WrongType from None


def _protobuf_entry(entry: Any) -> tuple[str, float]:
    if not entry.HasField("signal") or not entry.HasField("value") or entry.signal >= 2**32:
        raise WrongType
    return signal_paths().get(entry.signal, f"#{entry.signal}"), entry.value


def _raw(unknown: Any) -> bytes:
    """The bytes of an unknown field, as every runtime writes them."""
    data = unknown.data
    payload = {
        0: lambda: _varint(data),
        1: lambda: data.to_bytes(8, "little"),
        2: lambda: _varint(len(data)) + data,
        5: lambda: data.to_bytes(4, "little"),
    }
    return _varint(unknown.field_number << 3 | unknown.wire_type) + payload[unknown.wire_type]()


def _varint(number: int) -> bytes:
    head = bytearray()
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])


@lru_cache
def _wide_class(family: str) -> type[Message]:
    """The family's message with 64 bits for every integer, so that the runtime cuts none."""
    descriptor = message_class(family).DESCRIPTOR
    file = descriptor_pb2.FileDescriptorProto()
    descriptor.file.CopyToProto(file)
    wide = copy.deepcopy(file)
    for message in wide.message_type:
        for each in message.field:
            narrow = {each.TYPE_INT32: each.TYPE_INT64, each.TYPE_UINT32: each.TYPE_UINT64}
            each.type = narrow.get(each.type, each.type)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(wide)  # type: ignore[no-untyped-call]
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(descriptor.full_name))


def _rules(values: dict[str, Any], contract: Contract) -> None:
    for column in contract.own_columns:
        if column.required and values[column.name] is None:
            raise Rejected("missing_field", column.name)
    for column in contract.own_columns:
        if not _is_in_range(values[column.name], column):
            raise Rejected("out_of_range", column.name)
    for column in contract.own_columns:
        if not _is_allowed(values[column.name], column):
            raise Rejected("not_allowed", column.name)
    for column in contract.own_columns:
        if column.physical_type.startswith("map") and values[column.name] and len(dict(values[column.name])) < len(values[column.name]):
            raise Rejected("not_allowed", column.name)
    for check in contract.checks:
        if not _holds(check.expression, values):
            raise Rejected("not_allowed", check.name)


def _is_in_range(value: Any, column: Column) -> bool:
    if value is None:
        return True
    if value is TOO_LARGE:
        return False
    numbers = [number for _, number in value] if isinstance(value, list) else [value] if type(value) in (int, float) else []
    least, greatest = column.minimum, column.maximum
    return all(
        math.isfinite(number) and (least is None or number >= least) and (greatest is None or number <= greatest) for number in numbers
    )


def _is_allowed(value: Any, column: Column) -> bool:
    if value is None:
        return True
    return (column.enum is None or value in column.enum) and (
        column.pattern is None or re.fullmatch(column.pattern.removeprefix("^").removesuffix("$"), value, re.ASCII) is not None
    )


def _holds(expression: str, values: dict[str, Any]) -> bool:
    scalars = {name: value for name, value in values.items() if not isinstance(value, list | datetime)}
    names = ", ".join(f":{name} as {name}" for name in scalars)
    with sqlite3.connect(":memory:") as connection:
        answer = connection.execute(f"select {expression} from (select {names})", scalars).fetchone()[0]
    connection.close()
    return answer is None or bool(answer)
