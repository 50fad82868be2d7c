"""Keep the lake small and quick, each night: few large files, clustered by vehicle, and nothing on disk that nobody can see.

Versions that a release pins, and those that a reader younger than FLEET_KEEP may have open, stay. With gold go artefacts of
builds that are as old, with ops logs of tasks and events of lineage. No row changes; it runs beside the streams.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, chain

from dags.commands import DEFAULTS, within

with DAG(
    dag_id="maintain",
    doc_md=__doc__,
    schedule="30 2 * * *",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=240),
    tags=["maintenance"],
):
    chain(
        BashOperator(task_id="bronze", bash_command="fleet maintain bronze", pool="bronze"),
        BashOperator(task_id="silver", bash_command="fleet maintain silver", pool="silver"),
        BashOperator(task_id="gold", bash_command="fleet maintain gold", pool="gold"),
        BashOperator(task_id="gold_internal", bash_command="fleet maintain gold_internal", pool="gold"),
        BashOperator(task_id="features", bash_command="fleet maintain features", pool="gold"),
        BashOperator(task_id="ml", bash_command="fleet maintain ml", pool="ops"),
        BashOperator(task_id="ops", bash_command="fleet maintain ops", pool="ops"),
    )
