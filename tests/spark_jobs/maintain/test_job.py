"""Maintenance beside everything else: rows stay, files become few, pins stay readable, the rest goes."""

import shutil
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import polars as pl
import pytest

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases.model import Pin
from spark_jobs.maintain import job
from spark_jobs.maintain.garbage import data_files
from spark_jobs.maintain.garbage import held as held_by
from spark_jobs.refine.job import refine
from spark_jobs.releases.log import Log, made
from spark_jobs.runs import opened
from tests.spark_jobs.refine.events import InProcess, bronze, land_rows, record

DAY = timedelta(days=1)
KEEP = timedelta(hours=1)
BRONZE, SILVER = "bronze.consents", "silver.consents"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> str:
    """Twelve batches of two topic-partitions, refined one by one: 24 small files of bronze, 12 of silver."""
    lake = str(tmp_path_factory.mktemp("maintained") / "lake")
    for batch in range(12):
        for partition in (0, 1):
            few = (record(10 * batch + n, id=f"{partition}/{batch}/{n}", vehicle=f"v{9 - n}") for n in range(10))
            land_rows(lake, bronze(*few, partition=partition))
        assert list(refine(InProcess(), lake))
    return lake


@pytest.fixture
def landed(template, lake) -> str:
    """A copy of it."""
    shutil.copytree(template, lake)
    return lake


def maintain(lake, *tables, pins=None, now=None) -> list[job.Due]:
    found = [job.due(lake, name, pins or {}, KEEP, now or datetime.now(UTC)) for name in tables or job.tables(lake)]
    job.carry_out(lake, InProcess, found, lambda text: None)
    return found


def rows(lake, table, version=None) -> pl.DataFrame:
    return pl.read_delta(table_path(lake, table), version=version)


def files(lake, table) -> list[str]:
    return [file.path for file in data_files(table_path(lake, table))]


def opened_at(lake, table, version) -> list[str]:
    return held_by(table_path(lake, table), version)


def held(lake, table) -> int:
    return len(opened(lake, table).delta.file_uris())


def test_small_files_become_few_and_no_row_changes(landed):
    before = {name: rows(landed, name).sort("partition", "offset") for name in (BRONZE, SILVER)}
    assert (held(landed, BRONZE), held(landed, SILVER)) == (24, 12)
    maintain(landed, BRONZE, SILVER)
    assert (held(landed, BRONZE), held(landed, SILVER)) == (2, 1)
    for name, content in before.items():
        assert content.height == 240
        assert rows(landed, name).sort("partition", "offset").equals(content)


def test_bronze_stays_in_offset_order_by_topic_partition_and_silver_is_clustered_by_vehicle(landed):
    maintain(landed, BRONZE, SILVER)
    for uri in opened(landed, BRONZE).delta.file_uris():
        places = pl.read_parquet(uri).select("partition", "offset")
        assert (places["partition"].n_unique(), places["offset"].is_sorted()) == (1, True)
    assert rows(landed, SILVER)["vehicle_key"].is_sorted()


def test_what_is_done_is_not_due_again(landed):
    assert any(one.groups for one in maintain(landed))
    assert not any(one.groups for one in maintain(landed))


def test_bronze_that_is_not_refined_yet_is_left_alone(lake):
    for batch in range(12):
        land_rows(lake, bronze(record(batch)))
    assert job.due(lake, BRONZE, {}, KEEP, datetime.now(UTC)).groups == []


def test_a_job_goes_on_after_maintenance_that_happened_beside_it(landed):
    table = opened(landed, SILVER)
    maintain(landed, SILVER)
    table.commit([], {"silver.consents:T/9": 5})
    assert (table.position("silver.consents:T/9"), held(landed, SILVER)) == (5, 1)


