"""Look whether models are served what the events say, each time that gold was released.

**consistency** computes all values of some vehicles again from released silver, by another way than the build; a red run names those that differ.
The seed is the day's, so that each day draws other vehicles.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.commands import DEFAULTS, GOLD, within

with DAG(
    dag_id="features",
    doc_md=__doc__,
    schedule=[GOLD],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=30),
    tags=["gold", "features"],
):
    BashOperator(
        task_id="consistency", bash_command="fleet features consistency --vehicles 20 --seed {{ dag_run.run_after.strftime('%Y%m%d') }}"
    )
