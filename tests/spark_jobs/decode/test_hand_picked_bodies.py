"""Bodies that have broken other decoders, one by one; the reference must agree on each."""

import json
import struct

import pyarrow as pa
import pytest

from benchmarks.decode import extra_memory_mb
from expectations.contract import contract
from spark_jobs.decode import judge
from tests.spark_jobs.decode.bodies import field, varint
from tests.spark_jobs.decode.events import JSON, PROTOBUF, bronze, headers, row
from tests.spark_jobs.decode.test_against_the_reference import compare

SIGNALS, CHARGING = contract("silver.vehicle_signals"), contract("silver.charging")
GOOD = b'{"session_id":"s","step":"started"}'
GOOD_PROTOBUF = field(1, 2, b"s") + field(2, 2, b"started")


def charging(text: str) -> bytes:
    return GOOD[:-1] + b"," + text.encode() + b"}"


def entries(text: str) -> bytes:
    return b'{"signals":[' + text.encode() + b"]}"


JSON_CASES = {
    "nothing": (b"", "malformed"),
    "white space": (b"  \n", "malformed"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "malformed"),
    "invalid UTF-8": (charging('"a":"') + b'\xff"}', "malformed"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "malformed"),
    "surrogate in UTF-8": (GOOD[:-1] + b',"a":"\xed\xa0\x80"}', "malformed"),
    "lone surrogate": (charging('"a":"\\ud800"'), "malformed"),
    "swapped surrogates": (charging('"a":"\\ude97\\ud83d"'), "malformed"),
    "pair of surrogates": (charging('"a":"\\ud83d\\ude97"'), None),
    "escaped NUL": (charging('"a":"\\u0000"'), None),
    "raw NUL": (charging('"a":"\x00"'), "malformed"),
    "NaN": (charging('"energy_wh":NaN'), "malformed"),
    "Infinity in what is unknown": (charging('"a":[-Infinity]'), "malformed"),
    "trailing comma": (GOOD[:-1] + b",}", "malformed"),
    "leading zero": (charging('"energy_wh":01'), "malformed"),
    "comment": (GOOD + b"// done", "malformed"),
    "two documents": (GOOD + GOOD, "malformed"),
    "list at top": (b"[" + GOOD + b"]", "malformed"),
    "string at top": (b'"started"', "malformed"),
    "duplicate key": (charging('"step":"started"'), "malformed"),
    "duplicate key by escape": (charging('"\\u0073tep":"started"'), "malformed"),
    "duplicate unknown key": (charging('"a":1,"a":1'), "malformed"),
    "duplicate nested key": (charging('"a":[{"b":{"c":1,"c":1}}]'), "malformed"),
    "duplicate behind a blank": (GOOD[:-1] + b', "step" :"started"}', "malformed"),
    "colons and brackets in a string": (charging(r'"a":"\": 1, :{[[[\":"'), None),
    "100,000 levels": (charging('"a":' + "[" * 100_000 + "]" * 100_000), "malformed"),
    "100,000 objects": (charging('"a":' + '{"a":' * 100_000 + "1" + "}" * 100_000), "malformed"),
    "65 levels": (charging('"a":' + "[" * 64 + "]" * 64), "malformed"),
    "65 levels behind brackets in strings": (charging('"b":"' + "]" * 99 + '","a":' + "[" * 64 + "]" * 64), "malformed"),
    "64 levels": (charging('"a":' + "[" * 63 + "]" * 63), None),
    "100 brackets in a string": (charging('"a":"' + "[" * 100 + '\\\\"'), None),
    "1e400": (entries('{"path":"a","value":1e400}'), "out_of_range"),
    "1e400 as an integer": (charging('"energy_wh":1e400'), "wrong_type"),
    "1e400 in what is unknown": (charging('"a":1e400'), None),
    "2^63": (charging('"energy_wh":9223372036854775808'), "out_of_range"),
    "2^64": (charging('"energy_wh":18446744073709551616'), "out_of_range"),
    "2^64 as a fraction": (charging('"energy_wh":18446744073709551616.0'), "wrong_type"),
    "10^5000": (charging('"energy_wh":1' + "0" * 5000), "out_of_range"),
    "-10^5000": (charging('"energy_wh":-1' + "0" * 5000), "out_of_range"),
    "2^31 in 32 bits": (charging('"soc_end":2147483648'), "out_of_range"),
    "3.0 is no integer": (charging('"soc_end":3.0'), "wrong_type"),
    "3e0 is no integer": (charging('"soc_end":3e0'), "wrong_type"),
    '"3" is no integer': (charging('"soc_end":"3"'), "wrong_type"),
    "true is no integer": (charging('"soc_end":true'), "wrong_type"),
    "an object is no string": (b'{"session_id":{"a":1},"step":"started"}', "wrong_type"),
    "null is missing": (b'{"session_id":null,"step":"started"}', "missing_field"),
    "absent is missing": (b"{}", "missing_field"),
    "another word": (b'{"session_id":"s","step":"flew"}', "not_allowed"),
    "a newline behind the pattern": (b'{"session_id":"s\\n","step":"started"}', "not_allowed"),
    "an error hides no type": (b'{"session_id":1,"soc_end":900}', "wrong_type"),
    "integer for a double": (b'{"speed_kmh":3}', None),
    "2^53 + 1 for a double": (entries('{"path":"a","value":9007199254740993}'), None),
    "-0.0": (b'{"speed_kmh":-0.0}', None),
    "-0 for a double": (b'{"speed_kmh":-0}', None),
    "-0 for a double, read strictly": (b'{"speed_kmh" :-0, "a":[-0]}', None),
    "true is no double": (b'{"speed_kmh":true}', "wrong_type"),
    "a path twice": (entries('{"path":"a","value":1},{"path":"a","value":2}'), "not_allowed"),
    "no value": (entries('{"path":"a"}'), "wrong_type"),
    "a field more": (entries('{"path":"a","value":1,"b/~":1.50}'), None),
    "no signals": (entries(""), None),
    "an object for signals": (b'{"signals":{"path":"a","value":1}}', "wrong_type"),
}
PROTOBUF_CASES = {
    "nothing": (b"", "malformed"),
    "truncated varint": (GOOD_PROTOBUF + b"\x18\x80", "malformed"),
    "truncated string": (field(1, 2, b"s") + b"\x12\x0astart", "malformed"),
    "varint of 11 bytes": (GOOD_PROTOBUF + b"\x18" + b"\xff" * 11, "malformed"),
    "invalid UTF-8": (field(1, 2, b"\xff") + field(2, 2, b"started"), "malformed"),
    "field number 0": (GOOD_PROTOBUF + b"\x00\x01", "malformed"),
    "unknown group": (GOOD_PROTOBUF + b"\x9b\x06\x08\x01\x9c\x06", "malformed"),
    "group of a known number": (GOOD_PROTOBUF + b"\x1b\x08\x01\x1c", "malformed"),
    "end of no group": (GOOD_PROTOBUF + b"\x1c", "malformed"),
    "wire type 6": (GOOD_PROTOBUF + b"\x1e", "malformed"),
    "wrong wire type": (GOOD_PROTOBUF + field(3, 1, b"8" * 8), "wrong_type"),
    "wrong wire type of a string": (field(1, 0, varint(5)) + field(2, 2, b"started"), "wrong_type"),
    "wrong wire type beside a good one": (GOOD_PROTOBUF + field(3, 0, varint(5)) + field(3, 1, b"8" * 8), "wrong_type"),
    "unknown field": (GOOD_PROTOBUF + field(99, 2, b"new") + field(99, 0, varint(1)), None),
    "2^32 in 32 bits": (GOOD_PROTOBUF + field(5, 0, varint(2**32 + 5)), "out_of_range"),
    "cut to the same length": (GOOD_PROTOBUF + field(5, 0, varint(2**32 + 2**28)), "out_of_range"),
    "cut, then good": (GOOD_PROTOBUF + field(5, 0, varint(2**32 + 5)) + field(5, 0, varint(5)), None),
    "longer varint than needed": (GOOD_PROTOBUF + field(5, 0, varint(5, longer=3)), None),
    "another order": (field(2, 2, b"started") + field(1, 2, b"s"), None),
    "a field twice": (field(1, 2, b"r") + GOOD_PROTOBUF, None),
    "missing": (field(2, 2, b"started"), "missing_field"),
    "empty string is not missing": (field(1, 2, b"") + field(2, 2, b"started"), "not_allowed"),
    "NaN": (field(1, 1, struct.pack("<d", float("nan"))), "out_of_range"),
    "infinite signal": (field(17, 2, field(1, 0, varint(3)) + field(2, 1, struct.pack("<d", float("inf")))), "out_of_range"),
    "unknown signal": (field(17, 2, field(1, 0, varint(70_000)) + field(2, 1, b"8" * 8)), None),
    "signal beyond 32 bits": (field(17, 2, field(1, 0, varint(2**32 + 1)) + field(2, 1, b"8" * 8)), "wrong_type"),
    "signal without value": (field(17, 2, field(1, 0, varint(3))), "wrong_type"),
    "signal twice": (field(17, 2, field(1, 0, varint(3)) + field(2, 1, b"8" * 8)) * 2, "not_allowed"),
    "field more in a signal": (field(17, 2, field(1, 0, varint(3)) + field(2, 1, b"8" * 8) + field(7, 2, b"good")), None),
}


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (body, content_type, reason)
        for content_type, cases in ((JSON, JSON_CASES), (PROTOBUF, PROTOBUF_CASES))
        for body, reason in cases.values()
    ],
    ids=[f"{kind}: {name}" for kind, cases in (("JSON", JSON_CASES), ("Protobuf", PROTOBUF_CASES)) for name in cases],
)
def test_the_verdict_is_the_one_that_the_rules_give(body: bytes, content_type: str, reason: str | None) -> None:
    is_signals = b"signals" in body or b"speed" in body or body[:1] == b"\x09" or body[:2] == b"\x8a\x01"
    promised = SIGNALS if is_signals else CHARGING
    good = (b"{}", JSON) if is_signals else (GOOD, JSON)
    judged = compare(promised, [good, (body, content_type), good])
    assert judged.reasons.to_pylist() == [None, reason, None]


