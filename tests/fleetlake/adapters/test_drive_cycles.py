import json
from datetime import datetime, timedelta

import polars as pl
import pytest

from fleetlake.adapters.documents import Unreadable
from fleetlake.adapters.drive_cycles import events
from fleetlake.adapters.events import Skipped

START = datetime(2007, 5, 1, 10)  # noqa: DTZ001 - local time without a zone, as the survey wrote it


def second(at=0, **changes) -> dict:
    return {"timestamp": START + timedelta(seconds=at), "speed_mph": 10.0, "accel_meters_ps": 0.0, "vehicle": "h1_1"} | changes


@pytest.fixture
def read(tmp_path, key):
    def read(*rows, without=()):
        path = tmp_path / "cycles.parquet"
        pl.DataFrame(rows).drop(without).write_parquet(path)
        return list(events(path, key))

    return read


def test_a_row_is_a_report_in_km_per_hour_at_its_instant(read, key, breaches):
    [event] = read(second())
    assert (event.family, event.subject, event.time) == ("vehicle_signals", key("h1_1"), "2007-05-01T15:00:00Z")
    assert json.loads(event.body) == {"speed_kmh": 16.093}
    assert breaches(event) == []


def test_acceleration_follows_from_the_second_before_and_is_in_metres(read, breaches):
    _, event, after_a_pause = read(second(), second(1, accel_meters_ps=2.0), second(9, accel_meters_ps=2.0))
    assert json.loads(event.body)["signals"] == [{"path": "Vehicle.Acceleration.Longitudinal", "value": 0.894}]
    assert breaches(event) == []
    assert "signals" not in json.loads(after_a_pause.body)


def test_a_pause_of_more_than_five_minutes_begins_a_trip(read):
    boots = [(event.extras["bootid"], event.extras["sequence"]) for event in read(second(0), second(300), second(601), second(602))]
    first, then = "2007-05-01T15:00:00Z", "2007-05-01T15:10:01Z"
    assert boots == [(first, "0"), (first, "1"), (then, "0"), (then, "1")]


def test_vehicles_have_their_own_trips_whatever_the_order_of_rows(read, key):
    rows = [second(1), second(0, vehicle="h2_1"), second(0), second(1, vehicle="h2_1")]
    found = [(event.subject, event.extras["sequence"]) for event in read(*rows)]
    assert found == [(key("h1_1"), "0"), (key("h1_1"), "1"), (key("h2_1"), "0"), (key("h2_1"), "1")]


def test_of_an_hour_that_the_clocks_repeat_the_first_is_meant_and_one_that_they_skip_is_none(read):
    repeated, skipped = datetime(2007, 11, 4, 1, 30), datetime(2007, 3, 11, 2, 30)  # noqa: DTZ001
    lost, event = read(second(timestamp=repeated), second(timestamp=skipped))
    assert event.time == "2007-11-04T06:30:00Z"
    assert lost == Skipped("no vehicle, or no time that exists in America/Chicago", "vehicle_signals")


def test_reading_again_gives_the_same_ids(read):
    rows = [second(at) for at in range(20)]
    ids = [event.id for event in read(*rows)]
    assert ids == [event.id for event in read(*reversed(rows))]
    assert len(set(ids)) == 20


def test_speed_alone_is_enough(read):
    assert json.loads(read(second(), without=["accel_meters_ps"])[0].body) == {"speed_kmh": 16.093}


def test_a_file_without_a_needed_column_or_that_is_no_parquet_says_so(read, tmp_path, key):
    with pytest.raises(Unreadable, match="speed_mph"):
        read(second(), without=["speed_mph"])
    (tmp_path / "no.parquet").write_text("no")
    with pytest.raises(Unreadable, match=r"no\.parquet"):
        list(events(tmp_path / "no.parquet", key))
