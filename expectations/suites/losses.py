"""Lost: gaps in the sequence that a vehicle counts per family and boot."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation

LOST = 0.02  # of what vehicles sent: radio holes; more is a gateway that drops


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Numbers that were neither accepted nor refused never arrived."""
    if contract.topic:
        yield Expectation(
            id="lost.share",
            severity="warning",
            frame="senders",
            kind="between",
            columns=("lost_share",),
            maximum=LOST,
            says=f"at most {LOST:.0%} of the numbers between a boot's first and last event of a day are missing",
            remedy="the events never reached Kafka: compare by model and market, and ask the gateway's owner",
        )
