"""One commit moves files and positions together, and two writers never both win."""

import json
from datetime import UTC, date, datetime

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from fleetlake.console import Failure
from spark_jobs import files
from spark_jobs.tables import Table

SCHEMA = pa.schema(
    [
        pa.field("day", pa.date32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("at", pa.timestamp("us", tz="UTC")),
        pa.field("body", pa.binary()),
        pa.field("headers", pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))),
        pa.field("signals", pa.map_(pa.string(), pa.float64())),
    ]
)
DAY = date(2026, 6, 1)


def rows(*offsets: int) -> pa.Table:
    columns = [
        [DAY] * len(offsets),
        offsets,
        [datetime(2026, 6, 1, 0, 0, 0, offset, tzinfo=UTC) for offset in offsets],
        [b"{}"] * len(offsets),
        [[{"name": "ce_id", "value": b"1"}]] * len(offsets),
        [[("Vehicle.Speed", 1.0)]] * len(offsets),
    ]
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def opened(lake) -> Table:
    return Table.open(str(lake), "bronze.charging", SCHEMA, ["day"], ["offset", "at"])


def written(table: Table, *offsets: int) -> files.DataFile:
    return files.write(table.path, rows(*offsets), {"day": DAY}, ["offset", "at"], plain=["body"])


def test_a_commit_brings_rows_and_position_together(tmp_path):
    table = opened(tmp_path)
    table.commit([written(table, 3, 4)], {"bronze.charging:T/0": 4})
    assert opened(tmp_path).position("bronze.charging:T/0") == 4
    assert pl.read_delta(table.path)["offset"].to_list() == [3, 4]


def test_statistics_hold_the_bounds_and_nothing_of_the_body(tmp_path):
    table = opened(tmp_path)
    stats = json.loads(written(table, 7, 3).stats)
    assert (stats["numRecords"], stats["minValues"]["offset"], stats["maxValues"]["offset"]) == (2, 3, 7)
    assert stats["maxValues"]["at"] == "2026-06-01T00:00:00.000007Z"
    assert set(stats["nullCount"]) == {"offset", "at"}


def test_of_two_writers_from_one_version_one_is_refused(tmp_path):
    first, second = opened(tmp_path), opened(tmp_path)
    first.commit([written(first, 1)], {"bronze.charging:T/0": 1})
    with pytest.raises(Failure, match="another writer"):
        second.commit([written(second, 1)], {"bronze.charging:T/0": 1})
    assert pl.read_delta(first.path).height == 1


def test_a_position_moved_by_somebody_else_is_noticed(tmp_path):
    ours = opened(tmp_path)
    ours.commit([written(ours, 1)], {"bronze.charging:T/0": 1})
    theirs = opened(tmp_path)
    theirs.commit([written(theirs, 2)], {"bronze.charging:T/0": 2})
    with pytest.raises(Failure, match="second writer"):
        ours.refresh()


def test_a_file_that_vanished_is_never_committed(tmp_path):
    table = opened(tmp_path)
    file = written(table, 1)
    (tmp_path / "bronze/charging" / file.path).unlink()
    with pytest.raises(Failure, match="vanished"):
        table.commit([file], {})
    assert table.version == 0


def test_positions_move_without_any_file(tmp_path):
    table = opened(tmp_path)
    table.commit([], {"runs": 1})
    assert opened(tmp_path).position("runs") == 1


def test_rows_that_were_appended_are_found_by_a_filter(tmp_path):
    table = Table.open(str(tmp_path), "ops.runs", pa.schema([pa.field("run", pa.int64())]), statistics=["run"])
    for run in (1, 2):
        table.append(pa.table({"run": [run]}), {"runs": run})
    assert table.delta.to_pyarrow_dataset().to_table(filter=ds.field("run") == 2)["run"].to_pylist() == [2]
    assert table.delta.get_add_actions(flatten=True).column("min.run").to_pylist() == [2, 1]


def test_a_new_column_is_added_and_a_changed_type_refused(tmp_path):
    table = opened(tmp_path)
    table.commit([written(table, 1)], {})
    wider = Table.open(str(tmp_path), "bronze.charging", SCHEMA.append(pa.field("region", pa.string(), nullable=False)), ["day"])
    assert pl.read_delta(wider.path)["region"].to_list() == [None]
    with pytest.raises(Failure, match=r"offset is .*long.* in the table"):
        Table.open(str(tmp_path), "bronze.charging", pa.schema([pa.field("offset", pa.string())]), ["day"])


def test_a_data_file_survives_its_journey_as_json(tmp_path):
    file = written(opened(tmp_path), 1)
    assert files.DataFile.from_json(file.to_json()) == file
