"""What the headers must say, and what of them is in silver."""

from datetime import UTC, date, datetime, timedelta

import pytest

from expectations.contract import contract
from expectations.schemas import arrow_schema
from spark_jobs.decode import Judged, judge
from tests.spark_jobs.decode.events import NOON, bronze, headers, row

CHARGING = contract("silver.charging")
GOOD = b'{"session_id":"s","step":"started"}'


def judged(*rows: dict[str, object]) -> Judged:
    """Judges the rows between two good ones, which must stay good, whatever the layout of the headers."""
    whole = judge(bronze(row(GOOD), *rows, row(GOOD)), CHARGING)
    assert whole.reasons[0].as_py() is None
    assert whole.reasons[-1].as_py() is None
    return whole


def verdict(**changes: bytes | None) -> tuple[str | None, str | None]:
    whole = judged(row(GOOD, headers(**changes)))
    return whole.reasons[1].as_py(), whole.rules[1].as_py()


def test_silver_has_the_columns_of_its_contract() -> None:
    silver = judge(bronze(row(GOOD)), CHARGING).silver
    assert silver.schema.equals(arrow_schema(CHARGING))
    (only,) = silver.to_pylist()
    assert only["occurred_at"] == datetime(2026, 1, 1, 11, 59, 30, 500_000, tzinfo=UTC)
    assert (only["occurred_on"], only["received_at"], only["is_late"], only["is_resend"]) == (date(2026, 1, 1), NOON, False, False)
    assert (only["boot_id"], only["sequence"], only["model"], only["market"], only["sw_version"]) == ("b7", 41, "M1", "DE", "3.1")
    assert (only["event_id"], only["vehicle_key"], only["topic_id"], only["partition"], only["offset"], only["session_id"]) == (
        "e1",
        "v1",
        "T",
        0,
        7,
        "s",
    )


@pytest.mark.parametrize(
    "name", ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_dataschema", "content_type"]
)
@pytest.mark.parametrize("value", [None, b"", b"\xff"])
def test_a_required_header_is_there_with_text_in_it(name: str, value: bytes | None) -> None:
    assert verdict(**{name: value})[0] == "missing_envelope"


@pytest.mark.parametrize("name", ["ce_bootid", "ce_sequence", "ce_modelcode", "ce_market", "ce_swversion", "ce_isresend"])
def test_an_optional_header_may_be_absent_but_not_garbage(name: str) -> None:
    assert verdict(**{name: None}) == (None, None)
    assert verdict(**{name: b"\xff"}) == ("missing_envelope", f"{name}: UTF-8")


@pytest.mark.parametrize("value", [b"-1", b"+1", b"1.0", b"", b"x", b"9223372036854775808", b"1" * 40, "٣".encode(), b" 1"])
def test_a_sequence_is_a_decimal_integer_of_63_bits(value: bytes) -> None:
    assert verdict(ce_sequence=value) == ("missing_envelope", "ce_sequence: 0 to 9223372036854775807")


def test_the_greatest_sequence_is_kept() -> None:
    assert judged(row(GOOD, headers(ce_sequence=b"9223372036854775807"))).silver["sequence"].to_pylist() == [41, 2**63 - 1, 41]


@pytest.mark.parametrize(("key", "is_good"), [(b"v1", True), (b"v2", False), (None, False), (b"", False)])
def test_the_key_is_the_subject(key: bytes | None, is_good: bool) -> None:
    assert judged(row(GOOD, key=key)).reasons[1].as_py() == (None if is_good else "missing_envelope")


@pytest.mark.parametrize("name", ["ce_id", "ce_specversion", "ce_market", "ce_isresend"])
def test_a_header_that_is_read_stands_once(name: str) -> None:
    twice = [*headers(), (name, b"1.0")]
    assert judged(row(GOOD, twice)).rules[1].as_py() == f"{name}: once"
    assert judge(bronze(row(GOOD, twice), row(GOOD, twice)), CHARGING).rules.to_pylist() == [f"{name}: once"] * 2


def test_other_headers_may_stand_in_any_number_and_order() -> None:
    assert judged(row(GOOD, [("trace", b"\xff"), ("trace", None), *reversed(headers())])).reasons.to_pylist() == [None] * 3


def test_no_headers_at_all_are_missing() -> None:
    assert judged(row(GOOD, [])).reasons.to_pylist() == [None, "missing_envelope", None]
    assert judge(bronze(row(GOOD, []), row(GOOD, [])), CHARGING).reasons.to_pylist() == ["missing_envelope"] * 2


@pytest.mark.parametrize(
    ("changes", "is_known"),
    [
        ({"ce_dataschema": b"urn:fleetlake:charging:1.7"}, True),
        ({"ce_dataschema": b"urn:fleetlake:charging:2.0"}, False),
        ({"ce_dataschema": b"urn:fleetlake:charging:1"}, False),
        ({"ce_dataschema": b"urn:fleetlake:consents:1.0"}, False),
        ({"ce_dataschema": b"urn:fleetlake:charging:1.0 "}, False),
        ({"ce_type": b"fleet.charging.v2"}, False),
        ({"ce_type": b"fleet.consents.v1"}, False),
        ({"content_type": b"application/json; charset=utf-8"}, True),
        ({"content_type": b"Application/JSON"}, True),
        ({"content_type": b"text/plain"}, False),
    ],
)
def test_only_this_family_and_major_version_are_known(changes: dict[str, bytes], is_known: bool) -> None:
    assert verdict(**changes)[0] == (None if is_known else "unknown_schema")


@pytest.mark.parametrize(
    ("delay", "reason"),
    [
        (timedelta(hours=-1), None),
        (timedelta(hours=-1, microseconds=-1), "bad_time"),
        (timedelta(days=400), None),
        (timedelta(days=400, microseconds=1), "bad_time"),
    ],
)
def test_a_clock_is_at_most_an_hour_ahead_and_400_days_behind(delay: timedelta, reason: str | None) -> None:
    assert verdict(ce_time=(NOON - delay).isoformat().encode())[0] == reason


def test_a_time_that_is_none_is_a_bad_time() -> None:
    assert verdict(ce_time=b"yesterday") == ("bad_time", "ce_time: RFC 3339")


def test_a_broken_body_comes_before_a_bad_time_and_after_a_bad_envelope() -> None:
    rows = [
        row(b"{", headers(ce_time=b"yesterday")),
        row(b"{", headers(ce_id=b"")),
        row(b"{", headers(ce_dataschema=b"x")),
        row(GOOD, headers(ce_id=b"", ce_dataschema=b"x")),
    ]
    assert judged(*rows).reasons.to_pylist() == [None, "malformed", "missing_envelope", "unknown_schema", "missing_envelope", None]


@pytest.mark.parametrize(("delay", "is_late"), [(timedelta(hours=2), False), (timedelta(hours=2, microseconds=1), True)])
def test_an_event_is_late_after_two_hours(delay: timedelta, is_late: bool) -> None:
    assert judged(row(GOOD, headers(ce_time=(NOON - delay).isoformat().encode()))).silver["is_late"].to_pylist()[1] is is_late


def test_only_the_word_true_is_a_resend() -> None:
    silver = judged(row(GOOD, headers(ce_isresend=b"true")), row(GOOD, headers(ce_isresend=b"1"))).silver
    assert silver["is_resend"].to_pylist() == [False, True, False, False]