def test_of_two_maintainers_one_is_refused_and_no_row_is_doubled(landed):
    mine, theirs = (job.due(landed, SILVER, {}, KEEP, datetime.now(UTC)) for _ in range(2))
    job.carry_out(landed, InProcess, [mine], lambda text: None)
    with pytest.raises(Failure, match="replaced by somebody else"):
        job.carry_out(landed, InProcess, [theirs], lambda text: None)
    assert rows(landed, SILVER).height == 240


def test_a_pinned_version_reads_back_when_all_else_is_gone(landed):
    pinned = opened(landed, SILVER).version - 6
    content = rows(landed, SILVER, pinned)
    maintain(landed, SILVER)
    maintain(landed, SILVER, pins={SILVER: {pinned}}, now=datetime.now(UTC) + 3 * DAY)
    assert rows(landed, SILVER, pinned).equals(content)
    assert len(files(landed, SILVER)) == 1 + len(opened_at(landed, SILVER, pinned))


def test_without_pins_only_the_current_version_stays(landed):
    maintain(landed, SILVER)
    maintain(landed, SILVER, now=datetime.now(UTC) + 3 * DAY)
    assert len(files(landed, SILVER)) == held(landed, SILVER) == 1
    assert rows(landed, SILVER).height == 240


def test_what_a_reader_may_have_opened_within_the_time_to_keep_stays(landed):
    maintain(landed, SILVER)
    maintain(landed, SILVER, now=datetime.now(UTC) + KEEP / 2)
    assert len(files(landed, SILVER)) == 13


def test_files_that_no_commit_names_go_when_no_batch_can_be_about_to(landed):
    stray = f"{table_path(landed, SILVER)}/occurred_on=2026-06-01/stray.parquet"
    rows(landed, SILVER).write_parquet(stray)
    maintain(landed, SILVER, now=datetime.now(UTC) + DAY / 2)
    assert any("stray" in path for path in files(landed, SILVER))
    maintain(landed, SILVER, now=datetime.now(UTC) + 3 * DAY)
    assert not any("stray" in path for path in files(landed, SILVER))


def test_a_log_is_shortened_and_the_table_goes_on(landed):
    maintain(landed)
    maintain(landed, now=datetime.now(UTC) + 3 * DAY)
    assert rows(landed, SILVER).height == 240
    land_rows(landed, bronze(record(500, id="after", vehicle="v1")))
    assert list(refine(InProcess(), landed))
    assert rows(landed, SILVER).height == 241


def test_a_dry_look_changes_nothing(landed):
    before = (files(landed, SILVER), opened(landed, SILVER).version)
    row = job.due(landed, SILVER, {}, KEEP, datetime.now(UTC)).row
    assert (row["small"], row["merged"], row["into"]) == (12, 12, 1)
    assert (files(landed, SILVER), opened(landed, SILVER).version) == before


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.drill)])
def test_after_many_releases_the_three_that_stay_pinned_read_back(landed, count):
    sums: dict[int, str] = {}
    for number in range(1, count + 1):
        if number > count - 4:
            land_rows(landed, bronze(record(900 + number, id=f"of {number}", vehicle=f"v{number}")))
            assert list(refine(InProcess(), landed))
        version = opened(landed, SILVER).version
        sums[version] = checksum(rows(landed, SILVER, version))
        log = Log.open(landed)
        log.commit([made(log.next, "silver", "release", [Pin(SILVER, version, 240, number, "1.0.0")])])
    later = datetime.now(UTC) + 3 * DAY
    maintain(landed, SILVER)
    maintain(landed, SILVER, pins=job.pins_of(landed, later - KEEP), now=later)
    *gone, first, second, third = sums
    assert [checksum(rows(landed, SILVER, version)) for version in (first, second, third)] == [sums[first], sums[second], sums[third]]
    assert len(gone) == 2
    assert len(files(landed, SILVER)) == 1 + len(
        opened_at(landed, SILVER, third)
    )  # the compacted one, and those of the pins: each has the former's


def checksum(content: pl.DataFrame) -> str:
    """Of every value of every row."""
    return sha256(content.sort("partition", "offset").write_ipc(None).getvalue()).hexdigest()
