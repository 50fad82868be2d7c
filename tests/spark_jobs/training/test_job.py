"""A training reads what is released, keeps to its budget, and leaves its row, its bill, its card and its model."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import polars as pl
import pytest
from deltalake import DeltaTable
from typer.testing import CliRunner

import fleetlake
from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.settings import settings
from fleetlake.training import store
from fleetlake.training.budget import Watch
from fleetlake.training.use_cases import use_case
from spark_jobs.imports.inbox import deliveries
from spark_jobs.imports.job import bring
from spark_jobs.imports.kinds import KINDS
from spark_jobs.releases.plan import release
from spark_jobs.training.log import runs
from tests.fleetlake.training.lake import put
from tests.gold.second.costs import Inputs, allocated, training_runs
from tests.spark_jobs.releases.fabricated import gated, replaced

FEW = ("--rounds", "12")


def fleet(*words: str):
    return CliRunner().invoke(application(("train",)), ["train", *words])


@pytest.fixture
def silent(lake: str) -> list[str]:
    """The lake's vehicles whose customers did not allow it."""
    return put(lake)[0]


def test_a_training_leaves_its_row_its_card_and_a_manifest_but_not_the_rows_that_it_read(lake, silent):
    said = fleet("suggest", *FEW, "--json")
    assert said.exit_code == 0, said.output
    (row,) = runs(lake)
    assert json.loads(said.stdout)["training_run"] == row["training_run"]
    assert (row["outcome"], row["is_better"], row["trees"]) == ("done", True, 12 * 12)
    assert row["gain_low"] > 0.1
    assert 0 < row["gather_seconds"] + row["fit_seconds"] <= row["seconds"]
    folder = store.folder_of("suggest", row["training_run"])
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "card.md", "manifest.json", "model.json", "trees.txt"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["checksum"], manifest["rows"]) == (row["manifest"], row["rows"])
    assert manifest["consent"]["purposes"] == ["product_improvement"]
    assert "beats its baseline" in (folder / "card.md").read_text()


def test_who_did_not_allow_it_is_not_trained_on(lake, silent):
    assert fleet("suggest", *FEW).exit_code == 0
    uses = fleetlake.scan("silver.feature_usage").filter(~pl.col("vehicle_key").is_in(silent)).collect()
    assert runs(lake)[0]["rows"] == len(uses) < len(fleetlake.scan("silver.feature_usage").collect())


def test_what_a_training_cost_is_in_gold_when_its_bill_came_and_a_later_bill_of_the_month_replaces_it(lake, silent):
    for _ in range(2):
        assert fleet("suggest", *FEW).exit_code == 0
    booked = {row["training_run"]: row["cost_eur"] for row in runs(lake)}
    first, second = deliveries(settings().inbox_root)
    for delivery in (first, second):
        came = bring(lake, KINDS[delivery.kind], list(delivery.files))
        assert came.facts["quarantined"] == 0
    charges = fleetlake.scan("silver.cost_charges", candidate=True).collect()
    billed = {json.loads(row["tags"])["training_run"]: row["effective_cost"] for row in charges.iter_rows(named=True)}
    assert billed == booked
    assert min(booked.values()) > 0
    assert set(charges["billing_currency"]) == {"EUR"}
    rows = list(charges.iter_rows(named=True))
    given = Inputs(rows, drivers=(), usage={}, active={}, monthly={}, interactions={}, days=())
    parts = [part for charge in rows for part in allocated(given, charge)]
    assert {row["training_run"]: row["cost_eur"] for row in training_runs(parts)} == {run: Fraction(cost) for run, cost in booked.items()}
    assert {(part["owner_kind"], part["owner_id"]) for part in parts} == {("service", "suggest")}


def test_cores_are_paid_for_as_long_as_they_are_held(lake, silent, monkeypatch):
    monkeypatch.setenv("FLEET_CORE_HOUR_EUR", "36")
    settings.cache_clear()
    fleet("suggest", *FEW)
    (row,) = runs(lake)
    assert float(row["cost_eur"]) == pytest.approx(row["seconds"] * row["cores"] * 0.01, abs=1e-8)


def test_who_is_billed_by_a_provider_writes_no_bill(lake, silent, monkeypatch):
    monkeypatch.setenv("FLEET_BILLS_ITSELF", "false")
    settings.cache_clear()
    assert fleet("suggest", *FEW).exit_code == 0
    assert len(runs(lake)) == 1
    assert list(deliveries(settings().inbox_root)) == []


