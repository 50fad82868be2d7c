"""Runs a DAG in this process some times, as `dag.test()` does, and prints what became of each run as JSON: `python -m tests.dags.run DAG TIMES`."""

import json
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from sqlalchemy import select

from tests.dags.bag import FOLDER


def outcome(dag: Any) -> dict[str, Any]:
    """The run's state, those of its tasks, and the events of assets that there are then, oldest first."""
    run = dag.test()
    with create_session() as session:
        found = session.execute(
            select(AssetModel.name, AssetEvent.extra).join(AssetEvent, AssetEvent.asset_id == AssetModel.id).order_by(AssetEvent.id)
        )
        events = [{"asset": asset, **extra} for asset, extra in found]
        states = {task.task_id: str(task.state) for task in run.get_task_instances(session=session)}
    return {"run": run.run_id, "state": str(run.state), "tasks": states, "events": events}


def parsed(name: str) -> Any:
    """A DAG of ours."""
    dag = DagBag(FOLDER, bundle_path=FOLDER, bundle_name="dags-folder").dags[name]
    dag.deadline = []  # without a database behind it, dag.test() of 3.3.2 takes a deadline for the id of one
    return dag


if __name__ == "__main__":
    dag = parsed(sys.argv[1])
    print(json.dumps([outcome(dag) for _ in range(int(sys.argv[2]))]))
