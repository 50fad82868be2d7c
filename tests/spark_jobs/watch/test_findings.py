"""What is wrong with the flow, and what is not."""

from datetime import timedelta

import pytest

from fleetlake.console import Failure
from spark_jobs.watch.findings import Disk, Facts, Layer, Limits, Stream, findings

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIMITS = Limits(stuck=15 * MINUTE, silent=2 * HOUR, stale=HOUR, backlog=1_000, disk_bytes=5_000_000_000)


def landing(behind: int = 0, idle: timedelta | None = MINUTE) -> Stream:
    return Stream("land", "fleet.charging", "bronze.charging", behind, idle)


def refining(behind: int = 0, idle: timedelta | None = MINUTE) -> Stream:
    return Stream("refine", "bronze.charging", "silver.charging", behind, idle)


def silver(waiting: timedelta | None = None, *, is_held: bool = False) -> Layer:
    return Layer("silver", 3 * HOUR, waiting, is_held)


def facts(*streams: Stream, layers: tuple[Layer, ...] = (silver(),), free: int = 10**11, unheard: Failure | None = None) -> Facts:
    return Facts(streams or (landing(), refining()), layers, (Disk("/data", free),), unheard)


@pytest.mark.parametrize(
    ("seen", "alert", "said"),
    [
        (facts(landing(7, 20 * MINUTE)), "stuck", "fleet.charging: 7 records wait, and bronze.charging has not moved on for 20 min"),
        (facts(refining(7, None)), "stuck", "bronze.charging: 7 records wait, and silver.charging has never moved on"),
        (facts(landing(1_001)), "behind", "fleet.charging: 1,001 records wait, more than 1,000"),
        (facts(landing(0, 3 * HOUR), refining(0, 3 * HOUR)), "silence", "no vehicle has been heard for 3 h"),
        (facts(layers=(silver(2 * HOUR),)), "stale", "silver has had something newer for 2 h, and readers see what is 3 h old"),
        (facts(layers=(silver(is_held=True),)), "held", "silver was rolled back and is held"),
        (facts(unheard=Failure("no Kafka", "fleet up kafka")), "kafka", "no Kafka"),
        (facts(free=4_900_000_000), "disk", "only 4.9 GB are free below /data"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_what_is_wrong_is_named_with_what_was_found_and_what_to_do(seen: Facts, alert: str, said: str):
    (found,) = findings(seen, LIMITS)
    assert (found.alert, found.what) == (alert, said)
    assert "fleet " in found.remedy or "machine" in found.remedy


@pytest.mark.parametrize(
    "seen",
    [
        facts(),
        facts(landing(7, 14 * MINUTE), refining(1_000)),
        facts(landing(0, 3 * HOUR), landing(0, MINUTE)),
        facts(landing(5, MINUTE), landing(0, 3 * HOUR)),
        facts(layers=(silver(59 * MINUTE),)),
        facts(landing(0, None), layers=()),
    ],
    ids=["all is well", "they work", "one family is quiet", "something lands", "a release is due", "nothing has ever come"],
)
def test_nothing_is_said_where(seen: Facts):
    assert findings(seen, LIMITS) == []