def test_all_hand_picked_bodies_in_one_chunk_change_nothing() -> None:
    cases = [(body, JSON, reason) for body, reason in JSON_CASES.values()] + [
        (body, PROTOBUF, reason) for body, reason in PROTOBUF_CASES.values()
    ]
    compare(CHARGING, [(body, content_type) for body, content_type, _ in cases])
    compare(SIGNALS, [(body, content_type) for body, content_type, _ in cases])


def test_a_tombstone_is_malformed() -> None:
    assert judge(bronze(row(None)), CHARGING).reasons.to_pylist() == ["malformed"]


@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_a_body_of_10_mb_is_too_large_before_all_else(content_type: str) -> None:
    judged = judge(bronze(row(GOOD), row(b"[" * 10_000_000, headers(content_type=content_type.encode(), ce_id=b"")), row(GOOD)), CHARGING)
    assert judged.reasons.to_pylist() == [None, "too_large", None]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("tail", [b"", b"\\", b'"'])
def test_no_string_makes_the_count_of_levels_slow(tail: bytes) -> None:
    body = b'{"a":' + b"[" * 65 + b'"' + b'\\"' * 450_000 + tail
    assert judge(bronze(row(body)), CHARGING).reasons.to_pylist() == ["malformed"]


def test_a_chunk_of_16_mb_needs_less_than_250_mb() -> None:
    report = entries(",".join(f'{{"path":"Vehicle.Some.Long.Path.{place}","value":{place}.5}}' for place in range(150)))
    chunk = bronze(*[row(report, headers("vehicle_signals"))] * (16_000_000 // len(report)))
    assert extra_memory_mb(lambda: judge(chunk, SIGNALS)) < 250


def test_unknown_fields_keep_every_digit() -> None:
    text = '{"a":1.10,"b":123456789012345678901234567890,"c":1e400,"d":{"é":[-0.0,18446744073709551616]}}'
    (kept,) = judge(bronze(row(charging(text[1:-1]))), CHARGING).silver["unknown_fields"].to_pylist()
    assert kept == text


def test_unknown_fields_of_signals_are_named_by_their_pointer() -> None:
    (kept,) = (
        judge(bronze(row(entries('{"path":"a","value":1},{"path":"b","value":2,"a/b":"x"}'), headers("vehicle_signals"))), SIGNALS)
        .silver["unknown_fields"]
        .to_pylist()
    )
    assert json.loads(kept) == {"/signals/1/a~1b": "x"}


def test_a_slice_of_a_chunk_is_judged_like_a_chunk() -> None:
    chunk = bronze(row(b"x"), row(GOOD), row(b"y"), row(GOOD_PROTOBUF, headers(content_type=PROTOBUF.encode())))
    assert judge(chunk.slice(1, 3), CHARGING).reasons.to_pylist() == [None, "malformed", None]
    assert judge(pa.concat_tables([chunk.slice(3), chunk.slice(1, 1)]), CHARGING).rows.to_pylist() == [0, 1]


def test_no_rows_give_no_rows() -> None:
    judged = judge(bronze(), CHARGING)
    assert len(judged.silver) == len(judged.reasons) == 0
