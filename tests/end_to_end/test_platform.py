"""`fleet up` … `fleet down`: all parts of the platform as real processes, some of them killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from fleetlake.services.platform import SERVICES
from fleetlake.services.ports import is_free
from fleetlake.services.process import read_state

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]  # two minutes alone
UP_S = 240  # 30 s alone on two cores; tests share them
AGAIN_S = 90


def fleet(*words: str) -> tuple[int, Any]:
    """Exit status and answer of a command, and on this run's output what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "fleetlake.cli", *words, "--json"],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=UP_S,
        check=False,
    )
    print(ended.stderr)
    return ended.returncode, json.loads(ended.stdout) if ended.stdout else None


def services() -> dict[str, dict[str, Any]]:
    return {row["service"]: row for row in fleet("status")[1]["services"]}


def alive(home: Path) -> dict[int, str]:
    """Every process of this home, whoever is its parent."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get("FLEET_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


def ports(home: Path) -> set[int]:
    states = [read_state(path) for path in (home / "services").glob("*/state.json")]
    return {int(number) for state in states for name, number in state.items() if name.endswith("port")}


@pytest.fixture
def platform(home):
    """The whole platform of the test's own home, gone in the end whatever happens."""
    code, rows = fleet("up")
    yield {row["service"]: row for row in rows or ()} if code == 0 else {}
    fleet("down")


def test_the_platform_comes_up_whole_restarts_what_is_killed_and_leaves_nothing(platform, home):
    assert set(platform) == set(SERVICES)
    assert {row["health"] for row in platform.values()} == {"healthy", "done"}
    assert sum(row["memory_mb"] or 0 for row in platform.values()) < 8_000
    held = ports(home)
    assert len(held) == 6
    assert not any(is_free(port) for port in held)
    assert (home / "airflow" / "passwords.json").stat().st_mode & 0o077 == 0
    now = killed_ones_come_back(platform, "scheduler", "land")  # one leaves workers behind, the other a JVM
    events_flow_and_are_judged_on_the_shared_spark(now)
    for name in ("supervisor", "connect", "api-server"):
        os.kill(now[name]["pid"], signal.SIGKILL)
    code, stopped = fleet("down")
    assert code == 0
    assert {row["service"] for row in stopped} >= set(SERVICES)
    assert alive(home) == {}
    assert all(is_free(port) for port in held)
    assert {row["health"] for row in services().values()} == {"stopped"}


def killed_ones_come_back(platform: dict[str, dict[str, Any]], *killed: str) -> dict[str, dict[str, Any]]:
    for name in killed:
        os.kill(platform[name]["pid"], signal.SIGKILL)
    now = eventually(lambda now: all(now[name]["health"] == "healthy" and now[name]["restarts"] for name in killed))
    for name in killed:
        assert (now[name]["health"], now[name]["restarts"]) == ("healthy", 1), now[name]
        assert "SIGKILL" in now[name]["last_error"]
        assert now[name]["pid"] != platform[name]["pid"]
    assert now["kafka"]["pid"] == platform["kafka"]["pid"], "who was well is left alone"
    return now


def events_flow_and_are_judged_on_the_shared_spark(now: dict[str, dict[str, Any]]) -> None:
    brokers, remote = f"127.0.0.1:{now['kafka']['port']}", f"sc://127.0.0.1:{now['connect']['port']}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_REMOTE", remote)
        patch.setenv("FLEET_KAFKA_BROKERS", brokers)
        assert fleet("simulate", "--vehicles", "10", "--days", "1")[0] == 0
        assert eventually(lambda now: now["land"]["lag"] == 0)["land"]["lag"] == 0
        assert eventually(lambda now: now["refine"]["lag"] == 0)["refine"]["lag"] == 0
        code, told = fleet("check", "silver.feature_usage")
    assert (code, told["ok"]) == (0, True)


def eventually(holds: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
    """The services as soon as that holds, or after AGAIN_S."""
    deadline, now = time.monotonic() + AGAIN_S, services()
    while not holds(now) and time.monotonic() < deadline:
        time.sleep(1)
        now = services()
    return now
