"""Bills for tests: a charge with defaults, and files of them."""

import csv
from collections.abc import Iterable
from pathlib import Path

CHARGE = {
    "BilledCost": "1.50",
    "EffectiveCost": "1.25",
    "ListCost": "2.00",
    "ContractedCost": "1.50",
    "BillingAccountId": "account",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-06-01T00:00:00Z",
    "BillingPeriodEnd": "2026-07-01T00:00:00Z",
    "ChargePeriodStart": "2026-06-02T10:00:00Z",
    "ChargePeriodEnd": "2026-06-02T11:00:00Z",
    "ChargeCategory": "Usage",
    "ProviderName": "Cloud",
    "ServiceName": "Compute Engine",
    "ServiceCategory": "Compute",
    "Tags": "NULL",
}


def charge(**changes: str | None) -> dict[str, str | None]:
    """A row of a FOCUS file."""
    return CHARGE | changes


def bill(path: Path, *charges: dict[str, str | None]) -> Path:
    """A FOCUS file; without charges it has a header only."""
    return lines(path, list(charges[0] if charges else CHARGE), ([value or "" for value in each.values()] for each in charges))


def lines(path: Path, header: list[str], rows: Iterable[list[str]]) -> Path:
    """A CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path
