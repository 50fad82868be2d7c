"""One query sees one release, whatever is published meanwhile."""

from datetime import UTC, datetime

import duckdb
import polars as pl
import pytest
from deltalake import write_deltalake

import fleetlake
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.readers import queries
from fleetlake.readers.engine import STATES
from fleetlake.releases import published
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, grown, silver


@pytest.fixture
def released(lake: str) -> str:
    """Two releases of silver, of one and of two rows a table, and a row more that nothing checked."""
    for _ in range(2):
        gated(lake, silver(lake))
        release(lake, "silver")
    silver(lake)
    return lake


COUNTS = "select (select count(*) from silver.charging), (select count(*) from silver.consents), (select count(*) from silver.navigation)"


def test_a_query_reads_all_tables_at_their_released_versions(released: str):
    answer = fleetlake.sql(COUNTS)
    assert answer.row(0) == (2, 2, 2)
    assert answer.release == published(released)


def test_an_older_release_is_asked_by_its_number_or_time(released: str):
    then = fleetlake.release(1).releases["silver"].at
    assert [fleetlake.sql(COUNTS, as_of).row(0) for as_of in (1, "1", then)] == [(1, 1, 1)] * 3
    assert fleetlake.sql(COUNTS).row(0) == (2, 2, 2)


def test_a_query_that_has_begun_stays_in_its_release(released: str):
    with queries.answered("select id from silver.charging") as (before, state):
        gated(released, silver(released))
        release(released, "silver")
        assert fleetlake.sql("select id from silver.charging").height == 4
        assert len(before.fetchall()) == 2
    assert state.number == 2


def test_many_releases_later_an_engine_begins_afresh_and_old_queries_end_well(released: str):
    with queries.answered("select id from silver.charging") as (before, _):
        first = queries.engine(released)
        for _ in range(STATES):
            gated(released, silver(released))
            release(released, "silver")
            newest = fleetlake.sql("select id from silver.charging").height
        assert newest == 3 + STATES
        assert queries.engine(released) is not first
        assert len(before.fetchall()) == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from silver.chargin", r"silver.chargin is not released\nnear it are silver.charging"),
        ('select * from "silver" . "chargin"', r"silver.chargin is not released"),
        ("select * from charging", r"charging is not released\nnear it are silver.charging"),
        ("select * from gold.usage", r"gold.usage is not released"),
        ("select * from sliver.charging", r"sliver.charging is not released\nnear it are silver.charging"),
        ("select nope from silver.charging", 'column "nope" not found'),
        ("selct 1", "syntax error"),
        ("select 1; select 2", "not one question"),
        ("create or replace view silver.charging as select 1", "not one question"),
        ("", "not one question"),
    ],
)
def test_what_cannot_be_answered_is_said(released: str, query: str, said: str):
    with pytest.raises(Failure, match=said):
        fleetlake.sql(query)


def test_names_may_be_quoted_and_in_capitals(released: str):
    assert fleetlake.sql('select count(*) from Silver . "CHARGING"').item() == 2


def test_tables_can_be_listed_and_described(released: str):
    listed = fleetlake.sql(
        "select table_schema, table_name from information_schema.tables where table_catalog = current_database() order by 2"
    )
    assert listed.rows() == [("silver", name) for name in ("charging", "consents", "navigation")]
    assert fleetlake.sql("describe silver.charging")["column_name"].to_list() == ["id"]


def test_tables_of_vehicle_grain_are_shown_to_those_who_ask_for_them(lake: str):
    for name in ("gold_internal.features", "gold.usage"):
        gated(lake, {name: grown(lake, name)})
        release(lake, name.partition(".")[0])
    assert fleetlake.sql("select count(*) from gold_internal.features", internal=True).item() == 1
    with pytest.raises(Failure, match=r"gold_internal.features is not released"):
        fleetlake.sql("select count(*) from gold_internal.features")
    assert fleetlake.sql("select count(*) from gold.usage").item() == 1


def test_a_lake_without_releases_answers_what_needs_no_table(lake: str):
    assert fleetlake.sql("select 42").item() == 42
    with pytest.raises(Failure, match="nothing is released yet"):
        fleetlake.sql("from silver.charging")


def test_values_come_as_they_are(lake: str):
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    frame = pl.DataFrame({"at": [noon], "blob": [b"\0x"], "list": [[1, 2]], "none": [None]}, schema_overrides={"none": pl.Int32})
    write_deltalake(table_path(lake, "silver.charging"), frame.to_arrow())
    gated(lake, {"silver.charging": 0})
    release(lake, "silver")
    answer = fleetlake.sql('select *, cast("at" as varchar) as said from silver.charging')
    assert answer.row(0) == (noon, b"\0x", [1, 2], None, "2026-06-01 12:00:00+00")
    assert answer.schema["at"] == pl.Datetime("us", "UTC")


def test_an_engine_of_another_version_is_told_apart(released: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(duckdb, "__version__", "9.9.9")
    with pytest.raises(Failure, match=r"DuckDB 9.9.9 has no delta extension"):
        fleetlake.sql("from silver.charging")
