"""Runs one DAG in this process, as `dag.test()` does, and prints what became of it as JSON: `python -m tests.dags.run DAG [CONF]`."""

import json
import sys
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from sqlalchemy import select

from tests.dags.bag import FOLDER


def outcome(name: str, conf: dict[str, Any]) -> dict[str, Any]:
    """The run's state, those of its tasks, and the events of assets that there are then, oldest first."""
    bag = DagBag(FOLDER, bundle_path=FOLDER, bundle_name="dags-folder")
    dag = bag.dags[name]
    dag.deadline = []  # without a database behind it, dag.test() of 3.3.2 takes a deadline for the id of one
    run = dag.test(run_conf=conf)
    with create_session() as session:
        found = session.execute(
            select(AssetModel.name, AssetEvent.extra).join(AssetEvent, AssetEvent.asset_id == AssetModel.id).order_by(AssetEvent.id)
        )
        events = [{"asset": asset, **extra} for asset, extra in found]
        states = {task.task_id: str(task.state) for task in run.get_task_instances(session=session)}
    return {"run": run.run_id, "state": str(run.state), "tasks": states, "events": events}


if __name__ == "__main__":
    print(json.dumps(outcome(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})))
