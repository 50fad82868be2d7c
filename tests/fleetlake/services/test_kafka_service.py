import json
import logging
import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.kafka import create_topics
from fleetlake.services import kafka, ports, process, service
from fleetlake.services.kafka import KAFKA
from fleetlake.services.process import Started
from fleetlake.services.report import described
from fleetlake.services.service import end
from fleetlake.settings import settings

SHELL = "/bin/sh"


def eventually(holds, within_s: float = 5) -> bool:
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(holds())


def two_sleepers(tmp_path: Path) -> Started:
    """A leader and its child, in a group of their own."""
    started = process.launch([SHELL, "-c", "sleep 600 & sleep 600"], tmp_path / "log")
    assert eventually(lambda: len(process.group(started)) == 3)
    return started


def test_a_service_is_the_leader_of_its_own_session(tmp_path):
    started = two_sleepers(tmp_path)
    assert os.getsid(started.pid) == os.getpgid(started.pid) == started.pid != os.getpgrp()
    process.stop(started)


def test_a_stop_ends_the_whole_group(tmp_path):
    started = two_sleepers(tmp_path)
    members = process.group(started)
    process.stop(started)
    assert process.group(started) == []
    assert not [member for member in members if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]


def test_a_stop_ends_the_children_of_a_leader_that_was_killed(tmp_path):
    started = two_sleepers(tmp_path)
    os.kill(started.pid, signal.SIGKILL)
    assert eventually(lambda: process.leader(started) is None)
    assert len(process.group(started)) == 2
    process.stop(started)
    assert process.group(started) == []


def test_what_ignores_sigterm_is_killed(tmp_path):
    started = process.launch([SHELL, "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], tmp_path / "log")
    assert eventually(lambda: "ready" in (tmp_path / "log").read_text())
    process.stop(started, patience_s=0.3)
    assert process.group(started) == []


def test_a_stranger_with_a_reused_pid_is_left_alone(tmp_path):
    stranger = two_sleepers(tmp_path)
    remembered = Started(stranger.pid, stranger.started_at - 3600)
    assert process.leader(remembered) is None
    process.stop(remembered)
    assert len(process.group(stranger)) == 3
    process.stop(stranger)


def test_a_service_does_not_inherit_what_a_shell_had_set(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx64g")
    started = process.launch([SHELL, "-c", "env"], tmp_path / "log")
    assert eventually(lambda: process.leader(started) is None)
    assert "PATH=" in (tmp_path / "log").read_text()
    assert "JAVA_TOOL_OPTIONS" not in (tmp_path / "log").read_text()


@pytest.fixture
def broker(home: Path):
    """The local Kafka in the test's home, stopped in the end."""
    address = kafka.up(print)
    yield address
    end(KAFKA)


def command(*arguments: str) -> tuple[int, Any]:
    result = CliRunner().invoke(application(), [*arguments, "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.kafka
def test_the_broker_starts_once_keeps_its_port_and_is_found_dead_or_stopped(broker):
    code, found = command("status")
    [first] = found["services"]
    assert (code, first["health"]) == (0, "healthy")
    assert broker == f"127.0.0.1:{first['port']}"
    assert first["memory_mb"] <= 600

    _, [again] = command("up", "kafka")
    assert again["pid"] == first["pid"], "a second up must change nothing"

    os.kill(first["pid"], signal.SIGKILL)
    assert eventually(lambda: described(KAFKA)["health"] == "died")
    assert command("status")[0] == 1

    _, [restarted] = command("up", "kafka")
    assert restarted["port"] == first["port"]
    assert restarted["pid"] != first["pid"]

    assert command("down") == (0, [{"service": "kafka", "stopped": True}])
    assert command("down") == (0, [{"service": "kafka", "stopped": False}])
    assert not psutil.pid_exists(restarted["pid"]) or psutil.Process(restarted["pid"]).status() == psutil.STATUS_ZOMBIE
    code, found = command("status")
    [stopped] = found["services"]
    assert (code, stopped["health"]) == (0, "stopped")


@pytest.mark.kafka
def test_the_first_producer_of_a_fresh_broker_is_not_told_to_wait(broker):
    said = logging.getLogger("first producer")
    said.addHandler(heard := Heard())
    create_topics(["charging"], 1)
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True}, logger=said)
    producer.produce("fleet.charging", b"first")
    assert producer.flush(30) == 0
    assert [record.getMessage() for record in heard.records] == []


class Heard(logging.Handler):
    """Keeps what a client logs."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.mark.kafka
def test_the_broker_listens_on_loopback_only(kafka, home):
    port = int(kafka.rpartition(":")[2])
    listening = [place for place in psutil.net_connections("tcp") if place.status == psutil.CONN_LISTEN]
    [broker] = {place.pid for place in listening if place.laddr.port == port}
    heard = [place.laddr for place in listening if place.pid == broker]
    assert len(heard) == 2
    assert {place.ip.removeprefix("::ffff:") for place in heard} == {"127.0.0.1"}


def test_a_taken_port_is_named(home, monkeypatch):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process.write_state(KAFKA.folder / "state.json", {"port": port, "controller_port": port}, None)
        monkeypatch.setattr(ports, "LET_GO_S", 0.2)
        with pytest.raises(Failure, match=f"port {port}, .* is taken"):
            kafka.up(print)


def test_a_full_disk_is_said_before_the_start(home, monkeypatch):
    monkeypatch.setattr(service, "ENOUGH_DISK", 10**18)
    with pytest.raises(Failure, match="MB of disk are free"):
        kafka.up(print)


def test_a_broker_that_dies_at_its_start_is_quoted(home, monkeypatch):
    monkeypatch.setattr(kafka, "java", lambda *_: [SHELL, "-c", "echo 'java.io.IOException: No space left on device'; exit 1"])
    (KAFKA.folder / "data").mkdir(parents=True)
    with pytest.raises(Failure, match=r"(?s)No space left on device.*kafka\.log"):
        kafka.up(print)


def test_a_killed_format_leaves_no_half_made_data(home, monkeypatch):
    monkeypatch.setattr(kafka, "java", lambda *_: [SHELL, "-c", f"mkdir -p {KAFKA.folder}/data.draft; echo half; kill -9 $$"])
    with pytest.raises(Failure, match="could not be prepared: half"):
        kafka.up(print)
    assert not (KAFKA.folder / "data").exists()


def test_without_a_broker_the_remedy_is_to_start_one(home):
    with pytest.raises(Failure, match="fleet up kafka"):
        kafka.address()


def test_two_homes_never_meet(home, tmp_path, monkeypatch):
    process.write_state(
        KAFKA.folder / "state.json", {"port": 1, "controller_port": 2}, Started(os.getpid(), psutil.Process().create_time())
    )
    assert kafka.address() == "127.0.0.1:1"
    monkeypatch.setenv("FLEET_HOME", str(tmp_path / "another"))
    settings.cache_clear()
    assert described(KAFKA)["health"] == "stopped"
    assert end(KAFKA) is False
