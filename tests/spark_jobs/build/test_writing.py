"""What a worker writes of a model's rows, and what of it is refused."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fleetlake.console import Failure
from spark_jobs.build.writer import Writer
from spark_jobs.build.writing import Target, _require

SCHEMA = pa.schema([("used_on", pa.date32()), ("uses", pa.int64())])
FIRST, SECOND = date(2026, 6, 1), date(2026, 6, 2)


def written(root: Path, *batches: list[tuple[date | None, int | None]]) -> list[tuple[list[int | None], dict[str, str], dict[str, int]]]:
    """Per file: its numbers, its partition, and how many nulls were counted."""
    rows = (pa.RecordBatch.from_pylist([{"used_on": day, "uses": uses} for day, uses in batch], SCHEMA) for batch in batches)
    reports = [report.to_pylist()[0] for report in Writer(str(root), SCHEMA, "used_on")(rows)]
    files = [json.loads(report["file"]) for report in reports]
    numbers = [pq.ParquetFile(root / file["path"]).read()["uses"].to_pylist() for file in files]
    return [(held, file["partition"], json.loads(report["nulls"])) for held, file, report in zip(numbers, files, reports, strict=True)]


def test_a_day_is_one_file_however_its_rows_come(tmp_path: Path):
    assert written(tmp_path, [(FIRST, 1), (FIRST, 2)], [(FIRST, None), (SECOND, 4)]) == [
        ([1, 2, None], {"used_on": "2026-06-01"}, {"used_on": 0, "uses": 1}),
        ([4], {"used_on": "2026-06-02"}, {"used_on": 0, "uses": 0}),
    ]


def test_measured_values_have_no_dictionary_and_words_have_one(tmp_path: Path):
    schema = pa.schema([("used_on", pa.date32()), ("vehicle_key", pa.string()), ("km", pa.float32())])
    rows = pa.RecordBatch.from_pylist([{"used_on": FIRST, "vehicle_key": "v1", "km": 1.5}] * 9, schema)
    [report] = [each.to_pylist()[0] for each in Writer(str(tmp_path), schema, "used_on")(iter([rows]))]
    columns = pq.read_metadata(tmp_path / json.loads(report["file"])["path"]).row_group(0)
    has_dictionary = {columns.column(place).path_in_schema: "RLE_DICTIONARY" in columns.column(place).encodings for place in range(2)}
    assert has_dictionary == {"vehicle_key": True, "km": False}


def test_no_rows_are_no_file(tmp_path: Path):
    assert written(tmp_path) == []


def target(*required: str) -> Target:
    """A table of days, of which the contract calls some columns not null."""
    columns = {"used_on": "date", "uses": "bigint"}
    return Target("gold.uses", columns, required, "used_on", (), None, has_new_code=True, is_anew=False, is_read=False, lake="", mark="")


def test_a_null_is_refused_where_the_contract_says_so():
    _require(target(), {"used_on": 0, "uses": 1})
    with pytest.raises(Failure, match="uses is null in 1 rows"):
        _require(target("uses"), {"used_on": 0, "uses": 1})


def test_a_day_is_never_null_whatever_the_contract_says():
    with pytest.raises(Failure, match="used_on is null in 2 rows"):
        _require(target(), {"used_on": 2, "uses": 0})
