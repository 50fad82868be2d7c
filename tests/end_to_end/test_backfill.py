"""Days of gold anew: only those, in one release, and a build that was killed goes on where it stood."""

from pathlib import Path

import pytest
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import published
from spark_jobs import backfill as job
from spark_jobs.build import job as build_job
from spark_jobs.build.dbt import Run
from spark_jobs.build.job import Wanted
from spark_jobs.build.log import entries
from tests.end_to_end.gold.lake import TABLES, begun, built, day, days_of, passed, project, rows

WANTED = Wanted(since=day(5), until=day(6))
ASKED = {"uses": [5, 6], "uses_daily": [5, 6, 7, 8]}


class Killed(Exception):
    """As by kill -9."""


@pytest.fixture
def lake_of_gold(spark, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A lake with released gold of the small project."""
    from expectations.contract import contracts

    project(tmp_path / "project", monkeypatch)
    begun(lake)
    built(lake, spark)
    passed(lake, "gold")
    yield lake
    monkeypatch.undo()
    contracts.cache_clear()


def backfill(lake: str, spark) -> job.Backfill:
    return job.Backfill(lake, lambda is_little: spark, WANTED, lambda text: None)


def test_a_backfill_says_what_it_costs_builds_only_its_days_and_releases_them_together(spark, lake_of_gold: str, monkeypatch):
    before = {name: rows(lake_of_gold, name) for name in TABLES}
    number = published(lake_of_gold).releases["gold"].number
    fill = backfill(lake_of_gold, spark)
    assert days_of(fill.plan) == ASKED
    assert fill.estimate.table_days == 6
    assert fill.estimate.read_mb > 0
    assert fill.estimate.cpu_s is None, "no build was measured"
    fill.build()
    assert published(lake_of_gold).releases["gold"].number == number, "readers saw candidates"
    assert fill.check().ok
    out = fill.release()
    assert (out.release.note, [each.layer for each in out.parts]) == (f"backfill of {day(5)} to {day(6)}", ["gold", "gold_internal"])
    assert entries(lake_of_gold)[-1].reason == "asked"
    assert {name: rows(lake_of_gold, name) for name in TABLES} == before


def test_a_build_that_was_killed_goes_on_where_it_stood(spark, lake_of_gold: str, monkeypatch):
    ran: list[str] = []
    true_models = Run.models

    def until_uses_daily(self, names, variables, told):
        done = [name for name in names if name != "uses_daily"]
        true_models(self, done, variables, told)
        raise Killed

    def noted(self, names, variables, told):
        ran.extend(names := list(names))
        true_models(self, names, variables, told)

    before = DeltaTable(table_path(lake_of_gold, "gold_internal.uses")).version()
    monkeypatch.setattr(Run, "models", until_uses_daily)
    with pytest.raises(Killed):
        backfill(lake_of_gold, spark).build()
    version = DeltaTable(table_path(lake_of_gold, "gold_internal.uses")).version()
    assert version == before + 1
    monkeypatch.setattr(Run, "models", noted)
    backfill(lake_of_gold, spark).build()
    assert ran == ["uses_daily"]
    assert entries(lake_of_gold)[-1].tables["gold_internal.uses"]["version"] == version


def test_what_was_built_already_is_not_built_again_by_the_same_backfill(spark, lake_of_gold: str):
    backfill(lake_of_gold, spark).build()
    backfill(lake_of_gold, spark).build()
    assert len(entries(lake_of_gold)) == 2
    built(lake_of_gold, spark, since=day(5), until=day(6))
    assert len(entries(lake_of_gold)) == 3, "who asks for a build gets one"


def test_days_that_gold_does_not_tell_of_are_refused(spark, lake_of_gold: str):
    wanted = Wanted(since=day(100), until=day(101))
    with pytest.raises(Failure, match=f"gold tells of {day(0)} to .*and of none of these days"):
        build_job.build(lake_of_gold, lambda is_little: spark, wanted, lambda text: None, plan=True)
