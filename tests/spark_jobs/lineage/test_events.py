"""What is told of runs, and how long it is kept."""

from datetime import UTC, datetime
from pathlib import Path

from openlineage.client.event_v2 import RunEvent

from fleetlake.settings import settings
from spark_jobs.lineage.events import emit, event, file, forget
from spark_jobs.lineage.graph import newest

DAYS = [datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 5)]


def ran(job: str, day: int, *, is_success: bool = True) -> RunEvent:
    return event(job, ["bronze.charging"], {"silver.charging": {}}, is_success=is_success, at=DAYS[day])


def test_events_are_a_line_each_and_the_newest_of_a_job_that_succeeded_counts(home: Path):
    emit([ran("refine", 0), ran("refine", 1), ran("refine", 2, is_success=False), ran("land", 0)])
    assert len(file(settings()).read_text().splitlines()) == 4
    assert [(each["job"]["name"], each["eventTime"]) for each in newest(file(settings()))] == [
        ("refine", DAYS[1].isoformat()),
        ("land", DAYS[0].isoformat()),
    ]


def test_old_events_go_but_for_those_that_tell_what_tables_are_made_of(home: Path):
    path = file(settings())
    assert forget(path, DAYS[0]) == 0, "nothing was told yet"
    emit([ran("land", 0), ran("refine", 0), ran("refine", 0, is_success=False), ran("refine", 1), ran("refine", 3, is_success=False)])
    before = newest(path)
    assert forget(path, DAYS[2]) == 2
    assert newest(path) == before
    assert len(path.read_text().splitlines()) == 3
    emit([ran("land", 3)])
    assert forget(path, DAYS[2]) == 1, "a newer one of land came"
