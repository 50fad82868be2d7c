"""Bodies of all families by a seed: mostly good, the rest broken in every way that we know of."""

import json
import struct
from random import Random

from expectations.contract import Column, Contract
from fleetlake.wire import signal_numbers

ODD_JSON = (
    "null",
    "true",
    "false",
    '"3"',
    '""',
    '"x"',
    "3",
    "3.0",
    "3e0",
    "-0",
    "-0.0",
    "0.30000000000000004",
    "1e400",
    "-1e400",
    "1e-400",
    "2147483648",
    "-2147483649",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "1" + "0" * 5000,
    "123456789012345678901234567890.5",
    "9223372036854775808.0",
    "[]",
    "{}",
    '{"a":1}',
    '{"a":1,"a":2}',
    '{"a":{"b":[1,{"c":2,"c":3}]}}',
    "NaN",
    "Infinity",
    "-Infinity",
    "01",
    "1.",
    ".5",
    "+1",
    "0x1",
    '"\\ud800"',
    '"\\ud83d\\ude97"',
    '"\\u0000"',
    '"\x01"',
    '"a:b"',
    '":"',
    '"\\":1"',
    '" :"',
    '"[[{{"',
    "[1,]",
    '{"a":1,}',
    "nul",
    '"2026-02-30T00:00:00Z"',
    '"2026-01-01T00:00:00+02:00"',
    '"2026-01-01 00:00:00.123456789z"',
    '"2026-01-01T00:00:00"',
    '"0001-01-01T00:00:00+01:00"',
    "[" * 70 + "]" * 70,
    "[" * 63 + "]" * 63,
    "[" * 64 + "]" * 64,
    "'a'",
    "// a",
)
ODD_ENTRIES = (
    '{"path":"a","value":1,"quality":2.50}',
    '{"path":"a"}',
    '{"value":1}',
    '{"path":1,"value":1}',
    '{"path":"b","value":"1"}',
    '{"path":"b","value":null}',
    '{"path":"b","value":true}',
    "1",
    "null",
    '{"path":"c","value":1e400}',
    '{"path":"c","value":1,"value":2}',
    '{"path":"d","value":1,"a/b~c":{"x":1.10}}',
    '{"value":7,"path":"e"}',
    '"path"',
    '["path","value"]',
    '{"path":"f","other":1}',
)
TIMES = ('"2026-01-01T11:00:00Z"', '"2025-12-31t23:59:59.5+01:00"', '"1999-02-28 00:00:00.000001-23:59"')


def json_body(random: Random, contract: Contract) -> bytes:
    """A JSON body: an event with, now and then, an odd value, field, order, blank or byte."""
    fields = [(column.name, _json_text(random, column)) for column in contract.own_columns if column.required or random.random() < 0.7]
    if random.random() < 0.1 and fields:
        fields.pop(random.randrange(len(fields)))
    if random.random() < 0.1:
        fields.append((random.choice(["new_field", "weird key\\n", "a/b", "speed_km/h", "event_id"]), random.choice(ODD_JSON)))
    if random.random() < 0.03 and fields:
        fields.append((fields[0][0], random.choice([fields[0][1], "1", "null"])))
    if random.random() < 0.2:
        random.shuffle(fields)
    colon, comma = random.choice([(":", ","), (":", ","), (": ", ", "), ("\n:\t", " ,\r")])
    body = ("{" + comma.join(f'"{name}"{colon}{value}' for name, value in fields) + "}").encode()
    return _damaged(random, body) if random.random() < 0.05 else body


def protobuf_body(random: Random, contract: Contract) -> bytes:
    """A Protobuf body, written field by field, as odd as the JSON ones."""
    fields = [_field(random, column) for column in contract.own_columns if column.required or random.random() < 0.7]
    if random.random() < 0.1 and fields:
        fields.pop(random.randrange(len(fields)))
    if random.random() < 0.1:
        fields.append(_odd_field(random, random.choice([0, 1, 2, 17, 99, 1000, 2**29 - 1])))
    if random.random() < 0.05 and fields:
        fields.append(random.choice(fields))
    if random.random() < 0.1:
        random.shuffle(fields)
    body = b"".join(fields)
    return _damaged(random, body) if random.random() < 0.05 and body else body


def varint(number: int, *, longer: int = 0) -> bytes:
    """A number in base 128, with `longer` bytes that it does not need."""
    number &= 2**64 - 1
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F)
    digits += [0] * longer
    return bytes([*(digit | 0x80 for digit in digits[:-1]), digits[-1]])


def field(number: int, wire_type: int, payload: bytes) -> bytes:
    """A field on the wire; a string or message gets its length."""
    return varint(number << 3 | wire_type) + (varint(len(payload)) if wire_type == 2 else b"") + payload


