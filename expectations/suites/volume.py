"""Volume: the rows of a day beside those of the same weekday in the weeks before.

A band stops a release only where it would have let the past pass: families that come in waves (an update's, a campaign's) or in handfuls leave it
without any fault, and a gate that cries wolf is waived for good.
"""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation, Severity

LEAST, MOST = 0.5, 2.0  # times the median: a bank holiday or a trade fair stays within, half a fleet gone silent does not
WEEKDAYS = 4  # equal weekdays before a day's band is believed
ROWS = 64  # usual on that weekday: half of so many is four standard deviations of a count (Poisson), of fewer chance does it
STEADY = 0.75  # of the known weekdays are in the band themselves: one bank holiday of four is forgiven
WEEKS = 8  # that are looked back
DAYS = 7  # before the clock that are judged: older ones change by late rows and imported files


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Critical where the weekday is steady, else a warning."""
    if contract.topic:
        yield _band(
            "volume",
            "critical",
            "ratio",
            f"a steady one: {WEEKDAYS} or more known, {ROWS} rows are usual, and {STEADY:.0%} of them are within",
        )
        yield _band("volume.unsteady", "warning", "unsteady_ratio", "not a steady one: new, of few rows, or coming in waves")


def _band(id: str, severity: Severity, column: str, known: str) -> Expectation:
    return Expectation(
        id=id,
        severity=severity,
        frame="volume",
        kind="between",
        columns=(column,),
        minimum=LEAST,
        maximum=MOST,
        says=f"each of the last {DAYS} days has {LEAST:g} to {MOST:g} times the rows of its weekday ({known})",
        remedy="find out whether senders are silent or send twice under new ids",
    )
