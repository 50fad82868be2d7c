"""fleet maintain, as the nightly DAG types it."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleetlake.cli import application


@pytest.mark.parametrize(("layer", "stays"), [("ops", False), ("gold", True)])
def test_what_jobs_left_in_the_home_goes_with_a_layer(home: Path, layer: str, stays: bool):
    log = home / "logs" / "tasks" / "dag_id=watch" / "run_id=old" / "task_id=watch" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    log.write_text("said")
    os.utime(log, (100, 100))
    assert CliRunner().invoke(application(["maintain"]), ["maintain", layer, "--dry-run"]).exit_code == 0
    assert log.exists()
    assert CliRunner().invoke(application(["maintain"]), ["maintain", layer]).exit_code == 0
    assert log.exists() is stays