def _json_text(random: Random, column: Column) -> str:
    if random.random() < 0.03:
        return random.choice(ODD_JSON)
    if column.physical_type.startswith("map"):
        entries = [
            json.dumps({"path": path, "value": round(random.uniform(-5, 5), 2)})
            for path in random.sample(sorted(signal_numbers()), random.choice([0, 1, 3, 80]))
        ]
        return "[" + ",".join(entries + random.choices(ODD_ENTRIES, k=1 if random.random() < 0.1 else 0)) + "]"
    if column.physical_type == "timestamp":
        return random.choice(TIMES)
    return json.dumps(_good(random, column), ensure_ascii=random.random() < 0.5)


def _good(random: Random, column: Column) -> object:
    if column.physical_type == "boolean":
        return random.random() < 0.5
    if column.physical_type == "string":
        words = (
            column.enum or ("a", "seat", "/v1/x", "1.0", "lock", "a" * 32, "ü", "é\u2028", "a b", "a\n", "x" * 200)
            if random.random() < 0.15 or column.enum
            else ("abc",)
        )
        return random.choice(words if random.random() < 0.97 else ("other",))
    least, greatest = (
        column.minimum if column.minimum is not None else -(2**31),
        column.maximum if column.maximum is not None else 2**31 - 1,
    )
    edges = [least, greatest, *([least - 1, greatest + 1] if random.random() < 0.05 else [])]
    if column.physical_type == "double":
        return random.choice(
            [*map(float, edges), *[round(random.uniform(least, greatest), 2)] * 16, random.uniform(least, greatest), int(least)]
        )
    return random.choice([*map(int, edges), random.randint(int(least), int(greatest))])


def _field(random: Random, column: Column) -> bytes:
    number, kind = column.number or 0, column.physical_type
    if random.random() < 0.03:
        return _odd_field(random, number)
    longer = random.choice([0] * 40 + [1, 3])
    if kind.startswith("map"):
        return b"".join(field(number, 2, _entry(random)) for _ in range(random.choice([0, 1, 3, 40])))
    if kind == "timestamp":
        return field(number, 0, varint(random.choice([0, 1_767_225_600_000_000, -1, 253_402_300_799_999_999])))
    value = _good(random, column)
    if kind == "string":
        return field(number, 2, str(value).encode())
    if kind == "double":
        return field(number, 1, struct.pack("<d", value))
    return field(number, 0, varint(int(value), longer=longer))  # type: ignore[call-overload]


def _entry(random: Random) -> bytes:
    signal, value = (
        field(1, 0, varint(random.choice([1, 2, 5, 9, random.randrange(1, 152)]))),
        field(2, 1, struct.pack("<d", round(random.uniform(-5, 5), 2))),
    )
    if random.random() < 0.98:
        return signal + value
    odd = [
        value + signal,
        signal,
        value,
        b"",
        signal + value + _odd_field(random, 3),
        field(1, 0, varint(77_777)) + value,
        field(1, 0, varint(2**32 + 1)) + value,
        field(1, 1, b"8" * 8) + value,
        signal + field(2, 0, varint(3)),
        signal + signal + value,
        signal + field(2, 1, struct.pack("<d", float("inf"))),
    ]
    return random.choice(odd)


def _odd_field(random: Random, number: int) -> bytes:
    group = varint(number << 3 | 3) + field(1, 0, varint(1)) + varint(number << 3 | 4)
    return random.choice(
        [
            field(number, 0, varint(1)),
            field(number, 0, varint(2**31)),
            field(number, 0, varint(2**32 + 5)),
            field(number, 0, varint(2**35 + 2**28)),
            field(number, 0, varint(-(2**31) - 1)),
            field(number, 0, varint(2**63)),
            field(number, 0, b"\xff" * 11),
            field(number, 1, b"8bytes--"),
            field(number, 1, struct.pack("<d", float("nan"))),
            field(number, 1, struct.pack("<d", float("-inf"))),
            field(number, 2, b"text"),
            field(number, 2, b"\xff\xfe"),
            field(number, 2, b""),
            field(number, 5, b"4byt"),
            varint(number << 3 | 2) + varint(99) + b"short",
            group,
            varint(number << 3 | 6),
            varint(number << 3 | 4),
        ]
    )


def _damaged(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) + 1)
    return random.choice(
        [
            body[:at],
            body[:at] + bytes([random.randrange(256)]) + body[at:],
            body[:at] + bytes([random.randrange(256)]) + body[at + 1 :],
            b"\xef\xbb\xbf" + body,
            body + b" ",
            body + body,
            b"[" + body + b"]",
            body[at:],
        ]
    )
