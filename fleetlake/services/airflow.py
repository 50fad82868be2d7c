"""Airflow's parts, each a process of its own: what it keeps is in $FLEET_HOME/airflow, and it listens on loopback only."""

import json
import os
import secrets
import sys
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import fleetlake
from fleetlake.services.environment import environment as of_all
from fleetlake.services.once import once
from fleetlake.services.ports import HOST
from fleetlake.services.service import Service, port
from fleetlake.settings import settings

AIRFLOW = Path(sys.executable).with_name("airflow")
DAGS = Path(fleetlake.__file__).parents[1] / "dags"
POOLS = DAGS / "pools.json"
USER = "admin"
LOCKED_S = 60  # so long one of Airflow's parts waits while another writes to SQLite; after the default of 5 a click, or a task, fails on a busy machine
FIXED = {
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PARALLELISM": "4",  # a worker each, and each worker is 200 MB
    "AIRFLOW__API__HOST": HOST,
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",  # a changed file is read at once all the same; by default a quarter of a core goes there
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",  # a task that was killed is tried again after two minutes, not five
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
}


def environment() -> dict[str, str]:
    """All that makes an `airflow` command one of this home."""
    url, home = f"http://{HOST}:{port('api-server')}", folder()
    return (
        of_all()
        | FIXED
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__PORT": str(port("api-server")),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords()),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": settings().airflow_database or f"sqlite:///{home}/airflow.db?timeout={LOCKED_S}",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings().home.absolute() / "logs" / "tasks"),
        }
    )


def folder() -> Path:
    """AIRFLOW_HOME: its database and its keys, for nobody else to read."""
    path = (settings().home / "airflow").absolute()
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def passwords() -> Path:
    """Where Airflow looks for the password of its one user."""
    return folder() / "passwords.json"


def password() -> str | None:
    """The password that was just made; None when there is one already, which the file tells."""
    if passwords().exists():
        return None
    made = secrets.token_urlsafe(16)
    with os.fdopen(os.open(passwords(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({USER: made}, file)
    return made


def setup() -> list[list[str | Path]]:
    """What a database needs before anything uses it."""
    pools: list[list[str | Path]] = [[AIRFLOW, "pools", "import", POOLS]] if POOLS.exists() else []
    return [[AIRFLOW, "db", "migrate"], *pools]


def part(name: str, *options: str, needs: tuple[str, ...] = ("airflow",), ports: tuple[str, ...] = ()) -> Service:
    """One of Airflow's processes."""
    return Service(name, lambda: [AIRFLOW, name, *options], well(name), ports=ports, needs=needs, environment=environment)


def well(name: str) -> Callable[[float], bool]:
    """A check that asks the API server of itself or of another part's heartbeats."""
    component = {"api-server": "metadatabase"}.get(name, name.replace("-", "_"))
    return lambda since: monitored().get(component, {}).get("status") == "healthy"


def monitored() -> dict[str, Any]:
    """What the API server says of all parts; nothing when it does not answer."""
    try:
        with urlopen(f"http://{HOST}:{port('api-server')}/api/v2/monitor/health", timeout=5) as answer:  # loopback
            return dict(json.load(answer))
    except (OSError, HTTPException, ValueError):
        return {}


SET_UP = once("airflow", setup, environment)
PARTS = (
    part("api-server", ports=("port",)),
    part("scheduler", "--skip-serve-logs", needs=("api-server",)),
    part("dag-processor"),
    part("triggerer", "--skip-serve-logs"),
)
