"""What a DAG makes of a command's answer: who is told, what is skipped, what is tried again. A script stands in for `fleet`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import answered

FLEET = """#!/bin/sh
cd {folder}
case "$1" in
  release) read -r status said < answers; sed -i 1d answers; echo "$said"; exit "$status" ;;
esac
"""


@pytest.fixture
def stand_in(database: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Airflow's environment, with a `fleet` that says of each release what the file `answers` has, line by line."""
    script = tmp_path / "fleet"
    script.write_text(FLEET.format(folder=tmp_path))
    script.chmod(0o755)
    return database | {"PATH": f"{tmp_path}:{database['PATH']}"}


def answer(release: int) -> str:
    """What `fleet release silver --json` says."""
    pins = [{"table": name, "version": release, "rows": 10 * release, "gate run": run} for name, run in (("silver.a", 3), ("silver.b", 4))]
    return json.dumps({"release": release, "tables": pins})


def event(release: int) -> dict[str, Any]:
    versions, rows = ({"silver.a": each, "silver.b": each} for each in (release, 10 * release))
    return {"asset": "silver", "release": release, "gate_run": 4, "versions": versions, "rows": rows}


def test_a_release_is_told_of_once_and_what_is_nothing_new_is_skipped(stand_in: dict[str, str], tmp_path: Path):
    answers = (f"0 {answer(7)}", f"0 {answer(7)}", "99 no table yet", "1 it did not pass", f"0 {answer(9)}")
    (tmp_path / "answers").write_text("\n".join(answers))
    runs, said = answered("run", "costs", str(len(answers)), environment=stand_in)
    assert [each["tasks"]["release_silver"] for each in runs] == ["success", "skipped", "skipped", "failed", "success"]
    assert [each["state"] for each in runs] == ["success", "success", "success", "failed", "success"]
    assert [each["events"] for each in runs] == [*[[event(7)]] * 4, [event(7), event(9)]]
    assert "release 7 was told of already: nothing new came since" in said
    assert "the command's answer is no" in said, "a gate would be asked again"
