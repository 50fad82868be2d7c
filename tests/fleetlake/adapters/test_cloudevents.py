import base64
import json
from datetime import UTC, datetime

import pytest

from fleetlake.adapters.cloudevents import events
from fleetlake.adapters.events import Skipped, to_record

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VIN = "WVWZZZ1JZXW000001"


def cloudevent(**changes) -> dict:
    defaults = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/back-end",
        "type": "fleet.charging.v1",
        "subject": "v1",
        "time": "2025-05-01T10:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:fleetlake:charging:1.3",
        "data": {"session_id": "s1", "step": "plugged"},
    }
    return {name: value for name, value in (defaults | changes).items() if value is not None}


@pytest.fixture
def read(tmp_path, key):
    def read(*lines):
        path = tmp_path / "events.jsonl"
        path.write_text("\n".join(json.dumps(line) for line in lines))
        return list(events(path, key))

    return read


def test_an_event_of_ours_goes_on_as_it_is(read):
    [event] = read(cloudevent(modelcode="ID4", sequence=7, isresend=True, partitionkey="foreign"))
    assert (event.family, event.subject, event.id, event.time, event.source) == (
        "charging",
        "v1",
        "e1",
        "2025-05-01T10:00:00Z",
        "/back-end",
    )
    assert json.loads(event.body) == {"session_id": "s1", "step": "plugged"}
    assert event.dataschema == "urn:fleetlake:charging:1.3"
    assert event.extras == {"modelcode": "ID4", "sequence": "7", "isresend": "true"}


def test_faults_of_an_event_of_ours_are_left_to_refine(read):
    [event] = read(cloudevent(subject=None, time="yesterday", data={"step": 5}))
    record = to_record(event, NOW)
    assert (record.key, record.value, dict(record.headers)["ce_time"]) == (None, b'{"step":5}', b"yesterday")


def test_binary_data_is_decoded(read):
    [event] = read(cloudevent(data=None, data_base64=base64.b64encode(b"\x08\x01").decode(), datacontenttype="application/protobuf"))
    assert (event.body, event.content_type) == (b"\x08\x01", "application/protobuf")


def test_a_vin_as_subject_becomes_a_vehicle_key(read, key):
    [event] = read(cloudevent(subject=VIN))
    assert event.subject == key(VIN)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (cloudevent(type="com.example.order.created"), "foreign type 'com.example.order.created'"),
        (cloudevent(specversion="0.3"), "CloudEvents '0.3' instead of 1.0"),
        (cloudevent(id=""), "no CloudEvent: id missing"),
        (["not", "an", "object"], "no CloudEvent: not an object"),
    ],
)
def test_what_is_not_ours_is_refused_with_its_reason(read, line, reason):
    assert read(cloudevent(), line)[1] == Skipped(reason)


def test_data_that_json_cannot_say_is_refused(tmp_path, key):
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(cloudevent(data="X")).replace('"X"', "1e400"))
    assert list(events(path, key)) == [Skipped("its data cannot be written down again", "charging")]
