"""Gold from released silver: what changed is built anew, nothing else, and the numbers are those of a full build."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import published
from spark_jobs.build.lock import only_one
from spark_jobs.build.log import entries
from spark_jobs.releases.log import Log
from spark_jobs.releases.rollback import rollback
from tests.end_to_end.gold.lake import (
    DAYS,
    TABLES,
    begun,
    built,
    counted,
    day,
    days_of,
    files,
    passed,
    project,
    rows,
    update,
    use,
    written,
)

USES = [use(number, vehicle) for number in range(DAYS + 1) for vehicle in ("v1", "v2", "v3")]
SOFTWARE = {"v1": [(0, "a"), (8, "b")], "v2": [(0, "a")], "v3": [(0, "a")]}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The folder of the small project's models."""
    from expectations.contract import contracts

    yield project(tmp_path / "project", monkeypatch)
    monkeypatch.undo()
    contracts.cache_clear()


def versions(lake: str) -> dict[str, int]:
    return {name: DeltaTable(table_path(lake, name)).version() for name in TABLES}


def restatements(lake: str) -> list[dict[str, Any]]:
    return pl.read_delta(table_path(lake, "gold.restatements")).sort("build", "day", "key").to_dicts()


def test_late_data_changes_its_own_days_and_nothing_else(spark, lake: str, models: Path):
    begun(lake)
    assert set(days_of(built(lake, spark)).values()) == {"all"}
    assert rows(lake, "gold.uses_daily") == counted(USES, SOFTWARE)
    passed(lake, "gold")
    assert published(lake).releases["gold"].built_from == published(lake).releases["silver"].number

    written(lake, use(10, "v1", late_days=10))
    held, before = versions(lake), {name: files(lake, name) for name in ("gold.uses_daily", "gold_internal.uses")}
    expected = {"uses": [10], "uses_daily": [10, 11, 12]}
    assert days_of(built(lake, spark, plan=True)) == expected
    assert versions(lake) == held, "a plan wrote a table"

    done = built(lake, spark)
    assert days_of(done) == expected
    assert {name: version for name, version in versions(lake).items() if version != held[name]}.keys() == {
        "gold.uses_daily",
        "gold_internal.uses",
    }
    for name, numbers in (("gold.uses_daily", (10, 11, 12)), ("gold_internal.uses", (10,))):
        after = files(lake, name)
        changed = {partition for partition in after if after[partition] != before[name].get(partition)}
        assert changed == {f"used_on={day(number)}" for number in numbers}, name
    assert rows(lake, "gold.uses_daily") == counted([*USES, use(10, "v1")], SOFTWARE)
    told = [(each["day"], each["column"], each["before"], each["after"], each["change"], each["reason"]) for each in restatements(lake)]
    assert told == [(day(number), "uses", str(count), str(count + 1), "1", "late data") for number, count in ((10, 3), (11, 3), (12, 3))]
    assert done.entry is not None
    assert (done.entry.base, done.entry.restated) == (1, 3)


def test_a_change_that_the_register_hears_of_late_changes_the_days_up_to_the_next_change(spark, lake: str, models: Path):
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    written(lake, update(5, "z"))
    software = SOFTWARE | {"v1": [(0, "a"), (5, "z"), (8, "b")]}
    expected = {"vehicles": "all", "uses": [5, 6, 7], "uses_daily": [5, 6, 7, 8, 9]}
    assert days_of(built(lake, spark, plan=True)) == expected
    assert days_of(built(lake, spark)) == expected
    assert rows(lake, "gold.uses_daily") == counted(USES, software)
    incremental = {name: rows(lake, name) for name in TABLES}
    assert set(days_of(built(lake, spark, full=True)).values()) == {"all"}
    assert {name: rows(lake, name) for name in TABLES} == incremental


def test_gold_follows_silver_back(spark, lake: str, models: Path):
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    first = rows(lake, "gold.uses_daily")
    written(lake, use(10, "v1", late_days=10))
    built(lake, spark)
    passed(lake, "gold")
    assert rows(lake, "gold.uses_daily") != first
    log = Log.open(lake)
    log.commit(rollback(log, "silver"))
    assert days_of(built(lake, spark)) == {"uses": [10], "uses_daily": [10, 11, 12]}
    assert rows(lake, "gold.uses_daily") == first
    assert [each["change"] for each in restatements(lake)] == ["1", "1", "1", "-1", "-1", "-1"]


def test_what_a_killed_build_left_is_taken_back(spark, lake: str, models: Path):
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    first = {name: rows(lake, name) for name in TABLES}
    DeltaTable(table_path(lake, "gold_internal.uses")).delete(f"used_on = '{day(3)}'")
    assert built(lake, spark).decided == {}
    assert {name: rows(lake, name) for name in TABLES} == first
    assert len(entries(lake)) == 1


def test_another_model_is_built_whole_with_all_that_read_it(spark, lake: str, models: Path):
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    (models / "uses_daily.sql").write_text((models / "uses_daily.sql").read_text().replace("sum(uses.uses)", "2 * sum(uses.uses)"))
    done = built(lake, spark)
    assert days_of(done) == {"uses_daily": "all"}
    assert {each["reason"] for each in restatements(lake)} == {"code"}


def test_what_dbt_says_of_a_build_is_kept_whole_however_often_it_ran(spark, lake: str, models: Path):
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    written(lake, update(5, "z"))
    run = built(lake, spark).prepared.run
    assert len(run.ran) > 1
    kept = {name: json.loads((run.folder / f"{name}.json").read_text()) for name in ("manifest", "run_results")}
    ids = [each["unique_id"] for each in kept["run_results"]["results"]]
    assert sorted(kept["manifest"]["nodes"][each]["name"] for each in ids) == ["uses", "uses_daily", "vehicles"]


def test_a_model_that_fails_is_named_with_its_file_and_readers_see_what_they_saw(spark, lake: str, models: Path):
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    seen = dict(published(lake).releases["gold"].pins)
    good = (models / "uses_daily.sql").read_text()
    (models / "uses_daily.sql").write_text(good.replace("sum(uses.uses)", "sum(uses.used)"))
    with pytest.raises(Failure, match=r"(?s)gold.uses_daily could not be built.*uses_daily.sql"):
        built(lake, spark)
    (models / "uses_daily.sql").write_text(good.replace("sum(uses.uses)", "{{ added_up('uses.uses') }}"))
    with pytest.raises(Failure, match=r"(?s)gold.uses_daily could not be built.*'added_up' is undefined"):
        built(lake, spark)
    (models / "uses_daily.sql").write_text(good.replace("sum(uses.uses)", "nullif(sum(uses.uses), 3)"))
    with pytest.raises(Failure, match=r"gold.uses_daily: a column that the contract calls not null is null"):
        built(lake, spark)
    assert dict(published(lake).releases["gold"].pins) == seen
    (models / "uses_daily.sql").write_text(good)
    built(lake, spark)
    assert rows(lake, "gold.uses_daily") == counted(USES, SOFTWARE)


def test_of_two_builds_at_once_the_second_says_so(lake: str):
    with only_one(lake), pytest.raises(Failure, match="another build is at work"), only_one(lake):
        pass


def test_gold_is_not_built_from_what_is_not_released(lake: str, models: Path):
    with pytest.raises(Failure, match="silver is not released"):
        built(lake, None)
