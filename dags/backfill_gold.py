"""Build some days of gold anew, when somebody has seen which, and what that costs, and approves.

**plan** says days, bytes and cost · **approve** waits for a person (*Required actions*) · **backfill** builds beside what readers see, checks, and
releases all of it in one release. Killed, it goes on where it stood.
"""

from airflow.sdk import DAG, Param

from dags.approvals import DAY, approval, planned
from dags.commands import DEFAULTS, GOLD, release

BACKFILL = "fleet backfill gold --from {{ params.first }} --to {{ params.last }}"

with DAG(
    dag_id="backfill_gold",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["gold", "release", "by hand"],
    params={
        "first": Param("2026-06-01", title="First day", **DAY | {"type": "string"}),
        "last": Param("2026-06-01", title="Last day", **DAY | {"type": "string"}),
    },
):
    backfill = release("gold", GOLD, task_id="backfill", bash_command=f"{BACKFILL} --json")

    planned(f"{BACKFILL} --plan --json") >> approval("Build {{ params.first }} to {{ params.last }} of gold anew?") >> backfill
