"""The lake's own figures: what tables hold of each day, told when it changes; and who reads them, told once."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import fleetlake
from expectations.contract import contract
from fleetlake.names import table_path
from fleetlake.readers import reads
from fleetlake.readers.reads import note
from spark_jobs.maintain import figures
from spark_jobs.maintain.figures import READS, STATS, gather_reads, measure
from spark_jobs.tables import Table
from tests.spark_jobs.gate.lakes import commit
from tests.spark_jobs.gate.rows import NOON, sound

CONSENTS, UNDATED = "silver.consents", "ops.waivers"
FIRST, SECOND = NOON.date(), date(2026, 6, 2)


def add(lake: str, *days: date, table: str = CONSENTS) -> None:
    """A file of one row for each day."""
    rows = [sound(contract(table), number) for number in range(len(days))]
    commit(lake, table, [row | ({"occurred_on": day} if table == CONSENTS else {}) for row, day in zip(rows, days, strict=True)], {}, [])


def stats(lake: str) -> list[tuple[Any, ...]]:
    held = pl.read_delta(table_path(lake, STATS)).sort("measurement", "table_name", "day")
    return held.select("measurement", "table_name", "day", "files", "rows").rows()


def test_a_measurement_tells_files_and_rows_of_each_day(lake):
    add(lake, FIRST, SECOND)
    add(lake, SECOND)
    add(lake, FIRST, FIRST, table=UNDATED)
    measure(lake, [CONSENTS, UNDATED])
    assert stats(lake) == [(1, UNDATED, None, 1, 2), (1, CONSENTS, FIRST, 1, 1), (1, CONSENTS, SECOND, 2, 2)]
    sizes = pl.read_delta(table_path(lake, STATS))
    held = [Table.existing(lake, name) for name in (CONSENTS, UNDATED)]
    assert sizes["size_bytes"].sum() == sum(action["size_bytes"] for table in held if table for action in table.actions())
    assert (sizes["small_bytes"] == sizes["size_bytes"]).all()


def test_only_what_changed_is_told_again(lake):
    add(lake, FIRST, SECOND)
    add(lake, FIRST, table=UNDATED)
    assert measure(lake, [CONSENTS, UNDATED]) == 3
    assert measure(lake, [CONSENTS, UNDATED]) == 0
    add(lake, SECOND)
    assert measure(lake, [CONSENTS, UNDATED]) == 1
    assert stats(lake)[-1] == (2, CONSENTS, SECOND, 2, 2)


def test_a_day_that_is_gone_is_told_once_as_nothing():
    known = pl.DataFrame({"measurement": [1], "table_name": ["t"], "day": [FIRST]} | {name: [5] for name in figures.COUNTS})
    gone = figures.differing(known.clear().drop("measurement"), known)
    assert gone.select("day", "files", "size_bytes").rows() == [(FIRST, 0, 0)]
    again = pl.concat([known, gone.with_columns(measurement=pl.lit(2, pl.Int64)).select(known.columns)])
    assert figures.differing(known.clear().drop("measurement"), again).is_empty()


def told(lake: str) -> list[str]:
    return sorted(pl.read_delta(table_path(lake, READS))["tables"])


def test_a_session_that_reads_is_told_once_with_all_its_tables(lake):
    add(lake, FIRST)
    fleetlake.scan(CONSENTS, candidate=True)
    fleetlake.scan(CONSENTS, candidate=True)
    note(lake, UNDATED)
    assert gather_reads(lake) == 1
    assert gather_reads(lake) == 0
    assert told(lake) == [f'["{UNDATED}", "{CONSENTS}"]']


def test_what_a_session_reads_after_it_was_gathered_is_another_session(lake):
    add(lake, FIRST)
    note(lake, CONSENTS)
    gather_reads(lake)
    note(lake, UNDATED)
    assert gather_reads(lake) == 1
    assert told(lake) == [f'["{UNDATED}"]', f'["{CONSENTS}"]']


def test_a_gathering_that_was_killed_before_it_cleaned_up_tells_nobody_twice(lake, monkeypatch):
    add(lake, FIRST)
    note(lake, CONSENTS)
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            gather_reads(lake)
    assert gather_reads(lake) == 0
    assert len(told(lake)) == 1
    assert not list(Path(lake, reads.FOLDER).glob("*.json"))


def test_a_lake_that_cannot_be_written_to_is_read_all_the_same(lake, monkeypatch):
    add(lake, FIRST)

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError("read only")

    monkeypatch.setattr(Path, "mkdir", denied)
    assert fleetlake.scan(CONSENTS, candidate=True).collect().height == 1
