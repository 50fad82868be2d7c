"""Quarantined: how much of what was refined since the last release was refused."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation

REFUSED = 0.10  # a fleet's ordinary faults stay below 5 %; a whole model that speaks another schema does not


def expectations(contract: Contract) -> Iterator[Expectation]:
    """A day that lacks a tenth of its events must not look like a quiet one."""
    if contract.topic:
        yield Expectation(
            id="quarantined.share",
            severity="critical",
            frame="refused",
            kind="between",
            columns=("refused_share",),
            maximum=REFUSED,
            says=f"at most {REFUSED:.0%} of the events were refused",
            remedy=f"`fleet quarantine {contract.table}` shows why; add what is missing to the contract, then `fleet replay {contract.table}`",
        )
