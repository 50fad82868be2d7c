from datetime import UTC, datetime, timedelta

import pytest

from fleetlake.adapters.events import Event, event_id, holds_vin, json_body, received_at, to_record, vehicle_keys

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VIN = "WVWZZZ1JZXW000001"


def event(**changes) -> Event:
    defaults = {"family": "charging", "subject": "v1", "id": "e1", "time": "2007-05-01T10:00:00Z", "source": "/tests", "body": b"{}"}
    return Event(**defaults | changes)


def test_a_record_has_the_envelope_of_cloudevents_in_binary_mode():
    record = to_record(event(extras={"bootid": "b1", "sequence": "7"}), NOW)
    assert (record.topic, record.key, record.value) == ("fleet.charging", b"v1", b"{}")
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_source": b"/tests",
        "ce_type": b"fleet.charging.v1",
        "ce_time": b"2007-05-01T10:00:00Z",
        "ce_subject": b"v1",
        "ce_dataschema": b"urn:fleetlake:charging:1.0",
        "content-type": b"application/json",
        "ce_bootid": b"b1",
        "ce_sequence": b"7",
    }


def test_an_attribute_without_a_value_has_no_header():
    record = to_record(event(subject=None, time=None), NOW)
    assert record.key is None
    assert {"ce_subject", "ce_time"}.isdisjoint(name for name, _ in record.headers)


def test_history_is_received_right_after_it_happened():
    happened = datetime(2007, 5, 1, 10, tzinfo=UTC)
    assert received_at("2007-05-01T12:00:00+02:00", NOW) == happened + timedelta(seconds=1)
    assert to_record(event(), NOW).timestamp_ms == happened.timestamp() * 1000 + 1000


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-02-01T00:00:00Z"])
def test_what_has_no_time_or_a_future_one_is_received_now(time):
    assert received_at(time, NOW) == NOW


def test_a_vehicle_key_hides_the_vin_and_depends_on_the_secret():
    key = vehicle_keys(b"one")(VIN)
    assert len(key) == 32
    assert set(key) <= set("0123456789abcdef")
    assert key == vehicle_keys(b"one")(VIN.lower()) != vehicle_keys(b"two")(VIN)


def test_the_same_piece_of_input_has_the_same_id_and_another_piece_another():
    assert event_id("a", "b") == event_id("a", "b") != event_id("ab", "")


def test_a_body_leaves_out_what_has_no_value():
    assert json_body({"a": None, "b": False, "c": 0}) == b'{"b":false,"c":0}'


@pytest.mark.parametrize(
    "place",
    [{"subject": VIN}, {"id": VIN}, {"source": f"/cars/{VIN}/x"}, {"body": b'{"vin":"%s"}' % VIN.encode()}, {"extras": {"bootid": VIN}}],
)
def test_a_vin_is_found_wherever_it_stands(place):
    assert holds_vin(to_record(event(**place), NOW))


@pytest.mark.parametrize(
    "body",
    [b"0.12345678901234567", b'"installationsstep"', b'"0123456789abcdef0123456789ABCDEF"', b'"36d1a1e0-6a1e-4a0f-9b53-3b54cf9f4c0e"'],
)
def test_numbers_words_and_other_ids_are_no_vin(body):
    assert not holds_vin(to_record(event(body=body), NOW))
