"""Build gold when silver was released, and show it to readers when its gate passed.

**plan** says which days of which tables change, and why · **build** builds them beside what readers see · **check** judges the candidates ·
**release_gold** pins them. Several releases of silver become one build: of the newest.

By hand, *since* builds all days from that one on anew, and *through* names the last day that gold tells of.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

from dags.approvals import DAY
from dags.commands import DEFAULTS, GOLD, SILVER, heard, release, within

BUILD = "fleet build gold{{ ' --since ' ~ params.since if params.since }}{{ ' --through ' ~ params.through if params.through }}"

with DAG(
    dag_id="build_gold",
    doc_md=__doc__,
    schedule=[SILVER],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=120),
    tags=["gold", "release"],
    params={
        "since": Param(None, title="Build anew from this day on", **DAY),
        "through": Param(None, title="Last day that gold tells of", **DAY),
    },
    user_defined_macros={"heard": heard},
):
    plan = BashOperator(task_id="plan", bash_command=f"{BUILD} --plan", pool="gold")
    build = BashOperator(task_id="build", bash_command=BUILD, pool="gold")
    check = BashOperator(task_id="check", bash_command="fleet check gold --rows", pool="gold")
    told = "fleet release gold --json --note '{{ heard(triggering_asset_events) }}'"

    plan >> build >> check >> release("gold", GOLD, bash_command=told)
