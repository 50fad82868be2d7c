"""Take bills in that somebody put into the inbox, and show them to readers when the gate of silver passed.

**import** takes each new folder of FLEET_INBOX/cost and FLEET_INBOX/recalls as one delivery, and skips the rest when there is none ·
**check** judges silver · **release_silver** pins it, which starts *build_gold*. Every hour; by hand right after a delivery.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.commands import DEFAULTS, SILVER, release, within

with DAG(
    dag_id="costs",
    doc_md=__doc__,
    schedule="@hourly",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=60),
    tags=["silver", "release", "costs"],
):
    bring = BashOperator(task_id="import", bash_command="fleet import inbox", pool="silver")
    check = BashOperator(task_id="check", bash_command="fleet check silver --rows", pool="silver")

    bring >> check >> release("silver", SILVER)
