"""What Prometheus reads."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

from prometheus_client import generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families

from fleetlake import metrics
from fleetlake.releases.model import Published, Release

OPERATORS = Path(__file__).parents[2] / "docs" / "operators.md"
RUNNING = {"service": "land", "health": "healthy", "restarts": 2, "memory_mb": 600, "uptime_s": 30}
DIED = {"service": "refine", "health": "died", "restarts": 0, "memory_mb": None, "uptime_s": None}
ENDED = {"service": "topics", "health": "done", "restarts": 0, "memory_mb": None, "uptime_s": None}


def values(*families) -> dict[tuple[str, ...], float]:
    """Name and labels → value."""
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def served(lake: str, lags: metrics.Lags) -> str:
    return generate_latest(metrics.registry(lake, lambda: [RUNNING, DIED], lambda: lags)).decode()


def test_a_service_is_up_when_it_is_healthy_or_done():
    found = values(*metrics.of_services([RUNNING, DIED, ENDED]))
    assert [found["fleet_service_up", name] for name in ("land", "refine", "topics")] == [1, 0, 1]
    assert (found["fleet_service_memory_bytes", "land"], found["fleet_service_restarts", "land"]) == (600e6, 2)
    assert ("fleet_service_memory_bytes", "refine") not in found, "unknown is not zero"


def test_a_layer_tells_its_release_its_age_and_whether_it_is_held():
    at = datetime.now(UTC) - timedelta(hours=1)
    layer = Release(7, "silver", at, "rollback", 5, None, "ann", "", "1", {})
    found = values(*metrics.of_releases(Published(7, 0, {"silver": layer}, ())))
    assert (found["fleet_release_number", "silver"], found["fleet_release_held", "silver"]) == (7, 1)
    assert 3_600 <= found["fleet_release_age_seconds", "silver"] < 3_700


def test_a_gate_tells_what_stops_and_what_warns():
    found = values(*metrics.of_gates({"silver.charging": {"run": 3, "stopping": 2, "warnings": 1}}))
    assert found == {("fleet_gate_stopping", "silver.charging"): 2, ("fleet_gate_warnings", "silver.charging"): 1}


def test_a_lake_without_tables_is_told_as_it_is(lake):
    found = values(*text_string_to_metric_families(served(lake, {("land", "fleet.charging"): 12})))
    assert found["fleet_stream_lag_records", "fleet.charging", "land"] == 12
    assert not [name for name, *_ in found if name.startswith("fleet_release")]


def test_every_metric_is_documented_and_no_other(lake):
    told = set(re.findall(r"`(fleet_\w+)`", OPERATORS.read_text()))
    assert {family.name for family in text_string_to_metric_families(served(lake, {}))} == told


def test_an_endpoint_serves_them_on_loopback(lake):
    server, serving = start_http_server(0, "127.0.0.1", metrics.registry(lake, list, dict))
    with urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as answer:
        assert b"fleet_release_number" in answer.read()
    server.shutdown()
    server.server_close()
    serving.join()
