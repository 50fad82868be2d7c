"""What readers see differently in one release than in another."""

from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.releases import published
from spark_jobs.releases.diff import Change, diff
from spark_jobs.releases.plan import release
from tests.spark_jobs.releases.fabricated import gated, grown, replaced, silver


def released(lake: str, versions: dict[str, int]) -> int:
    gated(lake, versions)
    return release(lake, "silver").release.number


def changes(lake: str, first: int, second: int) -> list[Change]:
    return diff(lake, published(lake, first), published(lake, second))


def test_rows_that_came_are_counted_and_tables_that_stayed_are_left_out(lake: str):
    first = silver(lake, rows=3)
    released(lake, first)
    released(lake, first | {"silver.charging": grown(lake, "silver.charging", rows=2)})
    assert changes(lake, 1, 2) == [Change("silver.charging", 0, 1, 3, 5, 2, 0, ())]
    assert changes(lake, 2, 1) == [Change("silver.charging", 1, 0, 5, 3, 0, 2, ())]
    assert changes(lake, 1, 1) == []


def test_rewriting_files_is_no_change_of_rows(lake: str):
    released(lake, silver(lake, rows=3))
    grown(lake, "silver.charging", rows=2)
    DeltaTable(table_path(lake, "silver.charging")).optimize.compact()
    released(lake, silver(lake, rows=1))
    [charging] = [each for each in changes(lake, 1, 2) if each.table == "silver.charging"]
    assert (charging.version_after, charging.rows_after, charging.added, charging.removed) == (3, 6, 3, 0)


def test_rows_that_were_replaced_went_and_came(lake: str):
    released(lake, silver(lake, rows=3))
    versions = silver(lake, rows=1) | {"silver.charging": replaced(lake, "silver.charging", pl.DataFrame({"id": [1, 2]}))}
    released(lake, versions)
    [charging] = [each for each in changes(lake, 1, 2) if each.table == "silver.charging"]
    assert (charging.rows_after, charging.added, charging.removed) == (2, 3, 4)


def test_columns_that_came_are_named(lake: str):
    first = silver(lake)
    released(lake, first)
    released(lake, first | {"silver.charging": grown(lake, "silver.charging", region="north")})
    assert [each.columns for each in changes(lake, 1, 2)] == [("+region",)]
    assert [each.columns for each in changes(lake, 2, 1)] == [("-region",)]


def test_a_table_that_is_new_came_whole(lake: str):
    released(lake, {"silver.charging": grown(lake, "silver.charging", rows=3)})
    released(lake, {"silver.charging": 0, "silver.consents": grown(lake, "silver.consents", rows=4)})
    assert changes(lake, 1, 2) == [Change("silver.consents", None, 0, 0, 4, 4, 0, ())]


def test_a_log_that_was_cleaned_no_longer_tells_what_moved(lake: str):
    first = silver(lake)
    released(lake, first)
    released(lake, first | {"silver.charging": grown(lake, "silver.charging")})
    table = DeltaTable(table_path(lake, "silver.charging"))
    table.create_checkpoint()
    seen = published(lake, 1), published(lake, 2)
    Path(table_path(lake, "silver.charging"), "_delta_log", f"{1:020d}.json").unlink()
    assert [(each.added, each.removed) for each in diff(lake, *seen)] == [(None, None)]
