"""What is exported is FOCUS 1.3: its costs are the charges' own, each part with its method and ratio, and it can be imported again."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.readers.focus import as_text, released, rows, write
from spark_jobs.imports.job import bring
from spark_jobs.imports.kinds import COST_CHARGES
from tests.spark_jobs.imports.bills import bill, charge

NIGHT = {"ChargePeriodStart": "2026-06-02T22:00:00Z", "ChargePeriodEnd": "2026-06-03T02:00:00Z"}


@pytest.fixture
def charges(lake: str, tmp_path: Path) -> pl.DataFrame:
    """A credit over midnight, and a charge whose name looks like a formula."""
    none = {"ResourceId": None, "ResourceName": None}
    credit = charge(BilledCost="-0.05", EffectiveCost="-3.00", ListCost=None, PricingQuantity="7", **none, **NIGHT)
    whole = charge(PricingQuantity="8", ResourceId="=1+1", ResourceName="-3")
    bring(lake, COST_CHARGES, [bill(tmp_path / "in.csv", credit, whole)])
    return pl.read_delta(table_path(lake, "silver.cost_charges")).sort("row_number")


def part(of: dict[str, Any], day: int, billed: str, ratio: str, **changes: Any) -> dict[str, Any]:
    """A row of gold.cost_allocation."""
    same = {name: of.get(name) for name in arrow_schema(contract("gold.cost_allocation")).names}
    owner = {"owner_kind": "feature", "owner_id": "dog_mode", "method": "driver", "driver": "rows", "driver_quantity": 3}
    costs = {"billed_cost": Decimal(billed), "allocated_ratio": Decimal(ratio), "charged_on": date(2026, 6, day)}
    return same | owner | costs | changes


@pytest.fixture
def focus(charges: pl.DataFrame) -> pl.DataFrame:
    credit, whole = charges.to_dicts()
    nobodys = {"owner_kind": "unallocated", "owner_id": "unallocated", "method": "unallocated", "driver": None, "driver_quantity": None}
    parts = [
        part(credit, 2, "-0.03", "0.500000000000", effective_cost=Decimal("-1.50")),
        part(credit, 3, "-0.02", "0.500000000000", effective_cost=Decimal("-1.50"), **nobodys),
        part(whole, 2, "1.50", "1", method="tag", driver=None, driver_quantity=None),
    ]
    names = list(parts[0])
    allocation = pl.DataFrame({name: [each[name] for each in parts] for name in names})
    return rows(allocation.lazy(), charges.lazy()).sort("ChargePeriodStart", "BilledCost")


def test_a_part_lies_within_its_day_and_the_period_of_its_charge(focus):
    periods = as_text(focus).filter(pl.col("BilledCost").str.starts_with("-")).select("ChargePeriodStart", "ChargePeriodEnd").rows()
    assert periods == [("2026-06-02T22:00:00Z", "2026-06-03T00:00:00Z"), ("2026-06-03T00:00:00Z", "2026-06-03T02:00:00Z")]


def test_a_part_tells_method_ratio_and_what_was_measured(focus):
    row = focus.filter(AllocatedMethodId="driver").to_dicts()[0]
    assert json.loads(row["AllocatedMethodDetails"]) == {"Elements": [{"AllocatedRatio": 0.5, "UsageUnit": "rows", "UsageQuantity": 3}]}
    assert (row["AllocatedResourceId"], row["AllocatedResourceName"]) == ("feature/dog_mode", "dog_mode")
    assert json.loads(row["AllocatedTags"]) == {"owner_kind": "feature", "owner_id": "dog_mode"}


def test_what_nobody_owns_is_there_without_a_method(focus):
    row = focus.filter(BilledCost=Decimal("-0.02")).to_dicts()[0]
    assert [row[name] for name in row if name.startswith("Allocated")] == [None] * 5


def test_a_quantity_is_told_of_whole_charges_only(focus):
    assert sorted(focus["PricingQuantity"].drop_nulls()) == [8]


def test_a_formula_is_text_and_a_negative_number_stays_a_number(focus, tmp_path):
    write(focus, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text()
    assert "'=1+1" in text
    assert ",'-3," in text, "a name that looks like a number is text"
    assert "-0.03," in text
    assert "'-0.03" not in text


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_exported_can_be_imported_with_the_same_sums(focus, tmp_path, home, suffix):
    out = tmp_path / f"out{suffix}"
    write(focus, out)
    came = bring(str(tmp_path / "other"), COST_CHARGES, [out])
    assert (came.facts["accepted"], came.facts["quarantined"]) == (3, 0)
    held = pl.read_delta(table_path(str(tmp_path / "other"), "silver.cost_charges"))
    assert (held["billed_cost"].sum(), held["effective_cost"].sum()) == (Decimal("1.45"), Decimal("-1.75"))


def test_another_kind_of_file_is_refused(focus, tmp_path):
    with pytest.raises(Failure, match="neither CSV nor Parquet"):
        write(focus, tmp_path / "out.xlsx")


def test_without_a_release_of_gold_nothing_is_exported(lake):
    with pytest.raises(Failure, match="not released"):
        released()
