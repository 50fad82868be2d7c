"""An import is whole or not there; a period that comes again replaces the older one; the same files again change nothing."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fleetlake.console import Failure
from fleetlake.names import table_path
from spark_jobs.imports import log
from spark_jobs.imports.job import Came, bring
from spark_jobs.imports.kinds import COST_CHARGES, RECALLS
from spark_jobs.tables import Table
from tests.spark_jobs.imports.bills import bill, charge, lines

TABLES = ("bronze.cost_charges", "silver.cost_charges", "silver.import_quarantine")
PHASES = ("intent", *(f"commit {table}" for table in TABLES), "close")
SAMPLES = Path(__file__).parents[4] / "shared" / "data"
FOCUS, RECALL_LIST = SAMPLES / "focus/focus_1.0_sample.csv", SAMPLES / "recalls/nhtsa_recall_campaign_models.parquet"


class Killed(Exception):
    """Stands for kill -9."""


def rows(lake: str, table: str) -> pl.DataFrame:
    return pl.read_delta(table_path(lake, table))


def billed(lake: str) -> dict[tuple[Any, ...], Decimal]:
    """BilledCost in silver by account and period."""
    sums = rows(lake, "silver.cost_charges").group_by("billing_account_id", "billing_period_on").agg(pl.sum("billed_cost"))
    return {(account, f"{period:%Y-%m}"): cost for account, period, cost in sums.iter_rows()}


def versions(lake: str) -> list[int]:
    return [table.version for name in (*TABLES, "ops.imports") if (table := Table.existing(lake, name))]


def of(account: str, month: int, cost: str, **changes: str) -> dict[str, str | None]:
    period = {"BillingPeriodStart": f"2026-{month:02}-01T00:00:00Z", "BillingPeriodEnd": f"2026-{month + 1:02}-01T00:00:00Z"}
    return charge(BillingAccountId=account, BilledCost=cost, **period, **changes)


def bring_bill(lake: str, path: Path, *charges: dict[str, str | None]) -> Came:
    return bring(lake, COST_CHARGES, [bill(path, *charges)])


def test_every_row_of_a_file_is_in_bronze_and_in_silver_or_quarantine(lake, tmp_path):
    came = bring_bill(lake, tmp_path / "a.csv", charge(), charge(BilledCost="x"), charge(ChargeCategory="Gift"))
    assert {name: came.facts[name] for name in ("delivered", "accepted", "quarantined")} == {
        "delivered": 3,
        "accepted": 1,
        "quarantined": 2,
    }
    assert came.reasons == {"wrong_type": 1, "not_allowed": 1}
    assert rows(lake, "bronze.cost_charges")["row_number"].sort().to_list() == [1, 2, 3]
    assert rows(lake, "silver.cost_charges")["row_number"].to_list() == [1]
    refused = rows(lake, "silver.import_quarantine").sort("row_number")
    assert refused.select("row_number", "reason", "kind").rows() == [(2, "wrong_type", "cost_charges"), (3, "not_allowed", "cost_charges")]
    assert '"BilledCost": "x"' in refused["fields"][0]


def test_the_same_files_again_change_nothing(lake, tmp_path):
    one, other = bill(tmp_path / "a.csv", of("a", 6, "1.00")), bill(tmp_path / "b.csv", of("a", 6, "2.00"))
    first = bring(lake, COST_CHARGES, [one, other])
    before = versions(lake)
    again = bring(lake, COST_CHARGES, [other, one, other])
    assert (first.is_new, again.is_new, again.facts["accepted"]) == (True, False, 2)
    assert versions(lake) == before
    assert billed(lake) == {("a", "2026-06"): Decimal("3.00")}


def test_a_period_that_is_delivered_again_replaces_the_older_one_and_no_other(lake, tmp_path):
    bring_bill(lake, tmp_path / "a.csv", of("a", 6, "1.00"), of("a", 6, "4.00"), of("b", 6, "2.00"), of("a", 7, "8.00"))
    came = bring_bill(lake, tmp_path / "b.csv", of("a", 6, "16.00"))
    assert billed(lake) == {("a", "2026-06"): 16, ("b", "2026-06"): 2, ("a", "2026-07"): 8}
    assert came.facts["replaced"] == 2
    assert rows(lake, "bronze.cost_charges").height == 5, "raw rows stay"


def test_a_file_that_was_replaced_does_not_come_back(lake, tmp_path):
    bring_bill(lake, tmp_path / "a.csv", of("a", 6, "1.00"))
    bring_bill(lake, tmp_path / "b.csv", of("a", 6, "2.00"))
    assert not bring_bill(lake, tmp_path / "c.csv", of("a", 6, "1.00")).is_new
    assert billed(lake) == {("a", "2026-06"): 2}


def test_a_delivery_of_refused_rows_only_replaces_nothing(lake, tmp_path):
    bring_bill(lake, tmp_path / "a.csv", of("a", 6, "1.00"))
    bring_bill(lake, tmp_path / "b.csv", of("a", 6, "x"))
    assert billed(lake) == {("a", "2026-06"): 1}


def test_a_file_that_is_broken_at_its_end_imports_nothing(lake, tmp_path):
    path = bill(tmp_path / "a.csv", charge())
    path.write_text(path.read_text() + '"never closed')
    with pytest.raises(Failure, match="no whole CSV"):
        bring(lake, COST_CHARGES, [path])
    assert rows(lake, "bronze.cost_charges").height == rows(lake, "ops.imports").height == 0


def test_a_file_without_a_needed_column_is_refused(lake, tmp_path):
    with pytest.raises(Failure, match=r"no column .*BilledCost"):
        bring(lake, COST_CHARGES, [lines(tmp_path / "a.csv", ["EffectiveCost", "Tags"], [["1", ""]])])


@pytest.mark.parametrize("killed_in", PHASES[1:])
def test_an_import_killed_after_its_intent_is_finished_by_the_next_start(lake, tmp_path, monkeypatch, killed_in):
    bring_bill(lake, tmp_path / "a.csv", of("a", 6, "1.00"), of("b", 6, "4.00"))
    kill_in(monkeypatch, killed_in)
    with pytest.raises(Killed):
        bring_bill(lake, tmp_path / "b.csv", of("a", 6, "2.00"), of("a", 6, "x"))
    monkeypatch.undo()
    again = bring_bill(lake, tmp_path / "b.csv", of("a", 6, "2.00"), of("a", 6, "x"))
    assert not again.is_new
    assert billed(lake) == {("a", "2026-06"): 2, ("b", "2026-06"): 4}
    assert [rows(lake, table).height for table in TABLES] == [4, 2, 1]
    assert sorted(rows(lake, "ops.imports")["state"]) == ["closed", "closed", "intent", "intent"]


def test_an_import_killed_before_its_intent_left_nothing(lake, tmp_path, monkeypatch):
    kill_in(monkeypatch, "intent")
    with pytest.raises(Killed):
        bring_bill(lake, tmp_path / "a.csv", charge())
    monkeypatch.undo()
    assert bring_bill(lake, tmp_path / "a.csv", charge()).is_new
    assert rows(lake, "silver.cost_charges").height == 1


def test_of_two_imports_at_once_one_is_refused(lake, tmp_path, monkeypatch):
    whole = log.Imports.carry_out

    def overtaken(self: Any, intent: Any) -> None:
        monkeypatch.undo()
        bring_bill(lake, tmp_path / "b.csv", of("b", 6, "1.00"))
        whole(self, intent)

    monkeypatch.setattr(log.Imports, "carry_out", overtaken)
    with pytest.raises(Failure, match="committed first"):
        bring_bill(lake, tmp_path / "a.csv", of("a", 6, "1.00"))
    assert billed(lake) == {("b", "2026-06"): 1}


def test_a_campaign_that_comes_again_replaces_the_older_one(lake, tmp_path):
    header = ["nhtsa_id", "make", "model", "model_year"]
    bring(lake, RECALLS, [lines(tmp_path / "a.csv", header, [["1", "A", "X", "2020"], ["1", "A", "Y", "2020"], ["2", "B", "Z", "9999"]])])
    bring(lake, RECALLS, [lines(tmp_path / "b.csv", header, [["1", "A", "X", "2021"]])])
    held = rows(lake, "silver.recalls").sort("campaign_id").select("campaign_id", "model", "model_year").rows()
    assert held == [("1", "X", 2021), ("2", "Z", None)]


@pytest.mark.skipif(not FOCUS.exists(), reason=f"{FOCUS} is not there")
def test_totals_of_the_real_sample_equal_the_files_own(lake):
    bring(lake, COST_CHARGES, [FOCUS])
    texts = pl.read_csv(FOCUS, infer_schema=False, null_values=["NULL"])
    silver = rows(lake, "silver.cost_charges")
    for column, name in {"BilledCost": "billed_cost", "EffectiveCost": "effective_cost", "ListCost": "list_cost"}.items():
        assert silver[name].sum() == sum(map(Decimal, texts[column].drop_nulls())), column
    assert sorted(silver["charge_category"].unique()) == ["Adjustment", "Credit", "Usage"]
    assert silver.height == 1_000


@pytest.mark.skipif(not RECALL_LIST.exists(), reason=f"{RECALL_LIST} is not there")
def test_the_real_recalls_load_with_unknown_years(lake):
    bring(lake, RECALLS, [RECALL_LIST])
    silver = rows(lake, "silver.recalls")
    assert silver["campaign_id"].n_unique() == 3_814
    assert silver["model_year"].null_count() > 0
    assert silver["model_year"].max() < 9999


def kill_in(monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    def killed(name: str) -> None:
        if name == phase:
            raise Killed(name)

    monkeypatch.setattr(log, "phase", killed)
