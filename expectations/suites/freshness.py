"""Freshness: how long ago the newest event of a family was received, by the gate's clock: the newest reception in bronze, or --now."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.contract import families as all_families
from expectations.suites.expectation import Expectation

HOURS = {"vehicle_lifecycle": 72, "consents": 72, "ota_updates": 72}  # these come with sales and campaigns, not with every trip
OTHERS_HOURS = 6  # the quietest night of a fleet that drives on one continent only


def expectations(contract: Contract) -> Iterator[Expectation]:
    """A warning: to keep readers on an older release would make their data older still."""
    if contract.layer in ("bronze", "silver") and contract.table in all_families():
        hours = HOURS.get(contract.table, OTHERS_HOURS)
        yield Expectation(
            id="freshness",
            severity="warning",
            frame="freshness",
            kind="between",
            columns=("age_hours",),
            maximum=hours,
            says=f"the newest event was received at most {hours} hours before the newest of all families",
            remedy=f"see whether fleet.{contract.table} still receives (`fleet topics`), and whether `fleet land` and `fleet refine` run",
        )
