"""Where tables and columns come from, and who reads them, as the commands tell it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.console import Failure
from spark_jobs.lineage.events import emit, event

DAILY = "gold.charging_daily"


def fleet(*words: str) -> Any:
    answer = CliRunner().invoke(application(["lineage"]), [*words, "--json"], catch_exceptions=False)
    assert answer.exit_code == 0
    return json.loads(answer.stdout)


def test_a_table_of_silver_comes_from_its_topic_and_goes_into_models_and_exposures(home: Path):
    rows = {(row["side"], row["table"]): (row["step"], row["by"]) for row in fleet("lineage", "silver.charging")}
    assert rows["up", "bronze.charging"] == (1, "refine")
    assert rows["up", "fleet.charging"] == (2, "land")
    assert {side for side, _ in rows} == {"up", "down"}
    assert rows["down", DAILY][1] == "build"
    assert any(by == "exposure" for _, by in rows.values())
    assert ("down", "bronze.charging") not in rows
    assert {row["side"] for row in fleet("lineage", "silver.charging", "--up")} == {"up"}


def test_what_is_reached_in_several_ways_is_told_once(home: Path):
    names = [(row["side"], row["table"]) for row in fleet("lineage", "silver.feature_usage")]
    assert len(names) > 10
    assert len(names) == len(set(names))


def test_what_a_job_told_is_known_from_then_on(home: Path):
    assert ("silver.elsewhere", "own job") not in {(row["table"], row["by"]) for row in fleet("lineage", DAILY, "--up")}
    emit([event("own job", ["silver.elsewhere"], {DAILY: {}})])
    emit([event("failed job", ["silver.nowhere"], {DAILY: {}}, is_success=False)])
    told = {(row["table"], row["by"]) for row in fleet("lineage", DAILY, "--up")}
    assert ("silver.elsewhere", "own job") in told
    assert "silver.nowhere" not in {table for table, _ in told}


def test_the_impact_of_a_column_is_the_columns_that_it_gets_into_step_by_step_and_who_shows_them(home: Path):
    work = {"work.sessions": {"energy_kwh": [("silver.charging", "energy_wh")]}}
    emit([event("build work.sessions", ["silver.charging"], work)])
    emit([event(f"build {DAILY}", ["work.sessions"], {DAILY: {"energy_kwh_total": [("work.sessions", "energy_kwh")]}})])
    rows = fleet("impact", "silver.charging.energy_wh")
    columns = [row["name"] for row in rows if row["kind"] == "column"]
    assert columns == ["work.sessions.energy_kwh", f"{DAILY}.energy_kwh_total"]
    assert any(row["kind"] == "exposure" for row in rows)
    assert not [row for row in fleet("impact", "silver.charging.session_id") if row["name"] == f"{DAILY}.energy_kwh_total"]


@pytest.mark.parametrize(
    ("words", "said"), [(["lineage", "silver.nothing"], "nothing is known of"), (["impact", "silver.charging.colour"], "has no column")]
)
def test_what_is_not_there_is_said(home: Path, words: list[str], said: str):
    raised = CliRunner().invoke(application(["lineage"]), words).exception
    assert isinstance(raised, Failure)
    assert said in raised.what
