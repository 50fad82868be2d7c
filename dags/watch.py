"""Look every five minutes whether data flows: freshness by the wall clock, lag of the streams, streams that are stuck, disk.

A red run says what is wrong and what to do, a line each. The streams are services: nothing is started or stopped from here.
"""

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.commands import DEFAULTS, within

with DAG(
    dag_id="watch",
    doc_md=__doc__,
    schedule=timedelta(minutes=5),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=10),
    tags=["watch"],
):
    BashOperator(task_id="watch", bash_command="fleet watch")
