import json
from collections import Counter

import pytest
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.commands import send
from fleetlake.console import Failure

VIN = "WVWZZZ1JZXW000001"


def line(**changes) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": "e1",
            "source": "/s",
            "type": "fleet.charging.v1",
            "subject": VIN,
            "time": "2025-05-01T10:00:00Z",
            "data": {},
        }
        | changes
    )


@pytest.fixture
def sent(monkeypatch, tmp_path):
    """Records that would have gone to Kafka."""
    records = []

    def deliver(given):
        records.extend(given)
        return Counter(record.topic for record in records)

    monkeypatch.setattr(send, "_deliver", deliver)
    monkeypatch.setattr("fleetlake.settings.Settings.key_of_vins", lambda self: b"secret")
    return records


@pytest.fixture
def fleet_send(tmp_path):
    def run(text, *options, source="cloudevents"):
        path = tmp_path / "events.jsonl"
        path.write_text(text)
        result = CliRunner().invoke(application(), ["send", "--from", source, str(path), "--json", *options])
        return json.loads(result.stdout), result.exception

    return run


def test_the_table_says_what_was_read_sent_and_skipped_and_why(sent, fleet_send):
    rows, failure = fleet_send(
        "\n".join([line(), line(id="e2"), line(type="com.example.x"), line(type="fleet.weather.v1"), line(data={"car": VIN})])
    )
    assert rows == [
        {"family": "(none)", "read": 1, "sent": 0, "skipped": 1, "reasons": "1× foreign type 'com.example.x'"},
        {"family": "charging", "read": 3, "sent": 2, "skipped": 1, "reasons": "1× a VIN stands in it"},
        {"family": "weather", "read": 1, "sent": 0, "skipped": 1, "reasons": "1× no contract for this family"},
    ]
    assert failure is None
    assert [dict(record.headers)["ce_id"] for record in sent] == [b"e1", b"e2"]


def test_a_vin_never_enters_kafka(sent, fleet_send):
    fleet_send("\n".join([line(), line(id=VIN), line(source=f"/cars/{VIN}"), line(bootid=VIN), line(data=[VIN])]))
    assert len(sent) == 1
    assert VIN not in repr(sent)


def test_what_was_good_before_an_unreadable_line_is_kept(sent, fleet_send, tmp_path):
    rows, failure = fleet_send(f"{line()}\n{{broken\n{line(id='e3')}")
    assert [row["sent"] for row in rows] == [len(sent)] == [1]
    assert isinstance(failure, Failure)
    assert f"{tmp_path / 'events.jsonl'}, line 2: Expecting property name" in failure.what


def test_a_dry_run_sends_nothing_and_says_the_same(sent, fleet_send):
    rows, _ = fleet_send(line(), "--dry-run")
    assert [(row["family"], row["sent"]) for row in rows] == [("charging", 1)]
    assert sent == []
