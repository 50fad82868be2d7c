"""Counts out of the tables, and the sentences that say where they are not the truth."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake import report
from fleetlake.commands.audit import SUMMED, by_family
from fleetlake.console import Failure
from spark_jobs.tables import Table


def counted(**changes: object) -> dict[str, object]:
    return {"family": "charging", **dict.fromkeys(report.COUNTS, 0), "reasons": {}} | changes


def test_equal_counts_give_no_sentence():
    assert list(report.differences(counted(silver=3), counted(silver=3))) == []


def test_each_count_and_reason_that_differs_is_named():
    found = list(report.differences(counted(silver=3, reasons={"malformed": 1}), counted(silver=4, reasons={"bad_time": 2})))
    assert found == [
        "charging: silver is 3, in truth 4",
        "charging: 0 rows quarantined as bad_time, in truth 2",
        "charging: 1 rows quarantined as malformed, in truth 0",
    ]


def test_a_lake_that_was_never_written_counts_nothing(tmp_path: Path):
    assert list(report.counts(str(tmp_path), ["charging"])) == [counted()]


def silver(lake: Path, *sequences: int) -> None:
    schema = arrow_schema(contract("silver.charging"))
    rows = [
        {field.name: None for field in schema}
        | {"event_id": f"e{sequence}", "vehicle_key": "v1", "boot_id": "b1", "sequence": sequence, "is_late": sequence > 3}
        | {"topic_id": "T", "partition": 0, "offset": sequence}
        for sequence in sequences
    ]
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    Table.open(str(lake), "silver.charging", nullable).append(pa.Table.from_pylist(rows, schema=nullable), {"runs": 1})


def test_a_gap_in_a_boot_is_loss_and_a_late_row_is_late(tmp_path: Path):
    silver(tmp_path, 0, 1, 4)
    assert list(report.counts(str(tmp_path), ["charging"])) == [counted(silver=3, late=1, lost_by_gap=2)]


def test_a_folder_without_truth_is_said(tmp_path: Path):
    with pytest.raises(Failure, match="fleet simulate"):
        report.truth(tmp_path)


def test_the_truth_is_read_by_family(tmp_path: Path):
    (tmp_path / "summary.json").write_text(json.dumps({"families": [counted(sent=7)]}))
    assert report.truth(tmp_path)["charging"]["sent"] == 7


def partition(ok: str, rows: int) -> dict[str, object]:
    return {"family": "charging", **dict.fromkeys(SUMMED, rows), "ok": ok}


def test_a_family_is_ok_only_where_all_its_partitions_are():
    [row] = by_family([partition("yes", 2), partition("no", 3), partition("yes", 1)])
    assert (row["ok"], row["kafka"], row["topic-partitions"]) == ("no", 6, 3)
