"""The whole job in one process: bronze in, silver, duplicates and quarantine out, whatever cuts runs, items and files."""

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.settings import Settings
from spark_jobs.refine import job, worker
from spark_jobs.refine.job import find_waiting, refine
from spark_jobs.runs import Intent
from tests.spark_jobs.refine.events import GIVEN, NOON, InProcess, bronze, land_rows, record

TAKEN_BACK = GIVEN | {"is_given": False}


def run(lake: str) -> list[Intent]:
    return list(refine(InProcess(), lake))  # type: ignore[arg-type]


def rows(lake: str, table: str) -> pl.DataFrame:
    return pl.read_delta(table_path(lake, table))


def places(lake: str, table: str) -> list[tuple[int, int]]:
    return sorted(rows(lake, table).select("partition", "offset").iter_rows())


def test_every_row_is_in_exactly_one_table(lake):
    land_rows(lake, bronze(record(0), record(1, body=b"{"), record(2, id="e0"), record(3, id="e0", body=TAKEN_BACK)))
    (only,) = run(lake)
    assert (places(lake, "silver.consents"), places(lake, "ops.duplicates")) == ([(0, 0)], [(0, 2)])
    assert dict(rows(lake, "silver.quarantine").select("offset", "reason").iter_rows()) == {1: "malformed", 3: "conflict"}
    assert only.counts[0]["quarantined"] == {"malformed": 1, "conflict": 1}


def test_small_topic_partitions_share_a_work_item_and_each_has_its_own_account(lake):
    land_rows(lake, bronze(record(0), record(1, body=b"{"), record(2, id="e0")))
    land_rows(lake, bronze(record(0, id="x0"), record(1, id="x1"), record(2, id="x0", body=TAKEN_BACK), partition=1))
    assert [len(item.files) for item in find_waiting(lake, Settings()).items] == [2]
    (only,) = run(lake)
    said = ("partition", "rows", "silver", "duplicates", "quarantined", "last_offset")
    assert [[counts[name] for name in said] for counts in only.counts] == [
        [0, 3, 1, 1, {"malformed": 1}, 2],
        [1, 3, 2, 0, {"conflict": 1}, 2],
    ]
    assert (places(lake, "silver.consents"), places(lake, "ops.duplicates")) == ([(0, 0), (1, 0), (1, 1)], [(0, 2)])
    assert len(rows(lake, "silver.quarantine")) == 2


def test_a_place_that_was_refined_hides_no_other_partition_with_that_offset(lake, monkeypatch):
    land_rows(lake, bronze(record(0), record(1)))
    run(lake)
    land_rows(lake, bronze(record(0, id="x0"), record(1, id="x1"), partition=1))
    monkeypatch.setattr(job, "_position", lambda silver, source: -1)
    again = next(refine(InProcess(), lake))  # type: ignore[arg-type]
    assert [(counts["refined"], counts["silver"]) for counts in again.counts] == [(2, 0), (0, 2)]


def test_a_second_start_finds_nothing_to_do(lake):
    land_rows(lake, bronze(record(0)))
    assert len(run(lake)) == 1
    assert run(lake) == []


def test_a_bronze_table_without_contract_waits(lake):
    land_rows(lake, bronze(record(0), family="diagnostics"), family="diagnostics")
    assert run(lake) == []


def test_twins_in_different_partitions_meet(lake):
    land_rows(lake, bronze(record(0)))
    land_rows(lake, bronze(record(7, id="e0"), partition=3), "consents")
    run(lake)
    assert (places(lake, "silver.consents"), places(lake, "ops.duplicates")) == ([(0, 0)], [(3, 7)])


def test_a_twin_that_arrives_a_month_later_meets_the_row_in_silver(lake):
    land_rows(lake, bronze(record(0)))
    run(lake)
    land_rows(lake, bronze(record(1, id="e0", received=NOON + timedelta(days=30)), record(2, id="e0", body=TAKEN_BACK)))
    run(lake)
    assert (places(lake, "silver.consents"), places(lake, "ops.duplicates")) == ([(0, 0)], [(0, 1)])
    assert rows(lake, "silver.quarantine")["offset"].to_list() == [2]


def test_the_same_id_on_another_day_is_kept(lake):
    land_rows(lake, bronze(record(0), record(1, id="e0", at=NOON - timedelta(days=1))))
    run(lake)
    assert places(lake, "silver.consents") == [(0, 0), (0, 1)]


def test_a_row_whose_place_is_in_silver_counts_no_second_time(lake, monkeypatch):
    land_rows(lake, bronze(record(0), record(1)))
    run(lake)
    monkeypatch.setattr(job, "_position", lambda silver, source: -1)  # a table restored to before its positions
    again = next(refine(InProcess(), lake))  # type: ignore[arg-type]
    assert (again.counts[0]["refined"], again.counts[0]["silver"]) == (2, 0)
    assert places(lake, "silver.consents") == [(0, 0), (0, 1)]


def test_a_missing_file_of_bronze_stops_the_run(lake):
    land_rows(lake, bronze(record(0)))
    next(path for path in Path(lake, "bronze/consents").rglob("*.parquet")).unlink()
    with pytest.raises(Failure, match="not on disk"):
        run(lake)


def test_silver_is_sorted_by_vehicle_and_time_within_a_day(lake):
    events = [record(at, vehicle=f"v{at % 3}", at=NOON - timedelta(minutes=at)) for at in range(30)]
    land_rows(lake, bronze(*events))
    run(lake)
    silver = rows(lake, "silver.consents").select("vehicle_key", "occurred_at")
    assert silver.rows() == silver.sort("vehicle_key", "occurred_at").rows()


@pytest.mark.parametrize("seed", range(3))
def test_no_cut_changes_a_count(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(worker, "CHUNK_BYTES", 2_000)
    events = _events(random.Random(seed))
    whole, cut = str(tmp_path / "whole"), str(tmp_path / "cut")
    for partition in (0, 1):
        land_rows(whole, bronze(*(each for each in events if each["offset"] % 2 == partition), partition=partition))
    run(whole)
    monkeypatch.setattr(job, "settings", lambda: Settings(item_bytes=9_000, run_bytes=12_000))
    dice = random.Random(seed)
    for part in _parts(events, dice):
        for partition in (0, 1):
            if own := [each for each in part if each["offset"] % 2 == partition]:
                land_rows(cut, bronze(*own, partition=partition))
        if dice.random() < 0.5:
            run(cut)
    run(cut)
    assert rows(cut, "ops.refine_runs")["run"].max() > 3, "the cuts must make several runs"
    for table in ("silver.consents", "ops.duplicates", "silver.quarantine"):
        assert places(cut, table) == places(whole, table)
    assert len(Counter(rows(whole, "silver.quarantine")["reason"])) == 2


def _events(dice: random.Random) -> list[dict[str, Any]]:
    bodies = [GIVEN, GIVEN, TAKEN_BACK, b"{"]
    return [
        record(at, id=f"e{dice.randrange(40)}", body=dice.choice(bodies), at=NOON - timedelta(days=dice.randrange(2))) for at in range(120)
    ]


def _parts(events: list[dict[str, Any]], dice: random.Random) -> list[list[dict[str, Any]]]:
    ends = [0, *sorted(dice.sample(range(1, len(events)), 12)), len(events)]
    return [events[start:end] for start, end in pairwise(ends)]
