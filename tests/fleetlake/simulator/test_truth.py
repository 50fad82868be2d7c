import json

import polars as pl

from fleetlake.simulator import fleet
from fleetlake.simulator.family import registry
from fleetlake.simulator.generate import generate
from fleetlake.simulator.plan import FAULTS, Plan
from fleetlake.simulator.truth import Truth

PLAN = Plan(vehicles=40, days=2, rates=FAULTS)


def told(folder):
    """Writes the truth of PLAN and returns its summary by family."""
    truth = Truth(folder)
    for _ in truth.watch(generate(PLAN)):
        pass
    truth.finish(fleet.build(PLAN), PLAN)
    return {row["family"]: row for row in truth.summary()}


def test_the_summary_counts_the_rows_that_were_written(tmp_path):
    summary = told(tmp_path)
    lost = pl.read_parquet(tmp_path / "lost.parquet")
    assert set(summary) == set(registry())
    for family, row in summary.items():
        rows = pl.read_parquet(tmp_path / f"{family}.parquet")
        expected = dict(rows["expected"].value_counts().iter_rows())
        assert row["sent"] == len(rows) == row["silver"] + row["duplicates"] + row["quarantined"]
        assert (row["silver"], row["duplicates"]) == (expected.pop("silver"), expected.pop("duplicate", 0))
        assert row["reasons"] == dict(sorted(expected.items()))
        assert row["quarantined"] == sum(expected.values())
        assert row["late"] == len(rows.filter((pl.col("expected") == "silver") & pl.col("is_late")))
        assert row["resent"] == rows["is_resend"].sum()
        assert row["id_reused"] == rows["is_id_reused"].sum()
        gone = lost.filter(pl.col("family") == family)
        assert (row["lost_by_gap"], row["lost_unseen"]) == (gone["is_visible"].sum(), (~gone["is_visible"]).sum())
    assert sum(row["quarantined"] for row in summary.values()) > 0


def test_the_folder_says_what_was_asked_and_who_drove(tmp_path):
    told(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["plan"]["vehicles"] == 40
    assert len(summary["families"]) == len(registry())
    vehicles = pl.read_parquet(tmp_path / "vehicles.parquet")
    assert len(vehicles) == 40
    assert vehicles["is_hot"].sum() == 1


def test_columns_are_typed_and_hold_what_the_sender_meant(tmp_path):
    told(tmp_path)
    charging = pl.read_parquet(tmp_path / "charging.parquet")
    assert charging.schema["soc_end"] == pl.Int32
    assert charging.schema["occurred_at"] == pl.Datetime("us", "UTC")
    assert charging["soc_end"].drop_nulls().is_between(0, 100).all()
    assert "body" not in charging.columns
    assert "ce_id" not in charging.columns


def test_without_a_folder_the_truth_is_counted_all_the_same():
    assert sum(row["sent"] for row in told(None).values()) >= 3200
