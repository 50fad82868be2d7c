"""Suggestions come of released features by the newest good model, and are released like any table."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import fleetlake
from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs.releases.plan import release
from spark_jobs.training.log import runs
from spark_jobs.training.scores import best
from tests.fleetlake.training.lake import put
from tests.spark_jobs.releases.fabricated import gated


def fleet(*words: str):
    return CliRunner().invoke(application(("train", "score")), [*words])


@pytest.fixture
def silent(lake: str) -> list[str]:
    """The vehicles of a lake, with a trained model, whose customers did not allow to be offered anything; some of them did allow training."""
    _, unasked = put(lake)
    assert fleet("train", "suggest", "--rounds", "8").exit_code == 0
    return unasked


def test_each_driver_that_allows_it_is_offered_three_features_at_each_hour_of_the_day(lake, silent):
    told = json.loads(fleet("score", "suggest", "--json").stdout)
    rows = fleetlake.scan("ml.suggestions", candidate=True).collect()
    register = fleetlake.scan("gold_internal.vehicles").collect()
    assert set(rows["vehicle_key"]) == set(register["vehicle_key"]) - set(silent)
    assert len(rows) == told["rows"] == 24 * 3 * (len(register) - len(silent))
    assert rows.select("vehicle_key", "suggested_for", "rank").is_unique().all()
    assert set(rows["suggested_for"].dt.date()) == {date(2026, 6, 23)}  # features of the 21st were known on the 22nd
    probabilities = rows.sort("vehicle_key", "suggested_for", "rank")["probability"].to_numpy().reshape(-1, 3)
    assert (np.diff(probabilities, axis=1) <= 0).all()
    (run,) = runs(lake)
    assert rows.select("training_run", "model").unique().row(0) == (run["training_run"], run["model"])
    assert pl.DataFrame(rows).to_arrow().schema.names == arrow_schema(contract("ml.suggestions")).names


def test_what_is_offered_depends_on_the_hour_and_on_the_driver(lake, silent):
    fleet("score", "suggest")
    first = fleetlake.scan("ml.suggestions", candidate=True).filter(pl.col("rank") == 1).collect()
    assert first.group_by("vehicle_key").agg(pl.col("feature_id").n_unique())["feature_id"].max() > 1
    assert first.group_by("suggested_for").agg(pl.col("feature_id").n_unique())["feature_id"].max() > 2


def test_readers_see_suggestions_when_they_are_released_and_older_ones_as_of_an_older_release(lake, silent):
    for day in ("2026-06-22", "2026-06-23"):
        version = json.loads(fleet("score", "suggest", "--day", day, "--json").stdout)["version"]
        gated(lake, {"ml.suggestions": version})
        release(lake, "ml")
    newest = fleetlake.scan("ml.suggestions")
    asked = "select distinct cast(suggested_for as date) as day from ml.suggestions"
    assert fleetlake.sql(asked)["day"].to_list() == [date(2026, 6, 23)]
    assert fleetlake.sql(asked, as_of=newest.release.release - 1)["day"].to_list() == [date(2026, 6, 22)]
    assert table_path(lake, "ml.suggestions").endswith("/ml/suggestions")


def test_lineage_knows_what_suggestions_are_made_of(lake, silent):
    fleet("score", "suggest")
    rows = json.loads(CliRunner().invoke(application(("lineage",)), ["lineage", "ml.suggestions", "--up", "--json"]).stdout)
    assert {("features.vehicle_profiles", "score"), ("gold_internal.vehicles", "score")} <= {(row["table"], row["by"]) for row in rows}


def test_nothing_is_scored_for_what_has_no_table(lake, silent):
    assert isinstance(fleet("score", "battery").exception, Failure)


def test_the_best_classes_are_ranked_and_equal_ones_stay_in_their_order():
    found = best(("a", "b", "c"), np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]), ranks=2)
    assert found.rows() == [(0, 1, "b", 0.5), (0, 2, "c", 0.3), (1, 1, "a", 0.4), (1, 2, "c", 0.4)]
