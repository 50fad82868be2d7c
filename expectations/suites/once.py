"""Once: no two rows of a table have the same key."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation

PLACE = ("topic_id", "partition", "offset")
TWICE = "`fleet audit --full` names the places; restore the table to the version before rows came twice, its job goes on from there"


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Asked of rows that share a hash, which are all that could have the same key."""
    if columns := key(contract):
        yield Expectation("key.unique", "critical", "twins", "unique", columns, f"({', '.join(columns)}) is there once", TWICE)


def key(contract: Contract) -> tuple[str, ...]:
    """What is there once: the contract's key; of bronze's events, whose columns other tables carry, the place in Kafka."""
    if contract.id == "silver.quarantine":
        return (*PLACE, "run")  # what a replay refuses again is there once more
    return PLACE if contract.layer == "bronze" and not contract.key else contract.key


def shown(contract: Contract) -> tuple[str, ...]:
    """The part of the key that may be shown: no personal column."""
    return tuple(name for name in key(contract) if not contract.column(name).personal)
