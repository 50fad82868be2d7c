"""Every DAG: what Airflow makes of it, and what we promise of all."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from fleetlake.cli import application
from fleetlake.releases.model import LAYERS
from tests.dags.conftest import answered

ROOT = Path(__file__).parents[2]
FILES = sorted(path for path in (ROOT / "dags").glob("*.py") if path.name not in (ROOT / "dags" / ".airflowignore").read_text().split())
SHARED = ("__init__.py", "approvals.py", "commands.py")


def tasks(bag: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, task) for name, dag in bag["dags"].items() for task in dag["tasks"]]


def test_every_file_is_one_dag_of_the_same_name_and_parses_without_error_or_warning(bag: dict[str, Any]):
    assert {path.stem for path in FILES} == set(bag["dags"])
    assert len(FILES) == 9
    assert (bag["errors"], bag["warnings"]) == ({}, {})
    assert {path.name for path in (ROOT / "dags").glob("*.py")} == {*SHARED, *(path.name for path in FILES)}


def test_no_dag_takes_a_second_to_parse_or_imports_what_computes(bag: dict[str, Any]):
    assert len(bag["seconds"]) == len(FILES)
    assert {file: took for file, took in bag["seconds"].items() if took >= 1} == {}
    assert bag["heavy"] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dag_is_a_short_list_of_commands(path: Path):
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    assert not re.search(r"^(def|class|for|import os|subprocess)", text, re.MULTILINE), "no work where it is parsed"
    sources = re.findall(r"^(?:from|import) (\S+)", text, re.MULTILINE)
    assert set(sources) <= {
        "airflow.sdk",
        "airflow.providers.standard.operators.bash",
        "dags.commands",
        "dags.approvals",
        "datetime",
        "fleetlake.settings",
    }


def test_every_dag_says_what_it_is_for_and_does_not_catch_up(bag: dict[str, Any]):
    for name, dag in bag["dags"].items():
        assert dag["doc_md"], name
        assert dag["doc_md"].strip().splitlines()[0].endswith((".", ",")), name
        assert dag["tags"], name
        assert (dag["catchup"], dag["max_active_runs"]) == (False, 1), name
        assert dag["deadline"] or "by hand" in dag["tags"], name


def test_every_task_has_an_owner_and_retries_with_back_off(bag: dict[str, Any]):
    assert len(tasks(bag)) > 20
    for name, task in tasks(bag):
        assert task["owner"] == "data-engineering", (name, task)
        assert task["retries"] >= (0 if task["task_type"] == "ApprovalOperator" else 2), (name, task)
        assert task["retry_exponential_backoff"] > 1, (name, task)


def test_every_task_types_a_fleet_command_that_there_is_and_passes_the_run_on(bag: dict[str, Any]):
    known = _commands()
    typed = [(name, task) for name, task in tasks(bag) if task["task_type"] == "BashOperator"]
    assert len(typed) > 20
    for name, task in typed:
        words = shlex.split(re.sub(r"{{.*?}}", "", task["command"]))
        assert words[0] == "fleet", (name, task)
        assert words[1] in known or " ".join(words[1:3]) in known, (name, task)
        assert task["environment"]["FLEET_RUN_ID"] == "{{ dag.dag_id }}/{{ run_id }}", (name, task)


def test_what_a_dag_waits_for_somebody_tells_and_only_who_releases_tells(bag: dict[str, Any]):
    told = {asset for _, task in tasks(bag) for asset in task["outlets"]}
    waited = {asset for dag in bag["dags"].values() for asset in dag["waits"]}
    assert waited == {"silver", "gold"}
    assert waited <= told == {"silver", "gold", "features"}
    telling = [(name, task) for name, task in tasks(bag) if task["outlets"]]
    assert {(name, task["task_id"]) for name, task in telling} == {
        ("release_silver", "release_silver"),
        ("costs", "release_silver"),
        ("build_gold", "release_gold"),
        ("backfill_gold", "backfill"),
        ("features", "release_features"),
    }
    assert all("--json" in task["command"] for _, task in telling)


def test_whoever_writes_a_layer_takes_its_only_slot(bag: dict[str, Any]):
    pools = json.loads((ROOT / "dags" / "pools.json").read_text())
    assert set(pools) <= set(LAYERS)
    assert {pool["slots"] for pool in pools.values()} == {1}
    idle = {(name, task["task_id"]) for name, task in tasks(bag) if task["pool"] not in pools}
    assert idle == {
        ("watch", "watch"),
        ("features", "consistency"),
        *((name, each) for name in ("rollback", "backfill_gold", "replay_quarantine") for each in ("plan", "approve")),
    }


def test_nothing_that_a_person_starts_happens_before_a_person_has_seen_the_plan(bag: dict[str, Any]):
    for name in ("rollback", "backfill_gold", "replay_quarantine"):
        by_id = {task["task_id"]: task for task in bag["dags"][name]["tasks"]}
        last = next(each for each in by_id if each not in ("plan", "approve"))
        assert (by_id["approve"]["after"], by_id[last]["after"]) == (["plan"], ["approve"]), name


def test_a_person_can_have_any_task_run_again(database: dict[str, str]):
    assert answered("again", environment=database)[0] == [path.stem for path in FILES]


def _commands() -> set[str]:
    app = application()
    groups = {f"{group.name} {command.name}" for group in app.registered_groups for command in group.typer_instance.registered_commands}  # type: ignore[union-attr]
    return {str(command.name) for command in app.registered_commands} | groups
