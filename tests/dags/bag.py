"""What Airflow makes of the folder of DAGs, as JSON: in a process of its own, since Airflow and Great Expectations do not share one."""

import json
import sys
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag

HEAVY = {"pyspark", "pandas", "great_expectations", "polars", "deltalake", "duckdb", "spark_jobs", "expectations"}
FOLDER = Path(__file__).parents[2] / "dags"


def facts(folder: Path = FOLDER) -> dict[str, Any]:
    """Errors, warnings, seconds by file, heavy modules that came along, and the DAGs."""
    bag = DagBag(folder, bundle_path=folder, bundle_name="dags-folder")
    return {
        "errors": bag.import_errors,
        "warnings": bag.captured_warnings,
        "seconds": {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats},
        "heavy": sorted(HEAVY & set(sys.modules)),
        "dags": {dag.dag_id: _dag(dag) for dag in bag.dags.values()},
    }


def _dag(dag: Any) -> dict[str, Any]:
    waits = [asset.name for asset in dag.schedule] if isinstance(dag.schedule, list) else []
    plain = {name: getattr(dag, name) for name in ("doc_md", "catchup", "max_active_runs", "fileloc")}
    return plain | {"tags": sorted(dag.tags), "waits": waits, "deadline": bool(dag.deadline), "tasks": [_task(task) for task in dag.tasks]}


def _task(task: Any) -> dict[str, Any]:
    plain = {name: getattr(task, name) for name in ("task_id", "owner", "retries", "pool", "retry_exponential_backoff", "task_type")}
    more = {"command": getattr(task, "bash_command", None), "environment": getattr(task, "env", None)}
    return plain | more | {"outlets": [each.name for each in task.outlets], "after": sorted(task.upstream_task_ids)}


if __name__ == "__main__":
    print(json.dumps(facts()))
