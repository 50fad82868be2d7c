"""release_silver as Airflow runs it, from Kafka to the event that others wait for; and a gate that fails."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleetlake.commands.shell import Shell
from fleetlake.commands.story import newest_use, planted
from fleetlake.releases import RELEASES, Release, published, rows_of
from tests.dags.conftest import answered

NEXT_DAY = datetime(2026, 6, 2, tzinfo=UTC)


@pytest.fixture
def fleet(home: Path, no_topics: str) -> Shell:
    """Types commands, with the settings of the test."""
    shell = Shell(home, quiet=True)
    shell.environment["FLEET_KAFKA_BROKERS"] = no_topics
    return shell


@pytest.mark.end_to_end
@pytest.mark.timeout(900)
def test_what_comes_is_released_and_told_and_what_a_gate_stops_is_not(
    fleet: Shell, lake: str, fleet_environment: dict[str, str], tmp_path: Path
):
    fleet("topics", "create")
    fleet("simulate", "--vehicles", 5, "--days", 1)
    [good], _ = answered("run", "release_silver", "1", environment=fleet_environment)
    assert (good["state"], set(good["tasks"].values())) == ("success", {"success"})
    silver = published(lake).releases["silver"]
    assert good["events"] == [told(silver)]
    for table in (RELEASES, "ops.gate_results", "ops.job_costs"):
        assert {row["run_id"] for row in rows_of(lake, table)[0]} == {f"release_silver/{good['run']}"}, table

    fleet("send", "--from", "cloudevents", planted(tmp_path / "planted.jsonl", newest_use(fleet), NEXT_DAY))
    [bad], said = answered("run", "release_silver", "1", environment=fleet_environment)
    assert bad["state"] == "failed"
    assert (bad["tasks"]["check_silver"], bad["tasks"]["release_silver"]) == ("failed", "upstream_failed")
    assert bad["events"] == good["events"], "an event without a release"
    assert published(lake).releases["silver"] == silver
    assert "critical: silver.feature_usage/feature_id.known: 5 of" in said
    assert "have its sender corrected and `fleet reprocess` the rows" in said
    assert "the command's answer is no" in said, "a gate was asked again"


def told(release: Release) -> dict[str, Any]:
    """What the event of a release carries."""
    pins = release.pins.values()
    versions, rows = {pin.table: pin.version for pin in pins}, {pin.table: pin.rows for pin in pins}
    return {"asset": "silver", "release": release.number, "gate_run": max(pin.gate_run for pin in pins), "versions": versions, "rows": rows}
