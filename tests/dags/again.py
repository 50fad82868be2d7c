"""Starts a run of each DAG and clears its tasks, as a person does who has them run again; prints the DAGs as JSON: `python -m tests.dags.again`."""

import json
from datetime import UTC, datetime

from airflow.api.common.trigger_dag import trigger_dag
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.taskinstance import TaskInstance, clear_task_instances
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select

from tests.dags.bag import FOLDER


def cleared(dag_id: str) -> str:
    """The DAG, when its tasks may run again."""
    trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.TEST, run_after=datetime.now(UTC))
    with create_session() as session:
        tasks = session.scalars(select(TaskInstance).where(TaskInstance.dag_id == dag_id)).all()
        assert tasks
        clear_task_instances(list(tasks), session)
    return dag_id


if __name__ == "__main__":
    bag = DagBag(FOLDER, bundle_path=FOLDER, bundle_name="dags-folder")
    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(bag, "dags-folder", None)
    print(json.dumps([cleared(dag_id) for dag_id in sorted(bag.dags)]))
