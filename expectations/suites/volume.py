"""Volume: the rows of a day beside those of the same weekday in the weeks before."""

from collections.abc import Iterator

from expectations.contract import Contract
from expectations.suites.expectation import Expectation, Severity

LEAST, MOST = 0.5, 2.0  # times the median: a bank holiday or a trade fair stays within, half a fleet gone silent does not
WEEKDAYS = 4  # equal weekdays before a day's band is believed
WEEKS = 8  # that are looked back
DAYS = 7  # before the clock that are judged: older ones change by late rows and imported files


def expectations(contract: Contract) -> Iterator[Expectation]:
    """Critical where four equal weekdays are known, a warning until then."""
    if contract.topic:
        yield _band("volume", "critical", "ratio", f"{WEEKDAYS} or more")
        yield _band("volume.young", "warning", "young_ratio", f"fewer than {WEEKDAYS}")


def _band(id: str, severity: Severity, column: str, known: str) -> Expectation:
    return Expectation(
        id=id,
        severity=severity,
        frame="volume",
        kind="between",
        columns=(column,),
        minimum=LEAST,
        maximum=MOST,
        says=f"each of the last {DAYS} days has {LEAST:g} to {MOST:g} times the rows of its weekday ({known} known)",
        remedy="find out whether senders are silent or send twice under new ids",
    )
