"""What a small fleet does for two days, and the story's bad batch, all of it landed and refined by the streams of a platform."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from fleetlake.commands.story import planted
from fleetlake.names import table_path
from tests.end_to_end.platform.whole import Platform

FIRST, DAYS = datetime(2026, 6, 1, tzinfo=UTC), 2
END = FIRST + timedelta(days=DAYS)
STREAMS = ("land", "refine", "connect")
OFTEN = {
    "FLEET_RELEASE_EVERY": "P30D",
    "FLEET_LAND_EVERY": "2s",
    "FLEET_REFINE_EVERY": "2s",
    "FLEET_SMALLEST_CELL": "1",
    "FLEET_LINEAGE": "off",
}


def simulated(platform: Platform) -> None:
    """The fleet's own events come to silver."""
    platform.answer("simulate", "--vehicles", 10, "--days", DAYS)
    platform.caught_up()


def come(platform: Platform, folder: Path) -> None:
    """Those, and the bad ones as uses of a vehicle that is there, right after the simulated days."""
    simulated(platform)
    uses = pl.read_delta(table_path(platform.lake, "silver.feature_usage"))
    platform.answer("send", "--from", "cloudevents", planted(folder / "planted.jsonl", uses.sort("occurred_at").to_dicts()[-1], END))
    platform.caught_up()


def bad_ones_judged_anew(platform: Platform) -> int:
    """By the contract of today; how many it refused."""
    ends = END + timedelta(hours=1)
    [came] = platform.answer("reprocess", "feature_usage", "--from", END.isoformat(), "--to", ends.isoformat())
    return int(came["quarantined"])
