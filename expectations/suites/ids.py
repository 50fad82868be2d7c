"""Ids reused: the same id of the same vehicle on another day is a sender's bug; the rows are kept and shown."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Asked of a changed day and the day before it: counters that begin anew and events that are sent again with a new time meet there."""
    if contract.topic:
        yield Expectation(
            id="ids.reused",
            severity="warning",
            frame="twins",
            kind="unique",
            columns=("first_vehicle_key", "first_event_id"),
            says="an id names an event on one day only",
            remedy="both rows are kept and counted; tell the owner of the sender that its ids repeat",
        )
