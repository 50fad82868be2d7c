"""The same commands on a cluster: the work is Spark's, one task for each work item, on all workers."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.cluster import cluster

pytestmark = [pytest.mark.drill, pytest.mark.end_to_end, pytest.mark.timeout(1_800)]


def fleet(*words: object) -> Any:
    return said("fleetlake.cli", *words, "--json")


def said(module: str, *words: object) -> Any:
    """What a module says as JSON on its last line; it must end well."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)], env=dict(os.environ), capture_output=True, text=True, timeout=600, check=False
    )
    assert ended.returncode == 0, ended.stderr[-4_000:]
    return json.loads(ended.stdout.splitlines()[-1])


def tasks(folder: Path) -> dict[int, Counter[str]]:
    """Of each stage, how many tasks every executor ended, as Spark's event log has it."""
    stages: dict[int, Counter[str]] = defaultdict(Counter)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        for line in path.read_text().splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("Event") == "SparkListenerTaskEnd" and event["Task End Reason"]["Reason"] == "Success":
                stages[event["Stage ID"]][event["Task Info"]["Executor ID"]] += 1
    return stages


def test_land_and_refine_on_a_master_with_two_workers_do_the_work_in_its_executors(no_topics, home, tmp_path):
    fleet("topics", "create")
    log = tmp_path / "events"
    log.mkdir()
    with cluster(tmp_path / "cluster") as master:
        for day, refine in (
            (1, lambda: fleet("refine", "--once", "--master", master)),
            (2, lambda: said("tests.end_to_end.clustered", master, log)),
        ):
            fleet("simulate", "--vehicles", 40, "--days", 1, "--seed", day, "--faults", "all", "--truth", tmp_path / f"truth-{day}")
            fleet("land", "--once", "--master", master)
            came = refine()
    assert fleet("audit")["ok"]
    stages = tasks(log)
    print(f"work items {came['items']}; tasks by stage and executor: {dict(stages)}")
    assert came["items"] > 2
    assert came["items"] in {by.total() for by in stages.values()}, "one task for each work item"
    assert {executor for by in stages.values() for executor in by} == {"0", "1"}, "both executors worked, and the driver did not"
