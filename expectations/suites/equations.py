"""Equations between tables of gold, and between gold and what it was built from: totals are the sums of their parts, what is shared out is what there was."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation
from expectations.suites.promised import remedy


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Each counts the rows that break it, over all days: a sum has no changed part."""
    for each in contract.equations:
        yield Expectation(
            id=each.name,
            severity="critical",
            frame="equations",
            kind="between",
            columns=(each.name,),
            minimum=0,
            maximum=0,
            says=each.description,
            remedy=remedy(contract),
        )
