"""release_silver where streams are tasks of it, from Kafka to the event that others wait for. What a gate stops is in tests/end_to_end/test_platform.py."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from fleetlake.releases import RELEASES, Release, published, rows_of
from tests.dags.conftest import answered
from tests.end_to_end.platform.whole import Platform


@pytest.mark.end_to_end
@pytest.mark.timeout(900)
def test_what_comes_is_landed_refined_released_and_told_by_one_run(
    home: Path, lake: str, no_topics: str, fleet_environment: dict[str, str]
):
    with Platform.up(home, "connect") as platform:
        platform.answer("topics", "create")
        platform.answer("simulate", "--vehicles", 5, "--days", 1)
        shared = {"SPARK_REMOTE": platform.shell["SPARK_REMOTE"]}
        [good], _ = answered("run", "release_silver", "1", environment=fleet_environment | shared)
        assert len(daemons(platform.services()["connect"]["pid"])) == 1  # its commands, a session each, share Python workers
    assert (good["state"], set(good["tasks"].values())) == ("success", {"success"})
    silver = published(lake).releases["silver"]
    assert good["events"] == [told(silver)]
    for table in (RELEASES, "ops.gate_results", "ops.job_costs"):
        assert {row["run_id"] for row in rows_of(lake, table)[0]} == {f"release_silver/{good['run']}"}, table


def daemons(spark: int) -> list[psutil.Process]:
    """PySpark's daemons of a shared Spark; its workers are their children."""
    java = [each for each in psutil.Process(spark).children() if each.name() == "java"]
    return [child for each in java for child in each.children() if _is_daemon(child)]


def _is_daemon(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):  # a JVM has short children of its own, gone or not yet waited for
        return "spark_jobs.daemon" in process.cmdline()
    return False


def told(release: Release) -> dict[str, Any]:
    """What the event of a release carries."""
    pins = release.pins.values()
    versions, rows = {pin.table: pin.version for pin in pins}, {pin.table: pin.rows for pin in pins}
    return {"asset": "silver", "release": release.number, "gate_run": max(pin.gate_run for pin in pins), "versions": versions, "rows": rows}
