"""`fleet up` as a test has it: commands, services, processes and ports of one home."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psutil

from fleetlake.commands.lags import lags, summed
from fleetlake.services.process import read_state
from fleetlake.services.report import report
from tests.end_to_end.platform.airflow import Airflow, until

COMMAND_S = 300
ADDRESSES = {"SPARK_REMOTE": ("connect", "sc://"), "FLEET_KAFKA_BROKERS": ("kafka", "")}
OF_SERVICES = ("up", "down", "status")  # who names another Kafka does not mean ours
Services = dict[str, dict[str, Any]]


class Platform:
    """All parts of a home, running."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home, self.environment = home, environment
        self.began: Services = {}

    @classmethod
    @contextmanager
    def up(cls, home: Path, *services: str, **settings: str) -> Iterator[Self]:
        """Brought up, whole or those services; gone in the end, whatever happens."""
        platform = cls(home, dict(os.environ) | settings)
        try:
            platform.start(*services)
            yield platform
        finally:
            platform.fleet("down")

    def start(self, *services: str) -> None:
        """Has those services, or all, run as well."""
        self.began = {row["service"]: row for row in self.answer("up", *services)}

    @property
    def lake(self) -> str:
        """The root of its tables."""
        return str(self.home / "lake")

    @property
    def shell(self) -> dict[str, str]:
        """What a person's shell has: the Kafka and the Spark of the services."""
        ours = {
            name: f"{scheme}127.0.0.1:{self.began[service]['port']}"
            for name, (service, scheme) in ADDRESSES.items()
            if service in self.began
        }
        return self.environment | ours

    @property
    def airflow(self) -> Airflow:
        """A person who has just logged in."""
        return Airflow(self.home)

    def fleet(self, *words: object, **settings: str) -> tuple[int, Any]:
        """Exit status and answer of a command on the Kafka and the Spark of the services, and on the home's lake, unless settings name
        others; what it said is on this run's output."""
        ended = subprocess.run(
            [sys.executable, "-m", "fleetlake.cli", *map(str, words), "--json"],
            env=(self.environment if words[0] in OF_SERVICES else self.shell) | settings,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        print(ended.stderr)
        return ended.returncode, json.loads(ended.stdout) if ended.stdout else None

    def answer(self, *words: object, **settings: str) -> Any:
        """The answer of a command that ends well."""
        status, answer = self.fleet(*words, **settings)
        assert status == 0, f"fleet {words} ended with {status}"
        return answer

    @staticmethod
    def services() -> Services:
        """How each is, as `fleet status` says; asked within the test's process, for it is asked often."""
        return {row["service"]: row for row in report(summed(lags()))}

    def caught_up(self) -> None:
        """Returns when land and refine have taken all that there is."""
        for stream in ("land", "refine"):  # one after the other: what lands between two looks would be in neither
            until(lambda stream=stream: self.services()[stream]["lag"] == 0, f"records wait for {stream}", COMMAND_S)

    def kill(self, *names: str) -> None:
        """`kill -9` of the services' own processes."""
        now = self.services()
        for name in names:
            os.kill(now[name]["pid"], signal.SIGKILL)

    def typing(self, command: str) -> psutil.Process:
        """What a task of Airflow types, as it runs."""
        typed = f"fleet {command}"
        [pid] = until(lambda: [pid for pid, line in self.alive.items() if line.endswith(typed)], f"nobody types {typed}")
        return psutil.Process(pid)

    def is_on_spark(self, process: psutil.Process) -> bool:
        """Whether it has a connection to the Spark of the services."""
        return any(each.raddr and each.raddr.port == self.began["connect"]["port"] for each in process.net_connections())

    @staticmethod
    def worker_of(command: psutil.Process) -> psutil.Process:
        """The worker of Airflow behind what a task types."""
        return command.parents()[1]  # bash becomes what it is told to run; its parent is the task

    def well_again(self, *killed: str) -> Services:
        """The services as soon as those that were killed are well."""
        until(
            lambda: (now := self.services()) and all(now[name]["health"] == "healthy" and now[name]["restarts"] for name in killed),
            f"{killed} stay away",
        )
        return self.services()

    @property
    def ports(self) -> set[int]:
        """All that its services listen on."""
        states = [read_state(path) for path in (self.home / "services").glob("*/state.json")]
        return {int(number) for state in states for name, number in state.items() if name.endswith("port")}

    @property
    def alive(self) -> dict[int, str]:
        """Every process of this home, whoever is its parent."""
        return {process.pid: " ".join(process.cmdline()) for process in psutil.process_iter() if self._is_ours(process)}

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("FLEET_HOME") == str(self.home) and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False