@pytest.mark.parametrize("most", [("--max-minutes", "0"), ("--max-cost", "0")])
def test_what_the_budget_does_not_pay_for_is_refused_with_the_numbers_before_anything_runs(lake, silent, most):
    refused = fleet("suggest", *most)
    assert isinstance(refused.exception, Failure)
    assert " of 0" in refused.exception.what
    assert runs(lake) == []
    assert not settings().models_root.exists()


def test_a_plan_tells_the_largest_set_and_trains_nothing(lake, silent):
    told = json.loads(fleet("suggest", "--plan", "--json").stdout)
    assert told["largest_set"] > told["examples"] > 0
    assert told["rates_of"].startswith("a probe")
    assert runs(lake) == []


def test_the_next_estimate_is_made_of_what_the_last_training_took(lake, silent):
    fleet("suggest", *FEW)
    told = json.loads(fleet("suggest", *FEW, "--plan", "--json").stdout)
    (row,) = runs(lake)
    assert told["rates_of"] == f"a run of {row['rows']:,} examples"
    assert told["minutes"] * 60 == pytest.approx(row["gather_seconds"] + row["fit_seconds"], rel=0.2, abs=0.2)


def test_a_training_whose_budget_is_used_up_stops_is_booked_and_can_go_on(lake, silent, monkeypatch):
    asked: list[None] = []
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "over", lambda watch: asked.append(None) or ("time is up" if len(asked) == 5 else ""))
        stopped = fleet("suggest", *FEW)
    assert stopped.exit_code == 1
    assert "time is up" in stopped.stderr
    (part,) = runs(lake)
    assert (part["outcome"], part["trees"]) == ("stopped", 5 * 12)
    assert part["cost_eur"] > 0
    with pytest.raises(Failure, match="no model for suggest has beaten its baseline yet"):
        store.newest("suggest")
    assert fleet("suggest", "--resume", part["training_run"]).exit_code == 0
    whole = runs(lake)[-1]
    assert (whole["outcome"], whole["trees"], whole["resumed_from"]) == ("done", 12 * 12, part["training_run"])
    assert whole["manifest"] == part["manifest"]
    again = fleet("suggest", "--resume", part["training_run"])
    assert isinstance(again.exception, Failure)


def test_a_training_that_fails_is_booked_too(lake, silent, monkeypatch):
    monkeypatch.setattr("spark_jobs.training.job.train", lambda *words: 1 / 0)
    assert isinstance(fleet("suggest", *FEW).exception, ZeroDivisionError)
    (row,) = runs(lake)
    assert (row["outcome"], row["model"]) == ("failed", None)
    assert row["cost_eur"] > 0


def test_with_shuffled_labels_the_answer_is_yes_when_nothing_was_learnt(lake, silent):
    said = fleet("suggest", *FEW, "--shuffled")
    assert said.exit_code == 0, said.output
    assert runs(lake)[0]["is_better"] is False
    with pytest.raises(Failure):
        store.newest("suggest")


def test_a_model_that_is_not_better_by_its_margin_is_kept_but_not_taken(lake, silent, monkeypatch):
    demanding = replace(use_case("suggest"), margin=9.0)
    monkeypatch.setattr("spark_jobs.training.wanted.use_case", lambda name: demanding)
    said = fleet("suggest", *FEW)
    assert said.exit_code == 1
    assert "does not beat its baseline" in said.stderr
    (row,) = runs(lake)
    assert store.load(store.folder_of("suggest", row["training_run"])).id == row["model"]
    with pytest.raises(Failure, match="no model for suggest has beaten its baseline yet"):
        store.newest("suggest")


def test_a_lake_that_is_too_short_for_a_horizon_is_told_so_and_nothing_is_booked(lake, silent):
    health = {"occurred_on": date(2026, 6, 1), "received_at": datetime(2026, 6, 1, 1, tzinfo=UTC), "state_of_health_percent": 96.0}
    report = pl.DataFrame([{"vehicle_key": "v1", "model": "C1E", "market": "DE"} | health])
    kept = {name: DeltaTable(table_path(lake, name)).version() for name in ("silver.feature_usage", "silver.consents")}
    gated(lake, kept | {"silver.vehicle_signals": replaced(lake, "silver.vehicle_signals", report)})
    release(lake, "silver")
    refused = fleet("battery").exception
    assert isinstance(refused, Failure)
    assert "no label that looks 90 days ahead" in refused.what
    assert runs(lake) == []


def test_an_expired_use_case_trains_nothing(lake, silent, monkeypatch):
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2031, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("spark_jobs.training.wanted.datetime", Later)
    assert "expired" in str(fleet("suggest").exception)
