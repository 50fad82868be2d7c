"""Late: how much of what came is older than readers expect."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import ROWS, Expectation

IN_TIME = 0.8  # of the rows of changed days; a fleet that came back from a long network failure is worth a look, not a stop


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Most events of a day come within the time that is called late."""
    if contract.topic:
        yield Expectation(
            id="late.share",
            severity="warning",
            frame=ROWS,
            kind="holds",
            columns=("is_late",),
            expression="not is_late",
            share=IN_TIME,
            says=f"at most {1 - IN_TIME:.0%} of the rows came late",
            remedy="look for a gateway that held events back; days that are published already change with the next build",
        )
