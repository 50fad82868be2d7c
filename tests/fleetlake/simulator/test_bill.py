from decimal import Decimal

import polars as pl

from fleetlake.settings import settings
from fleetlake.simulator.bill import bill
from fleetlake.simulator.plan import Plan
from spark_jobs.imports.job import bring
from spark_jobs.imports.kinds import KINDS

PLAN = Plan(vehicles=60, days=35)


def test_the_same_plan_gives_the_same_bill_and_a_larger_fleet_a_larger_one():
    billed = pl.col("BilledCost").cast(pl.Decimal(38, 18)).sum()
    assert bill(PLAN).equals(bill(PLAN))
    assert bill(Plan(vehicles=600, days=35)).select(billed).item() > 5 * bill(PLAN).select(billed).item()


def test_every_row_of_a_bill_is_imported_to_the_last_decimal(home, tmp_path):
    charges = bill(PLAN)
    charges.write_csv(tmp_path / "charges.csv")
    came = bring(settings().lake_root, KINDS["cost"], [tmp_path / "charges.csv"], lambda text, rows: None)
    assert (came.facts["accepted"], came.facts["quarantined"]) == (len(charges), 0)
    dollars = charges.filter(pl.col("BillingCurrency") == "USD")["BilledCost"]
    assert f"{sum(map(Decimal, dollars)):.18f}" in came.facts["billed_cost"]


def test_a_bill_holds_what_makes_bills_hard():
    charges = bill(PLAN)
    assert set(charges["ChargeCategory"]) == {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
    assert {"USD", "EUR"} == set(charges["BillingCurrency"])
    assert charges.filter(pl.col("BilledCost").str.starts_with("-")).height >= 2
    assert charges.filter(pl.col("ChargePeriodStart").str.slice(0, 10) != pl.col("ChargePeriodEnd").str.slice(0, 10)).height > PLAN.days
    assert (charges["Tags"] == "NULL").any()
    assert charges["Tags"].str.contains('"application": ""', literal=True).any()
    assert charges.filter(pl.col("EffectiveCost") != pl.col("BilledCost")).height == 2
