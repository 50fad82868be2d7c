"""A frame is a released table at its released version, and says so."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

import fleetlake
from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs.releases.log import Log
from spark_jobs.releases.plan import release
from spark_jobs.releases.rollback import rollback
from tests.spark_jobs.releases.fabricated import gated, grown, silver


@pytest.fixture
def released(lake: str) -> str:
    """Two releases of silver, of one and of two rows a table, and a row more that nothing checked."""
    for _ in range(2):
        gated(lake, silver(lake))
        release(lake, "silver")
    silver(lake)
    return lake


def rows(frame: pl.LazyFrame) -> int:
    return frame.select(pl.len()).collect().item()


def test_the_released_version_is_read_and_not_the_newest(released: str):
    frame = fleetlake.scan("silver.charging")
    assert rows(frame) == 2
    told = frame.release
    assert (told.table, told.version, told.release, told.gate_run, told.is_candidate, told.is_held) == (
        "silver.charging",
        1,
        2,
        2,
        False,
        False,
    )
    assert timedelta(0) < told.age < timedelta(hours=1)


def test_an_older_release_is_read_by_its_number_or_time(released: str):
    then = fleetlake.release(1).releases["silver"].at
    assert [rows(fleetlake.scan("silver.charging", as_of)) for as_of in (1, "1", then, then.isoformat())] == [1, 1, 1, 1]


def test_a_rollback_is_read_and_told(released: str):
    log = Log.open(released)
    log.commit(rollback(log, "silver"))
    frame = fleetlake.scan("silver.charging")
    assert (rows(frame), frame.release.is_held, frame.release.release) == (1, True, 3)


def test_a_candidate_is_read_only_when_asked_for_and_is_marked(released: str):
    frame = fleetlake.scan("silver.charging", candidate=True)
    assert (rows(frame), frame.release.version) == (3, 2)
    assert frame.release.is_candidate
    assert frame.release.age is None
    with pytest.raises(Failure, match="a candidate has no as_of"):
        fleetlake.scan("silver.charging", 1, candidate=True)
    with pytest.raises(Failure, match=r"silver.chargin is not there"):
        fleetlake.scan("silver.chargin", candidate=True)


def test_what_is_not_released_is_refused_with_near_names(released: str):
    grown(released, "gold.usage")
    with pytest.raises(Failure, match=r"silver.chargin is not released\nnear it are silver.charging"):
        fleetlake.scan("silver.chargin")
    with pytest.raises(Failure, match=r"gold.usage is not released"):
        fleetlake.scan("gold.usage")


def test_filters_and_columns_are_pushed_down_to_the_files(lake: str):
    path, days = table_path(lake, "silver.charging"), [date(2026, 6, 1), date(2026, 6, 2)]
    for number, day in enumerate(days):
        frame = pl.DataFrame({"id": [number], "other": ["x"], "occurred_on": [day]})
        write_deltalake(path, frame.to_arrow(), mode="append", partition_by=["occurred_on"])
    gated(lake, {"silver.charging": 1})
    release(lake, "silver")
    [other] = Path(path, "occurred_on=2026-06-01").iterdir()
    other.unlink()  # a reader that opened it would fail
    wanted = fleetlake.scan("silver.charging").filter(pl.col("occurred_on") == days[1]).select("id")
    assert wanted.collect()["id"].to_list() == [1]
    assert "PROJECT 2/3 COLUMNS" in wanted.explain()
    assert fleetlake.sql("select id from silver.charging where occurred_on = '2026-06-02'")["id"].to_list() == [1]


def test_importing_fleetlake_imports_no_engine():
    looked = "import sys, fleetlake; print(sorted({'polars', 'pyarrow', 'duckdb', 'deltalake', 'pydantic', 'rich', 'pyspark'} & set(sys.modules)), dir(fleetlake)[:0])"
    assert subprocess.run([sys.executable, "-c", looked], check=True, capture_output=True, text=True).stdout == "[] []\n"


def test_the_library_offers_what_it_says():
    assert set(fleetlake.__all__) <= set(dir(fleetlake))
    assert all(callable(getattr(fleetlake, name)) and getattr(fleetlake, name).__doc__ for name in fleetlake.__all__)
    with pytest.raises(AttributeError, match="no attribute 'scna'"):
        fleetlake.scna  # noqa: B018
