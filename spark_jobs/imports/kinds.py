"""What can be imported: how its columns are called in files, and what its rows replace."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from expectations.contract import Contract, contract
from fleetlake.console import Failure

Read = Callable[[pl.Series], tuple[pl.Series, pl.Series]]  # texts to values, and which rows hold something else
LEAST_SCALE, MOST_SCALE = 2, 18  # cents, so that a charge of "3" can be split; and what the type holds


@dataclass(frozen=True)
class Kind:
    """A table of bronze and one of silver that files are imported into."""

    table: str
    names: Mapping[str, tuple[str, ...]]  # of a column in files, the first that is there and not null
    replaces: tuple[str, ...]  # rows with the same values here go when new ones come
    reads: Mapping[str, Read] = field(default_factory=dict)  # of columns that are not just of their type
    exact: tuple[str, ...] = ()  # decimals that are refused rather than rounded
    more: Callable[[pl.DataFrame, pl.DataFrame], Mapping[str, pl.Series]] = lambda texts, typed: {}  # columns that follow from others
    once: tuple[str, ...] = ()  # a delivery holds these values together once

    @property
    def contract(self) -> Contract:
        """That of its silver table."""
        return contract(f"silver.{self.table}")

    def refuse_strangers(self, header: list[str]) -> None:
        """Raises Failure for a file without a column that no row can do without."""
        needed = (self.names[column.name] for column in self.contract.columns if column.required and column.name in self.names)
        if missing := [names[-1] for names in needed if not set(names) & set(header)]:
            raise Failure(
                f"the file has no column {', '.join(missing)}",
                f"nothing was imported; {self.table} needs it, and the file has {', '.join(header[:8])} …",
            )


def json_object(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """JSON objects with their keys in order; each distinct text is read once."""
    found: dict[str | None, str | None] = {text: _sorted(text) for text in texts.unique()}
    values = pl.Series(texts.name, [found[text] for text in texts], pl.String)
    wrong = pl.Series([text is not None and found[text] is None for text in texts], dtype=pl.Boolean)
    return values.replace("{}", None), wrong


def known_year(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """A year; 9999 says that it is unknown."""
    years = texts.cast(pl.Int32, strict=False)
    return years.set(years == 9999, None), years.is_null() & texts.is_not_null()


def _sorted(text: str | None) -> str | None:
    try:
        read: Any = json.loads(text or "")
    except ValueError:
        return None
    return json.dumps(read, ensure_ascii=False, sort_keys=True) if isinstance(read, dict) else None


def _of_charges(texts: pl.DataFrame, typed: pl.DataFrame) -> dict[str, pl.Series]:
    """The day that a billing period begins, and the decimals of the costs."""
    scale = texts.select(pl.max_horizontal(map(decimals, COSTS)).clip(LEAST_SCALE, MOST_SCALE)).to_series()
    return {"billing_period_on": typed["billing_period_start"].dt.date(), "amount_scale": scale}


def decimals(name: str) -> pl.Expr:
    """How many decimals a number is written with; of 1.5e-7 eight."""
    written = pl.col(name).str.extract(r"\.(\d*)").str.len_chars().fill_null(0).cast(pl.Int32)
    exponent = pl.col(name).str.extract(r"[eE]([+-]?\d{1,4})$").cast(pl.Int32, strict=False).fill_null(0)
    return pl.max_horizontal(written - exponent, 0)


COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
SAME = (  # columns that FOCUS calls so in capitals
    *(
        "publisher_name",
        "invoice_issuer_name",
        "invoice_id",
        "billing_account_id",
        "billing_account_name",
        "sub_account_id",
        "sub_account_name",
    ),
    *("billing_currency", "billing_period_start", "billing_period_end", "charge_period_start", "charge_period_end", "charge_category"),
    *("charge_class", "charge_frequency", "charge_description", *COSTS, "pricing_category", "pricing_quantity", "pricing_unit"),
    *("consumed_quantity", "consumed_unit", "list_unit_price", "contracted_unit_price", "service_category", "service_name", "sku_id"),
    *("sku_price_id", "region_id", "region_name", "availability_zone", "resource_id", "resource_name", "resource_type"),
    *("commitment_discount_id", "commitment_discount_status", "tags"),
)
COST_CHARGES = Kind(
    table="cost_charges",
    names={name: (name.title().replace("_", ""),) for name in SAME} | {"provider_name": ("ServiceProviderName", "ProviderName")},
    replaces=("provider_name", "billing_account_id", "billing_period_start"),
    reads={"tags": json_object},
    exact=COSTS,
    more=_of_charges,
)
RECALLS = Kind(
    table="recalls",
    names={"campaign_id": ("nhtsa_id", "campaign_id"), "make": ("make",), "model": ("model",), "model_year": ("model_year",)},
    replaces=("campaign_id",),
    reads={"model_year": known_year},
    once=("campaign_id", "make", "model", "model_year"),
)
KINDS = {"cost": COST_CHARGES, "recalls": RECALLS}
