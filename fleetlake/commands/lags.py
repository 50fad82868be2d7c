"""How far behind the streams are, for those who show it."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from fleetlake.console import Failure
from fleetlake.settings import settings

Lags = Mapping[tuple[str, str], int]


def lags() -> Lags:
    """Records that wait, by stream and by topic or table; of topics nothing while Kafka does not answer: nobody knows."""
    from spark_jobs.watch.facts import landing, refining

    lake, now = settings().lake_root, datetime.now(UTC)
    found = list(refining(lake, now))
    with suppress(Failure):
        found += landing(lake, now)
    return {(each.job, each.source): each.behind for each in found}


def summed(found: Lags) -> dict[str, int]:
    """By stream; one that nobody knows of is not in it."""
    total = Counter[str]()
    for (stream, _), records in found.items():
        total[stream] += records
    return dict(total)
