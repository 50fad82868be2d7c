"""Rows of bills are typed to the last decimal, or refused with the first thing that is wrong."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from spark_jobs.imports.judging import Judged, judge
from spark_jobs.imports.kinds import COST_CHARGES, RECALLS
from tests.spark_jobs.imports.bills import charge


def judged(*charges: dict[str, Any], malformed: dict[int, str] | None = None) -> Judged:
    texts = pl.DataFrame(list(charges), schema=dict.fromkeys(charges[0], pl.String))
    numbers = pl.Series(range(1, len(texts) + 1), dtype=pl.Int64)
    text = pl.Series(["f"] * len(texts))
    given = {"delivery": text, "file_hash": text, "row_number": numbers, "charge_id": numbers.cast(pl.String)}
    return judge(COST_CHARGES, texts, given, malformed or {})


def only(**changes: str | None) -> dict[str, Any]:
    """The one accepted row."""
    (row,) = judged(charge(**changes)).accepted.to_pylist()
    return row


def reason(**changes: str | None) -> tuple[str, str]:
    """Why the one row is refused."""
    found = judged(charge(**changes))
    assert found.accepted.num_rows == 0
    return found.rejected[0]


def test_a_charge_is_typed():
    row = only(Tags='{"team": "b", "application": "dog_mode"}', ServiceProviderName="Real Cloud")
    assert row["billed_cost"] == Decimal("1.5")
    assert row["charge_period_start"] == datetime(2026, 6, 2, 10, tzinfo=UTC)
    assert row["billing_period_on"] == date(2026, 6, 1)
    assert row["tags"] == '{"application": "dog_mode", "team": "b"}'
    assert row["provider_name"] == "Real Cloud"


@pytest.mark.parametrize("nothing", ["", "NULL", None])
def test_the_text_null_is_null(nothing):
    row = only(ListCost=nothing, ServiceName=nothing, Tags=nothing)
    assert (row["list_cost"], row["service_name"], row["tags"]) == (None, None, None)


@pytest.mark.parametrize(
    ("written", "value", "scale"),
    [
        ("0.00000080000", "0.0000008", 11),
        ("-3", "-3", 2),
        ("1e-7", "0.0000001", 7),
        ("-1.25E+3", "-1250", 2),
        ("1.23456789012345678e-5", "0.000012345678901235", 18),
        (".5", "0.5", 2),
    ],
)
def test_an_amount_keeps_its_value_and_the_decimals_that_it_was_written_with(written, value, scale):
    row = only(BilledCost=written, EffectiveCost="0", ListCost=None, ContractedCost=None)
    assert (row["billed_cost"], row["amount_scale"]) == (Decimal(value), scale)


@pytest.mark.parametrize(
    "written",
    ["2026-06-02T10:00:00Z", "2026-06-02 10:00:00", "2026-06-02T12:00+02:00", "2026-06-02T05:00:00.000-0500", "2026-06-02 10:00:00 UTC"],
)
def test_a_time_is_read_in_its_zone_and_in_utc_without_one(written):
    assert only(ChargePeriodStart=written)["charge_period_start"] == datetime(2026, 6, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"BilledCost": "1,50"}, ("wrong_type", "billed_cost: decimal(38,18)")),
        ({"BilledCost": "NaN"}, ("wrong_type", "billed_cost: decimal(38,18)")),
        ({"EffectiveCost": None}, ("missing_field", "effective_cost: required")),
        ({"BilledCost": "1" * 21}, ("out_of_range", "billed_cost: fits decimal(38,18)")),
        ({"BilledCost": "0.1234567890123456789"}, ("out_of_range", "billed_cost: fits decimal(38,18)")),
        ({"BilledCost": "12345678.123456789012345678"}, ("not_allowed", "amounts_can_be_split")),
        ({"ChargePeriodEnd": "31.12.2026"}, ("wrong_type", "charge_period_end: timestamp")),
        ({"ChargePeriodEnd": "2026-06-02T10:00:00Z"}, ("not_allowed", "charge_period_is_positive")),
        ({"ChargePeriodEnd": "9999-12-31T00:00:00Z"}, ("not_allowed", "charge_period_is_short")),
        ({"ChargeCategory": "Gift"}, ("not_allowed", "charge_category: allowed values")),
        ({"BillingCurrency": "Euro"}, ("not_allowed", "billing_currency: pattern ^[A-Z]{3}$")),
        ({"Tags": '"team": "a"'}, ("wrong_type", "tags: string")),
        ({"Tags": "[1]"}, ("wrong_type", "tags: string")),
        ({"BilledCost": "x", "BillingAccountId": None}, ("wrong_type", "billed_cost: decimal(38,18)")),
    ],
)
def test_the_first_thing_that_is_wrong_gives_the_reason(changes, expected):
    assert reason(**changes) == expected


def test_a_bad_row_never_costs_its_neighbours():
    found = judged(charge(), charge(BilledCost="x"), charge(), charge(), malformed={3: "15 fields, not 2"})
    assert found.accepted["row_number"].to_pylist() == [1, 3]
    assert found.rejected == {1: ("wrong_type", "billed_cost: decimal(38,18)"), 3: ("malformed", "15 fields, not 2")}


def test_a_quantity_is_rounded_where_an_amount_is_refused():
    assert only(ConsumedQuantity="0.1234567890123456789")["consumed_quantity"] == Decimal("0.123456789012345679")


def recalls(*rows: tuple[str, str, str, str | None], seen: set[Any] | None = None) -> Judged:
    texts = pl.DataFrame(rows, schema=dict.fromkeys(("nhtsa_id", "make", "model", "model_year"), pl.String), orient="row")
    text = pl.Series(["f"] * len(texts))
    given = {"delivery": text, "file_hash": text, "row_number": pl.Series(range(len(texts)), dtype=pl.Int64)}
    return judge(RECALLS, texts, given, {}, seen)


def test_the_year_9999_is_unknown():
    found = recalls(("20E003", "CUMMINS", "POWERDRIVE", "9999"), ("20E013", "BMW", "R NINE T", "2020"))
    assert found.accepted["model_year"].to_pylist() == [None, 2020]


def test_a_recall_that_a_delivery_names_twice_is_kept_once():
    seen: set[Any] = set()
    one = ("20E013", "BMW", "R NINE T", "2020")
    assert recalls(one, one, seen=seen).rejected == {1: ("not_allowed", "once per delivery")}
    assert recalls(one, seen=seen).rejected == {0: ("not_allowed", "once per delivery")}
