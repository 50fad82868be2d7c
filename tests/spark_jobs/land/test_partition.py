"""A worker writes one file a day of reception and reports exactly what it wrote."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from spark_jobs.land import days
from spark_jobs.land.partition import Report, Target
from spark_jobs.land.rows import land
from tests.spark_jobs.land.records import NOON, TOPIC_ID, record, records

BRONZE = contract("bronze.charging")
SCHEMA = arrow_schema(BRONZE)


def target(root, file_bytes=1_000_000):
    names = ("fleet.charging", "fleet.consents")
    roots = {name: f"{root}/{name}" for name in names}
    return Target(roots, dict.fromkeys(names, TOPIC_ID), SCHEMA, statistics_columns(BRONZE), file_bytes)


def written(root, *batches, file_bytes=1_000_000):
    """Reports by topic and partition."""
    reports = [Report.from_row(row) for batch in target(root, file_bytes).write(batches) for row in batch.to_pylist()]
    return {(report.topic, report.partition): report for report in reports}


def held(root, report):
    paths = [f"{root}/{report.topic}/{file.path}" for file in report.files]
    return pl.concat([pl.read_parquet(path, hive_partitioning=True) for path in paths]).sort("offset")


def test_what_is_reported_is_what_lies_in_the_files(tmp_path):
    batch = records(record(offset=7), record(offset=8, value=None), record(offset=9, timestamp=NOON + timedelta(days=1)))
    report = written(tmp_path, batch)["fleet.charging", 2]
    assert (report.rows, report.first_offset, report.last_offset, report.missing, report.hole_from) == (3, 7, 9, 0, None)
    assert report.checksum == land(batch, TOPIC_ID, SCHEMA).checksum
    assert report.bytes == 2 * len(record()["value"])
    assert held(tmp_path, report)["offset"].to_list() == [7, 8, 9]
    assert sorted((dict(file.partition)["received_on"], file.rows) for file in report.files) == [("2026-03-01", 2), ("2026-03-02", 1)]


def test_batches_add_up_to_one_report_and_one_file(tmp_path):
    batches = [records(record(offset=offset), record(offset=offset + 1)) for offset in (0, 2, 4)]
    report = written(tmp_path, *batches)["fleet.charging", 2]
    assert (report.rows, report.first_offset, report.last_offset, len(report.files)) == (6, 0, 5, 1)
    assert report.checksum == sum(land(batch, TOPIC_ID, SCHEMA).checksum for batch in batches) % 2**128


def test_no_record_is_no_report(tmp_path):
    assert written(tmp_path, records()) == {}


def test_a_task_with_several_topic_partitions_keeps_them_apart(tmp_path):
    mixed = records(record(offset=1), record(topic="fleet.consents", offset=5), record(partition=3, offset=9), record(offset=2))
    found = written(tmp_path, mixed)
    assert {place: (report.first_offset, report.last_offset, report.rows) for place, report in found.items()} == {
        ("fleet.charging", 2): (1, 2, 2),
        ("fleet.charging", 3): (9, 9, 1),
        ("fleet.consents", 2): (5, 5, 1),
    }
    assert held(tmp_path, found["fleet.consents", 2])["topic"].to_list() == ["fleet.consents"]


@pytest.mark.parametrize(
    ("batches", "hole", "missing"),
    [
        ([[1, 2, 5, 6, 9]], (3, 4), 4),
        ([[1, 2], [4, 5]], (3, 3), 1),
        ([[1, 3], [4, 9]], (2, 2), 5),
        ([[0, 1], [2]], (None, None), 0),
    ],
)
def test_the_first_hole_and_the_number_of_missing_offsets_are_reported(batches, hole, missing):
    report = Report("fleet.charging", 2)
    for offsets in batches:
        report.count(np.array(offsets), 0, 0)
    assert (report.hole_from, report.hole_to) == hole
    assert report.missing == missing


def test_offsets_that_do_not_ascend_are_refused():
    report = Report("fleet.charging", 2)
    report.count(np.array([5, 6]), 0, 0)
    with pytest.raises(ValueError, match=r"fleet\.charging/2: offsets do not ascend after 6"):
        report.count(np.array([6, 7]), 0, 0)


def test_a_file_ends_when_it_holds_enough_bodies(tmp_path, monkeypatch):
    monkeypatch.setattr(days, "GROUP_BYTES", 1)
    batches = [records(record(offset=offset, value=b"x" * 100)) for offset in range(5)]
    report = written(tmp_path, *batches, file_bytes=200)["fleet.charging", 2]
    assert [file.rows for file in report.files] == [2, 2, 1]
    assert held(tmp_path, report)["offset"].to_list() == [0, 1, 2, 3, 4]


def test_a_year_of_days_needs_few_open_files_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(days, "HELD_BYTES", 2_000)
    monkeypatch.setattr(days, "OPEN_FILES", 3)
    each = [record(offset=offset, timestamp=NOON + timedelta(days=offset % 20)) for offset in range(100)]
    report = written(tmp_path, records(*each[:50]), records(*each[50:]))["fleet.charging", 2]
    assert sum(file.rows for file in report.files) == 100
    assert held(tmp_path, report)["offset"].to_list() == list(range(100))
    assert {dict(file.partition)["received_on"] for file in report.files} == {str((NOON + timedelta(days=day)).date()) for day in range(20)}
