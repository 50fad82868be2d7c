"""Judge refused events of a family again by today's contract, when somebody has seen what that brings and approves.

**plan** counts what would be accepted · **approve** waits for a person (*Required actions*) · **replay** brings it home as one run.
The next *release_silver* checks and releases it.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

from dags.approvals import WORD, approval, planned
from dags.commands import DEFAULTS

REPLAY = "fleet replay {{ params.family }}{{ ' --reason ' ~ params.reason if params.reason }}"

with DAG(
    dag_id="replay_quarantine",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["silver", "by hand"],
    params={
        "family": Param("charging", title="Family", type="string", pattern=WORD),
        "reason": Param(None, title="Only events refused for this reason", type=["null", "string"], pattern=WORD),
    },
):
    replay = BashOperator(task_id="replay", bash_command=REPLAY, pool="silver")

    planned(f"{REPLAY} --dry-run --json") >> approval("Replay {{ params.family }}?") >> replay
