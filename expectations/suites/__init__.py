"""Suites: what a gate asks of each table. Most follows from the contract (`promised`); what a contract cannot say is written by hand, one file a topic.

A topic's `expectations(contract)` says what it asks of that table, which is nothing for tables that it has no say in.
"""

from collections import Counter

from expectations.contract import Contract
from expectations.suites import (
    conservation,
    equations,
    freshness,
    ids,
    imported,
    lateness,
    losses,
    once,
    promised,
    quarantined,
    references,
    volume,
)
from expectations.suites.expectation import Expectation

TOPICS = (promised, once, equations, ids, references, lateness, losses, quarantined, conservation, imported, freshness, volume)


def suite(contract: Contract) -> tuple[Expectation, ...]:
    """All that is asked of a table; ids are unique within it."""
    asked = tuple(each for topic in TOPICS for each in topic.expectations(contract))
    twice = [id for id, count in Counter(each.id for each in asked).items() if count > 1]
    if twice:
        raise ValueError(f"{contract.id} has two expectations of the same id: {', '.join(twice)}")
    return asked
