"""Released allocation as FOCUS 1.3 rows, for tools that speak it: a row per charge, day and owner, whose costs sum to what was charged."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from fleetlake.console import Failure
from fleetlake.readers.frames import scan
from fleetlake.readers.spreadsheet import neutral
from fleetlake.readers.state import release

PARTS = {"BilledCost": "billed_cost", "EffectiveCost": "effective_cost", "ListCost": "list_cost", "ContractedCost": "contracted_cost"}
OF_CHARGE = {  # what every part of a charge says alike
    "ServiceProviderName": "provider_name",
    "HostProviderName": "provider_name",
    "ProviderName": "provider_name",
    "PublisherName": "publisher_name",
    "InvoiceIssuerName": "invoice_issuer_name",
    "InvoiceId": "invoice_id",
    "BillingAccountId": "billing_account_id",
    "BillingAccountName": "billing_account_name",
    "BillingCurrency": "billing_currency",
    "SubAccountId": "sub_account_id",
    "SubAccountName": "sub_account_name",
    "ChargeCategory": "charge_category",
    "ChargeClass": "charge_class",
    "ChargeDescription": "charge_description",
    "ChargeFrequency": "charge_frequency",
    "CommitmentDiscountId": "commitment_discount_id",
    "CommitmentDiscountStatus": "commitment_discount_status",
    "PricingCategory": "pricing_category",
    "PricingUnit": "pricing_unit",
    "ConsumedUnit": "consumed_unit",
    "ServiceCategory": "service_category",
    "ServiceName": "service_name",
    "SkuId": "sku_id",
    "SkuPriceId": "sku_price_id",
    "RegionId": "region_id",
    "RegionName": "region_name",
    "AvailabilityZone": "availability_zone",
    "ResourceId": "resource_id",
    "ResourceName": "resource_name",
    "ResourceType": "resource_type",
    "Tags": "tags",
}
OF_WHOLE = {  # quantities and prices of the charge: of a part they would be told more than once
    "PricingQuantity": "pricing_quantity",
    "ConsumedQuantity": "consumed_quantity",
    "ListUnitPrice": "list_unit_price",
    "ContractedUnitPrice": "contracted_unit_price",
}


def released() -> pl.DataFrame:
    """All released allocation, beside the charges that it was built from. Raises Failure where gold is not released."""
    gold = release().releases.get("gold")
    if gold is None or "gold.cost_allocation" not in gold.pins:
        raise Failure(
            "gold.cost_allocation is not released", "fleet import cost FILE…, then check and release silver, build, check and release gold"
        )
    return rows(scan("gold.cost_allocation"), scan("silver.cost_charges", as_of=gold.built_from))


def rows(allocation: pl.LazyFrame, charges: pl.LazyFrame) -> pl.DataFrame:
    """Rows of gold.cost_allocation and silver.cost_charges as FOCUS 1.3 has them, columns by name."""
    own = ["charge_id", "charged_on", "owner_kind", "owner_id", "method", "driver", "driver_quantity", "allocated_ratio", *PARTS.values()]
    both = allocation.select(own).join(charges.drop(PARTS.values()), on="charge_id", how="left")
    midnight = pl.col("charged_on").cast(pl.Datetime("us", "UTC"))
    is_whole, is_owned = pl.col("allocated_ratio") == 1, pl.col("owner_kind") != "unallocated"
    owner = _told('{"owner_kind": "', "owner_kind", '", "owner_id": ', pl.col("owner_id").map_elements(_json, pl.String), "}")
    columns = {
        **{name: pl.col(column) for name, column in (PARTS | OF_CHARGE).items()},
        **{name: pl.when(is_whole).then(column) for name, column in OF_WHOLE.items()},
        "BillingPeriodStart": pl.col("billing_period_start"),
        "BillingPeriodEnd": pl.col("billing_period_end"),
        "ChargePeriodStart": pl.max_horizontal("charge_period_start", midnight),
        "ChargePeriodEnd": pl.min_horizontal("charge_period_end", midnight + pl.duration(days=1)),
        "AllocatedMethodId": pl.when(is_owned).then("method"),
        "AllocatedMethodDetails": pl.when(is_owned).then(_details()),
        "AllocatedResourceId": pl.when(is_owned).then(pl.format("{}/{}", "owner_kind", "owner_id")),
        "AllocatedResourceName": pl.when(is_owned).then("owner_id"),
        "AllocatedTags": pl.when(is_owned).then(owner),
    }
    ordered = both.sort("charge_id", "charged_on", "owner_kind", "owner_id")
    return ordered.select(**{name: columns[name] for name in sorted(columns)}).collect()


def write(focus: pl.DataFrame, out: Path) -> None:
    """A CSV or Parquet file, as its name ends, that is there when it is whole."""
    if out.suffix not in (".csv", ".parquet"):
        raise Failure(f"{out} is neither CSV nor Parquet", "give it a name that ends in .csv or .parquet")
    part = out.with_name(f"{out.name}.part")
    try:
        if out.suffix == ".csv":
            as_text(focus).write_csv(part)
        else:
            focus.write_parquet(part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def as_text(focus: pl.DataFrame) -> pl.DataFrame:
    """As CSV has it: numbers as they are, without idle zeros; text that a spreadsheet would take for a formula with an apostrophe before it."""
    return focus.select(_text(name, kind) for name, kind in focus.schema.items())


def _text(name: str, kind: Any) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if kind.is_decimal():
        return column.cast(pl.String).str.replace(r"\.?0+$", "")
    return neutral(column).alias(name)


def _details() -> pl.Expr:
    """FOCUS's AllocatedMethodDetails: numbers as JSON numbers, to their last decimal."""
    measured = _told(', "UsageUnit": "', "driver", '", "UsageQuantity": ', "driver_quantity").fill_null("")
    return _told('{"Elements": [{"AllocatedRatio": ', pl.col("allocated_ratio").cast(pl.String), measured, "}]}")


def _told(*parts: str | pl.Expr) -> pl.Expr:
    """Text of literals, columns by name, and expressions, null where one of them is."""
    return pl.concat_str(
        pl.col(part) if isinstance(part, str) and part.isidentifier() else pl.lit(part) if isinstance(part, str) else part for part in parts
    )


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
