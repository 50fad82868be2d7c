"""Show readers what has come to silver, when nothing was lost and the gates of bronze and silver passed.

**audit** proves that Kafka and the tables agree · **maintain** brings small files of silver together · **check_bronze**, **check_silver** judge
what changed since the last release · **release_bronze**, **release_silver** pin what passed, which starts *build_gold*.

A pink task had nothing to do: no table yet, or nothing new. A red one names the rows and the remedy in its log; readers still see the release
before. After the fix the next run releases.
Every FLEET_RELEASE_EVERY (15 minutes). With FLEET_STREAMS=tasks it lands and refines first, where no services do.
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.commands import DEFAULTS, SILVER, release, within
from fleetlake.settings import settings

with DAG(
    dag_id="release_silver",
    doc_md=__doc__,
    schedule=settings().release_every,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    deadline=within(minutes=45),
    tags=["silver", "release"],
):
    audit = BashOperator(task_id="audit", bash_command="fleet audit", pool="ops")
    maintain = BashOperator(task_id="maintain", bash_command="fleet maintain silver", pool="silver")
    check_bronze = BashOperator(task_id="check_bronze", bash_command="fleet check bronze", pool="bronze")
    check_silver = BashOperator(task_id="check_silver", bash_command="fleet check silver --rows", pool="silver")
    release_bronze = BashOperator(task_id="release_bronze", bash_command="fleet release bronze", pool="bronze")

    audit >> maintain >> [check_bronze, check_silver] >> release_bronze >> release("silver", SILVER)

    if settings().streams == "tasks":
        land = BashOperator(task_id="land", bash_command="fleet land --once", pool="bronze")
        refine = BashOperator(task_id="refine", bash_command="fleet refine --once", pool="silver")
        land >> refine >> audit
