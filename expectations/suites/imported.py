"""Imported: tables of imports hold what the log of imports says they were brought, and few rows of bills are refused."""

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from expectations.contract import Contract
from expectations.suites.expectation import ROWS, Expectation

TABLES = ("bronze.cost_charges", "bronze.recalls", "silver.cost_charges", "silver.recalls", "silver.import_quarantine")
RATES = Path(__file__).parents[2] / "dbt_project" / "seeds" / "exchange_rates.csv"
REFUSED = 0.001  # of the rows of what silver holds: a bill that lacks one in a thousand is no bill
RESTORE = "restore the table to the version before rows came or went past `fleet import`"


def expectations(contract: Contract) -> Iterator[Expectation]:
    """In exact integers, at the versions that are judged."""
    if contract.id in TABLES:
        says = "the table has as many rows as the imports brought it and left in it"
        yield Expectation("imported.rows", "critical", "imported", "equal", ("rows", "told"), says, RESTORE)
    if contract.id in ("silver.cost_charges", "silver.recalls"):
        yield Expectation(
            id="refused.share",
            severity="critical",
            frame="imported",
            kind="between",
            columns=("refused_share",),
            maximum=REFUSED,
            says=f"at most {REFUSED:.1%} of the rows were refused that came with what the table holds",
            remedy="silver.import_quarantine has the rows and the reasons; have the file corrected and import it: it replaces what is there",
        )
    if contract.id == "silver.cost_charges":
        yield Expectation(
            id="billing_currency.known",
            severity="critical",
            frame=ROWS,
            kind="among",
            columns=("billing_currency",),
            values=currencies(),
            says="the currency has a rate in dbt_project/seeds/exchange_rates.csv",
            remedy="add the rate and from when it holds; without it no cost is known in EUR",
        )


@lru_cache
def currencies() -> tuple[str, ...]:
    """Currencies that have a rate in EUR."""
    with RATES.open(encoding="utf-8", newline="") as file:
        return tuple(sorted({row["currency"] for row in csv.DictReader(file)}))
