"""References: what a row names must be known elsewhere."""

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from expectations.contract import Contract
from expectations.suites.expectation import ROWS, Expectation

CATALOGUE = Path(__file__).parents[2] / "dbt_project" / "seeds" / "feature_catalogue.csv"
REGISTER = "silver.vehicle_lifecycle"
PREDICTED = "ml"
RESEND = "add the feature to dbt_project/seeds/feature_catalogue.csv, or have its sender corrected and `fleet reprocess` the rows"
RETRAIN = "`fleet train` and `fleet score` again: the model has learnt from a feature that is sold no more"
UNKNOWN_SHARE = 0.01  # of the vehicles: a new one's first events may come before its entry in the register


def expectations(contract: Contract) -> Iterator[Expectation]:
    """A feature is in the catalogue; a vehicle is in the register."""
    if (contract.topic or contract.layer == PREDICTED) and "feature_id" in {column.name for column in contract.columns}:
        yield Expectation(
            id="feature_id.known",
            severity="warning" if contract.id == REGISTER else "critical",  # equipment that we do not sell is in the register too
            frame=ROWS,
            kind="among",
            columns=("feature_id",),
            values=features(),
            says="feature_id is in the catalogue (dbt_project/seeds/feature_catalogue.csv)",
            remedy=RETRAIN if contract.layer == PREDICTED else RESEND,
        )
    if contract.topic and contract.id != REGISTER:
        yield Expectation(
            id="vehicle_key.known",
            severity="warning",
            frame="senders",
            kind="between",
            columns=("unknown_share",),
            maximum=UNKNOWN_SHARE,
            says=f"at most {UNKNOWN_SHARE:.0%} of the vehicles are missing in {REGISTER}",
            remedy="ask the register's owner for the missing vehicles; their events are kept, but count for no model year and no entitlement",
        )


@lru_cache
def features() -> tuple[str, ...]:
    """Ids of the features that the catalogue knows."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return tuple(row["feature_id"] for row in csv.DictReader(file))
