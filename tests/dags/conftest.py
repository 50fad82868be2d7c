"""Airflow in processes of its own, with a database that is made once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleetlake.settings import settings

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an Airflow that looks at our DAGs, and at nothing of this machine's."""
    home = tmp_path_factory.mktemp("airflow")
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(home),
    }


@pytest.fixture(scope="session")
def migrated(airflow: dict[str, str]) -> Path:
    """The tables that Airflow keeps its runs in, and our pools."""
    for words in (["db", "migrate"], ["pools", "import", str(ROOT / "dags" / "pools.json")]):
        subprocess.run([BIN / "airflow", *words], env=airflow, check=True, capture_output=True)
    return Path(airflow["AIRFLOW_HOME"]) / "airflow.db"


@pytest.fixture
def database(airflow: dict[str, str], migrated: Path, tmp_path: Path) -> dict[str, str]:
    """The same, with those tables in a file of the test's own: nobody sees another test's runs and events."""
    own = shutil.copyfile(migrated, tmp_path / "airflow.db")
    return airflow | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{own}"}


def answered(script: str, *words: str, environment: dict[str, str]) -> tuple[Any, str]:
    """The last line that a script beside this file prints, as JSON, and all that it said before, which a test that fails shows."""
    command = [sys.executable, "-m", f"tests.dags.{script}", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stderr[-2_000:]
    said, _, answer = done.stdout.strip().rpartition("\n")
    return json.loads(answer), said


@pytest.fixture(scope="session")
def bag(airflow: dict[str, str]) -> dict[str, Any]:
    """What Airflow makes of the folder."""
    return answered("bag", environment=airflow)[0]


@pytest.fixture
def fleet_environment(database: dict[str, str], home: Path) -> dict[str, str]:
    """Airflow's, with the settings of a fleet of the test's own, as `fleet up` gives it."""
    of_test = {"FLEET_HOME": str(home), "FLEET_LAKE": settings().lake_root, "FLEET_KAFKA_BROKERS": settings().kafka_brokers}
    return database | of_test | {"FLEET_STREAMS": "tasks", "FLEET_SHORT_LIVED": "true"}
