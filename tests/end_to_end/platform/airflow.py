"""Airflow's REST interface, as far as a person's clicks go."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from fleetlake.services.process import read_state

LOOK_S = 0.5
ANSWER_S = 60
RUN_S = 600  # a machine may be busy
READ_S = 3  # nobody answers sooner, and Airflow 3.3 takes it for a crash when an answer comes before its scheduler has seen the question
OVER = ("success", "failed")
WAITING = ("deferred", "awaiting_input")  # for a person
T = TypeVar("T")


class Airflow:
    """The Airflow of a home, spoken to as its one user."""

    def __init__(self, home: Path) -> None:
        self.url = f"http://127.0.0.1:{read_state(home / 'services' / 'api-server' / 'state.json')['port']}"
        [(self.user, self.password)] = json.loads((home / "airflow" / "passwords.json").read_text()).items()
        self._headers: dict[str, str] = {}
        token = self._said("POST", "/auth/token", {"username": self.user, "password": self.password})["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def pause(self, *dags: str) -> None:
        """These start by themselves no more."""
        for dag in dags:
            self._said("PATCH", f"/api/v2/dags/{dag}", {"is_paused": True})

    def dags(self) -> set[str]:
        """All that were parsed."""
        return {each["dag_id"] for each in self._said("GET", "/api/v2/dags?limit=100")["dags"]}

    def start(self, dag: str, **conf: Any) -> str:
        """A run, started by hand."""
        return str(self._said("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """All runs of a DAG, oldest first."""
        return list(self._said("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=run_after&limit=100")["dag_runs"])

    def tasks(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        """The tasks of a run."""
        return {each["task_id"]: each for each in self._said("GET", f"{_run(dag, run)}/taskInstances")["task_instances"]}

    def states(self, dag: str, run: str) -> dict[str, str]:
        """Of each task of a run."""
        return {name: str(task["state"]) for name, task in self.tasks(dag, run).items()}

    def ended(self, dag: str, run: str) -> str:
        """How a run ended, when it has."""
        return until(lambda: (state := self._said("GET", _run(dag, run))["state"]) in OVER and state, f"{dag}/{run} has not ended")

    def reached(self, dag: str, run: str, task: str, states: Iterable[str] = ("running",)) -> None:
        """Returns when a task is in one of these states, which it cannot come to any more when one before it has failed."""
        wanted = (*states,)
        [state] = until(
            lambda: {self.states(dag, run).get(task)} & {*wanted, "upstream_failed"}, f"{dag}/{run}: {task} is not {' or '.join(wanted)}"
        )
        assert state in wanted, f"{dag}/{run}: {self.states(dag, run)}"

    def log(self, dag: str, run: str, task: str) -> str:
        """What the last try of a task said, and why it was, or was not, tried again."""
        tried = self.tasks(dag, run)[task]["try_number"]
        said = self._said("GET", f"{_run(dag, run)}/taskInstances/{task}/logs/{tried}?full_content=true")
        return "\n".join(f"{each['event']} {each.get('reason', '')}" for each in said["content"])

    def told(self, asset: str) -> list[dict[str, Any]]:
        """What the events of an asset carry, oldest first, each with the run that told."""
        place = "/api/v2/assets/events?order_by=timestamp&limit=100"
        until(
            lambda: self._asked("GET", place).is_success, "no events"
        )  # Airflow 3.3 fails while a run that an event started is only queued
        found = self._said("GET", place)["asset_events"]
        return [each["extra"] | {"run": each["source_run_id"]} for each in found if each["name"] == asset]

    def answer(self, dag: str, run: str, choice: str) -> str:
        """Answers the question of a run as a person does under *Required actions*; what it was asked about."""
        self.reached(dag, run, "approve", WAITING)
        place = f"{_run(dag, run)}/taskInstances/approve/-1/hitlDetails"
        asked = self._said("GET", place)
        time.sleep(READ_S)
        self._said("PATCH", place, {"chosen_options": [choice], "params_input": {}})
        return f"{asked['subject']}\n{asked['body']}"

    def _said(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._asked(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", json=body, headers=self._headers, timeout=ANSWER_S)


def until(holds: Callable[[], T], otherwise: str, patience_s: float = RUN_S) -> T:
    """What that gives as soon as it is true."""
    deadline = time.monotonic() + patience_s
    while not (found := holds()):
        assert time.monotonic() < deadline, f"{otherwise} after {patience_s:.0f} s"
        time.sleep(LOOK_S)
    return found


def _run(dag: str, run: str) -> str:
    return f"/api/v2/dags/{dag}/dagRuns/{quote(run, safe='')}"
