"""The real files, read by the adapters: everything that comes out holds what the contracts promise."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from fleetlake.adapters import Source, adapter
from fleetlake.adapters.events import Skipped, holds_vin, to_record

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def read(samples, key):
    def read(source, pattern):
        files = sorted(samples.glob(pattern))
        assert files, f"no file {pattern} among the samples"
        return [piece for file in files for piece in adapter(source)(file, key)]

    return read


@pytest.mark.parametrize(
    ("source", "pattern", "families"),
    [
        (Source.BMW, "maker_api/bmw/*/*.json", {"vehicle_signals": 7, "vehicle_lifecycle": 193}),
        (Source.SKODA, "maker_api/skoda/*/*", {"vehicle_signals": 24, "vehicle_lifecycle": 192}),
    ],
)
def test_the_makers_answers_satisfy_the_contracts(read, breaches, source, pattern, families):
    events = [piece for piece in read(source, pattern) if not isinstance(piece, Skipped)]
    assert Counter(event.family for event in events) == families
    assert Counter(event.id for event in events).most_common(1)[0][1] == 1
    assert [(event, broken) for event in events if (broken := breaches(event))] == []
    assert not any(holds_vin(to_record(event, NOW)) for event in events)


@pytest.mark.parametrize(
    ("source", "pattern", "personal"),
    [
        (Source.BMW, "maker_api/bmw/*/*.json", ["WBA0", "WBY0", "WZ10", "Olympiapark", "ceb64158", "48.177334"]),
        (Source.SKODA, "maker_api/skoda/*/*", ["TMOCK", "TMBA", "ad0d7945", "Example", "HH AA", "81b50439", "53.470636"]),
    ],
)
def test_nothing_personal_of_the_makers_answers_enters_kafka(read, source, pattern, personal):
    text = repr([to_record(piece, NOW) for piece in read(source, pattern) if not isinstance(piece, Skipped)])
    assert [word for word in personal if word in text] == []


def test_every_second_of_the_drive_cycles_is_a_report(read, breaches):
    pieces = read(Source.DRIVE_CYCLES, "drive_cycles/*.parquet")
    assert len(pieces) == len({piece.id for piece in pieces}) == 219_152
    assert len({piece.subject for piece in pieces}) == 22
    assert [broken for piece in pieces[::5000] if (broken := breaches(piece))] == []
