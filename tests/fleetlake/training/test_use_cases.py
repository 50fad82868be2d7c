"""Use cases say what they read, and break loudly."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from expectations.contract import contract
from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.features import registry
from fleetlake.training import use_cases as module
from fleetlake.training.tasks import TASKS
from fleetlake.training.use_cases import reading, use_case, use_cases
from spark_jobs.training.log import write

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PROFILES = "features.vehicle_profiles"


def fleet(*words: str):
    return CliRunner().invoke(application(("use_cases", "lineage")), list(words))


def ran(lake: str, run: str, **told) -> None:
    asked = {
        "training_run": run,
        "use_case": "suggest",
        "started_at": NOW,
        "ended_at": NOW + timedelta(minutes=1),
        "outcome": "done",
        "is_shuffled": False,
    }
    took = {
        "features": 3,
        "max_minutes": 30.0,
        "max_cost_eur": 5.0,
        "estimated_seconds": 1.0,
        "estimated_cost_eur": 1.0,
        "seconds": 60.0,
        "cores": 2,
    }
    write(
        lake, asked | took | {"gather_seconds": 1.0, "fit_seconds": 2.0, "cost_eur": Decimal("0.25"), "is_better": True, "gain": 0.3} | told
    )


def test_every_task_has_its_use_case_and_reads_features_and_columns_that_there_are():
    assert set(use_cases()) == set(TASKS)
    for use in use_cases().values():
        assert use.missing == []
        assert len(use.features) >= 14
        for table, column in use.labels:
            assert column in {each.name for each in contract(table).columns}, (table, column)


def test_a_use_case_shows_what_it_reads_and_what_all_its_trainings_cost(lake):
    ran(lake, "a-1")
    ran(lake, "a-2", outcome="stopped", is_better=None, gain=None, ended_at=NOW + timedelta(hours=1))
    suggest, battery = json.loads(fleet("use-cases", "--json").stdout)
    assert (suggest["use case"], suggest["trainings"], suggest["cost_eur"]) == ("suggest", 2, "0.5")
    assert (suggest["newest"], suggest["better by"]) == ("a-1", 0.3)
    assert {"silver.feature_usage.feature_id", f"{PROFILES}.dog_mode_uses_28d"} <= set(suggest["reads"])
    assert (battery["trainings"], battery["newest"]) == (0, None)


def test_a_use_case_that_has_expired_or_reads_what_is_gone_is_named_and_trains_nothing(home, monkeypatch):
    old = replace(use_case("suggest"), expires_on=date(2020, 1, 1))
    broken = replace(use_case("battery"), features=("charged_kwh_7d", "charged_by_magic_7d"))
    assert fleet("use-cases").exit_code == 0
    monkeypatch.setattr(module, "use_cases", lambda: {"suggest": old, "battery": broken})
    said = fleet("use-cases")
    assert said.exit_code == 1
    assert "suggest expired on 2020-01-01" in said.stderr
    assert "battery reads features that there are not: charged_by_magic_7d" in said.stderr
    for use in (old, broken):
        with pytest.raises(Failure):
            use.refuse(date(2026, 11, 1))


def test_a_column_names_the_use_cases_that_break_without_it():
    assert [each.name for each in reading([("silver.feature_usage", "feature_id")])] == ["suggest"]
    assert [each.name for each in reading([(registry()["odometer_km"].table, "odometer_km")])] == ["battery"]
    assert reading([("silver.navigation", "distance_m")]) == []


def test_the_impact_of_a_column_names_use_cases_with_their_owners(home):
    rows = json.loads(fleet("impact", "silver.feature_usage.feature_id", "--json").stdout)
    assert [row["name"] for row in rows if row["kind"] == "use case"] == ["suggest, of usage@fleetlake.example"]
    others = json.loads(fleet("impact", "silver.navigation.distance_m", "--json").stdout)
    assert [row for row in others if row["kind"] == "use case"] == []
