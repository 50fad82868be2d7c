"""Build what models read when gold was released, show it to them when its gate passed, and look whether it is what the events say.

**build** counts the days that changed · **check** judges the candidate · **release_features** pins it, beside whatever gold is shown: the KPIs
wait for none of it. **consistency** then computes all values of some vehicles again from released silver, by another way than the build; a red run names
those that differ. The seed is the day's, so that each day draws other vehicles.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.commands import DEFAULTS, FEATURES, GOLD, heard, release, within

CONSISTENCY = "fleet features consistency --vehicles 20 --seed {{ dag_run.run_after.strftime('%Y%m%d') }}"

with DAG(
    dag_id="features",
    doc_md=__doc__,
    schedule=[GOLD],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=60),
    tags=["features", "release"],
    user_defined_macros={"heard": heard},
):
    build = BashOperator(task_id="build", bash_command="fleet build features", pool="gold")  # one build of a lake at a time
    check = BashOperator(task_id="check", bash_command="fleet check features --rows", pool="gold")
    told = "fleet release features --json --note '{{ heard(triggering_asset_events) }}'"
    consistency = BashOperator(task_id="consistency", bash_command=CONSISTENCY)

    build >> check >> release("features", FEATURES, bash_command=told, pool="gold") >> consistency
