"""Show readers older versions of a layer again, when somebody has seen which and approves. Data stays as it is.

**plan** says which versions readers would see · **approve** waits for a person (*Required actions*) · **rollback** pins them and holds the layer:
no scheduled release replaces it until somebody types `fleet release LAYER --resume`.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

from dags.approvals import approval, planned
from dags.commands import DEFAULTS

LAYERS = ["bronze", "silver", "gold", "features", "ml", "ops"]
ROLLBACK = (
    "fleet rollback {{ params.layer }}{{ ' --to ' ~ params.to if params.to }}{{ ' --with-gold' if params.with_gold }} --note \"$NOTE\""
)

with DAG(
    dag_id="rollback",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS | {"env": DEFAULTS["env"] | {"NOTE": "{{ params.note }}"}},
    tags=["release", "by hand"],
    params={
        "layer": Param("silver", title="Layer", type="string", enum=LAYERS),
        "to": Param(None, title="The release to go back to; none: the one before", type=["null", "integer"], minimum=1),
        "with_gold": Param(True, title="Take gold back, too", type="boolean"),
        "note": Param("rolled back by Airflow", title="What readers should know", type="string", minLength=1, maxLength=200),
    },
):
    rollback = BashOperator(task_id="rollback", bash_command=ROLLBACK, pool="ops")

    planned(f"{ROLLBACK} --dry-run --json") >> approval("Roll {{ params.layer }} back?") >> rollback
