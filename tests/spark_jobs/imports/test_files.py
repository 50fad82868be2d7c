"""Files become text: each value as it was written, each row with its number, and nothing of what is broken."""

import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fleetlake.console import Failure
from spark_jobs.imports import files
from spark_jobs.imports.files import batches
from tests.spark_jobs.imports.bills import bill, charge, lines


def test_values_stay_as_they_were_written(tmp_path):
    path = lines(tmp_path / "a.csv", ["a", "b"], [["1.50", "NULL"], ["", 'x,\n"y"']])
    (batch,) = batches(path)
    assert batch.texts.rows() == [("1.50", "NULL"), ("", 'x,\n"y"')]
    assert [json.loads(row) for row in batch.fields] == [{"a": "1.50", "b": "NULL"}, {"a": "", "b": 'x,\n"y"'}]


def test_a_file_of_many_rows_is_read_a_bit_after_another(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROWS", 2)
    path = lines(tmp_path / "a.csv", ["a"], ([str(number)] for number in range(5)))
    found = list(batches(path))
    assert [batch.first for batch in found] == [1, 3, 5]
    assert pl.concat(batch.texts for batch in found)["a"].to_list() == ["0", "1", "2", "3", "4"]


def test_a_row_that_does_not_fit_the_header_keeps_its_texts_and_its_neighbours(tmp_path):
    path = lines(tmp_path / "a.csv", ["a", "b"], [["1", "2"], ["3"], ["4", "5", "6"], ["7", "8"]])
    (batch,) = batches(path)
    assert batch.malformed == {1: "2 fields, not 1", 2: "2 fields, not 3"}
    assert batch.texts.rows() == [("1", "2"), (None, None), (None, None), ("7", "8")]
    assert json.loads(batch.fields[2]) == ["4", "5", "6"]


@pytest.mark.parametrize(
    "content",
    [b'a,b\n1,"2\n', b'a,b\n1,"2"3\n', b"a,b\n1,\xff\n", b""],
    ids=["an open quote", "text behind a quote", "no UTF-8", "nothing"],
)
def test_a_file_that_is_no_whole_csv_is_refused_as_a_whole(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(Failure, match="nothing was imported"):
        list(batches(tmp_path / "a.csv"))


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(Failure, match="column a twice"):
        list(batches(lines(tmp_path / "a.csv", ["a", "a"], [])))


def test_a_gzipped_file_is_read_and_a_broken_one_refused(tmp_path):
    whole = gzip.compress(bill(tmp_path / "a.csv", charge()).read_bytes())
    (tmp_path / "a.csv.gz").write_bytes(whole)
    assert sum(len(batch.texts) for batch in batches(tmp_path / "a.csv.gz")) == 1
    (tmp_path / "a.csv.gz").write_bytes(whole[:-9])
    with pytest.raises(Failure, match="no whole CSV"):
        list(batches(tmp_path / "a.csv.gz"))


def test_parquet_reads_as_the_same_text_as_csv(tmp_path):
    moment = datetime(2026, 6, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    table = pa.table(
        {
            "cost": pa.array([Decimal("1.50"), None], pa.decimal128(20, 2)),
            "at": pa.array([moment, moment], pa.timestamp("us", "Europe/Berlin")),
            "tags": pa.array([[("team", "a")], None], pa.map_(pa.string(), pa.string())),
            "ratio": [1e-07, 2.0],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (batch,) = batches(tmp_path / "a.parquet")
    at = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert batch.texts.rows() == [("1.50", f"{at}Z", '{"team": "a"}', "1e-7"), (None, f"{at}Z", None, "2.0")]


def test_what_is_called_parquet_and_is_none_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_text("cost\n1\n")
    with pytest.raises(Failure, match="no Parquet file"):
        list(batches(tmp_path / "a.parquet"))
