"""A bronze table as the lander commits to it: rows, positions and ledger together, by one lander at a time."""

import polars as pl
import pytest
from deltalake import DeltaTable

from expectations.contract import contract
from expectations.schemas import statistics_columns
from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs.land.bronze import Bronze, bronze_schema
from spark_jobs.land.logs import Log
from spark_jobs.land.partition import Report, Target
from spark_jobs.ledger import Ledger
from tests.spark_jobs.land.records import TOPIC_ID, record, records

TOPIC = "fleet.charging"
WHOLE = Log(0, 100)


def opened(lake, topic_id=TOPIC_ID, partitions=(2,), log=WHOLE, **options):
    bronze = Bronze.open(str(lake), TOPIC, topic_id, partitions, **options)
    bronze.begin(dict.fromkeys(partitions, log), **options)
    return bronze


def written(lake, *offsets, partition=2):
    root = table_path(str(lake), "bronze.charging")
    target = Target({TOPIC: root}, {TOPIC: TOPIC_ID}, bronze_schema(), statistics_columns(contract("bronze.events")), 1_000_000)
    batches = target.write([records(*(record(offset=offset, partition=partition) for offset in offsets))])
    reports = [Report.from_row(row) for batch in batches for row in batch.to_pylist()]
    return {report.partition: report for report in reports}


def landed(lake, bronze, *offsets, end, log=WHOLE):
    bronze.land({2: end}, written(lake, *offsets), {2: log})


def offsets(lake):
    return pl.read_delta(table_path(str(lake), "bronze.charging")).sort("offset")["offset"].to_list()


def ledger(lake, *tables):
    copied = Ledger.open(str(lake))
    copied.catch_up(tables)
    return pl.read_delta(table_path(str(lake), "ops.ledger")).sort("version", "partition")


def test_rows_and_position_are_one_commit(tmp_path):
    landed(tmp_path, opened(tmp_path), 0, 1, 2, end=3)
    assert offsets(tmp_path) == [0, 1, 2]
    assert Bronze.open(str(tmp_path), TOPIC, TOPIC_ID, (2,)).positions == {2: 2}


def test_the_position_covers_control_records_at_the_end(tmp_path):
    bronze = opened(tmp_path)
    landed(tmp_path, bronze, 0, 1, end=3)
    assert bronze.positions == {2: 2}
    assert opened(tmp_path, log=Log(3, 3)).positions == {2: 2}


def test_a_baseline_is_recorded_once_even_without_a_row(tmp_path):
    assert opened(tmp_path, log=Log(40, 60)).positions == {2: 39}
    bronze = opened(tmp_path, log=Log(40, 60))
    [row] = ledger(tmp_path, bronze.table).to_dicts()
    assert (row["first_offset"], row["last_offset"], row["rows"], row["baseline"], row["kind"]) == (40, 39, 0, True, "land")


def test_a_partition_that_came_later_begins_at_zero(tmp_path):
    opened(tmp_path, log=Log(40, 60))
    bronze = Bronze.open(str(tmp_path), TOPIC, TOPIC_ID, (2, 3))
    bronze.begin({2: Log(40, 60), 3: Log(0, 5)})
    assert bronze.positions == {2: 39, 3: -1}


def test_the_ledger_says_what_each_commit_covered(tmp_path):
    bronze = opened(tmp_path)
    landed(tmp_path, bronze, 0, 1, 2, end=3)
    landed(tmp_path, bronze, 3, 5, end=7)
    rows = ledger(tmp_path, bronze.table)
    assert rows.select("first_offset", "last_offset", "rows", "baseline").rows() == [(0, -1, 0, True), (0, 2, 3, False), (3, 6, 2, False)]
    assert rows["checksum"][1] == f"{written(tmp_path, 0, 1, 2)[2].checksum:032x}"
    assert set(rows["topic_id"]) == {TOPIC_ID}


def test_the_ledger_is_copied_once_whoever_asks_again(tmp_path):
    bronze = opened(tmp_path)
    landed(tmp_path, bronze, 0, end=1)
    before = ledger(tmp_path, bronze.table)
    assert ledger(tmp_path, bronze.table).equals(before)


def test_the_ledger_is_right_while_maintenance_commits_beside_it(tmp_path):
    bronze = opened(tmp_path)
    landed(tmp_path, bronze, 0, 1, 2, end=3)
    other = DeltaTable(bronze.table.path)
    for _ in range(3):
        other.alter.set_table_properties({"delta.checkpointInterval": "20"})
    rows = ledger(tmp_path, bronze.table)
    assert rows.select("version", "rows", "baseline").rows() == [(1, 0, True), (2, 3, False)]
    bronze.table.refresh()
    landed(tmp_path, bronze, 3, end=4)
    assert ledger(tmp_path, bronze.table)["version"].to_list() == [1, 2, bronze.table.version]


def test_lost_records_commit_nothing(tmp_path):
    bronze = opened(tmp_path)
    with pytest.raises(Failure, match="offset 1 are gone"):
        landed(tmp_path, bronze, 0, 2, end=3, log=Log(2, 3))
    assert offsets(tmp_path) == []
    assert Bronze.open(str(tmp_path), TOPIC, TOPIC_ID, (2,)).positions == {2: -1}


def test_of_two_landers_with_the_same_rows_only_one_commits(tmp_path):
    here, there = opened(tmp_path), opened(tmp_path)
    landed(tmp_path, here, 0, 1, end=2)
    with pytest.raises(Failure, match="another writer committed first"):
        landed(tmp_path, there, 0, 1, end=2)
    assert offsets(tmp_path) == [0, 1]


def test_a_lander_notices_another_that_was_there_between_two_batches(tmp_path):
    here = opened(tmp_path, partitions=(2, 3))
    there = opened(tmp_path, partitions=(2, 3))
    here.land({3: 1}, written(tmp_path, 0, partition=3), {3: Log(0, 1)})
    there.table.refresh()  # maintenance was here, so Delta itself sees no conflict any more
    with pytest.raises(Failure, match=r"fleet\.charging/3 stands at 0, but this process landed up to -1: another lander is at work"):
        landed(tmp_path, there, 0, end=1)
    assert offsets(tmp_path) == [0]


def test_a_recreated_topic_stops_until_it_is_accepted(tmp_path):
    landed(tmp_path, opened(tmp_path), 0, 1, end=2)
    with pytest.raises(Failure, match=r"was deleted and created again.*\n.*fleet land --accept-topic fleet\.charging"):
        opened(tmp_path, topic_id="another")
    accepted = opened(tmp_path, topic_id="another", log=Log(0, 4), is_accepted=True)
    assert accepted.positions == {2: -1}
    assert opened(tmp_path, topic_id="another").positions == {2: -1}
    with pytest.raises(Failure, match="was deleted and created again"):
        opened(tmp_path)
