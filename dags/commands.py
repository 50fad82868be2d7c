"""What all DAGs share: how a command is run and tried again, what a release tells, who hears of a run that takes too long. No DAG is in here."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset, Context, DeadlineAlert, DeadlineReference, RetryDecision, RetryPolicy, SyncCallback  # type: ignore[attr-defined]  # its stub does not know them
from airflow.sdk.exceptions import AirflowSkipException

SILVER = Asset(name="silver", uri="x-fleetlake://silver", group="releases")
GOLD = Asset(name="gold", uri="x-fleetlake://gold", group="releases")
FEATURES = Asset(name="features", uri="x-fleetlake://features", group="releases")
ANSWERS = ("exit code 1.", "exit code 2.")  # the command says no, and why; or it is no command


class UnlessAnswered(RetryPolicy):
    """Whoever asks a gate again gets the same answer: only what crashed, or met somebody else at work, is tried again."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None) -> RetryDecision:
        """A failure at once for an answer."""
        if str(exception).endswith(ANSWERS):
            return RetryDecision.fail("the command's answer is no: its last lines say why, and what to do")
        return RetryDecision.default()


DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 4,
    "retry_policy": UnlessAnswered(),
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=5),
    "env": {"FLEET_RUN_ID": "{{ dag.dag_id }}/{{ run_id }}"},  # kept with all that a command writes
    "append_env": True,
}


def release(layer: str, asset: Asset, **more: Any) -> BashOperator:
    """`fleet release LAYER`: the only kind of task that tells others, by an event with the release, its gate run, versions and rows."""
    words = {"task_id": f"release_{layer}", "bash_command": f"fleet release {layer} --json", "pool": layer} | more
    return BashOperator(outlets=[asset], inlets=[asset], output_processor=json.loads, post_execute=tell, **words)


def tell(context: Context, result: Mapping[str, Any]) -> None:
    """Puts a release on the event of the task's asset; skips the task where the asset's newest event has told of it: nothing new came."""
    pins = result["tables"]
    extra = {
        "release": result["release"],
        "gate_run": max(pin["gate run"] for pin in pins),
        "versions": {pin["table"]: pin["version"] for pin in pins},
        "rows": {pin["table"]: pin["rows"] for pin in pins},
    }
    for asset in context["task"].outlets:
        newest = context["inlet_events"][asset].ascending(False).limit(1)  # of any run: one that was killed may have released, and not told
        if any((event.extra or {}).get("release") == extra["release"] for event in newest):
            raise AirflowSkipException(f"release {extra['release']} was told of already: nothing new came since")
        context["outlet_events"][asset].extra = extra


def heard(events: Mapping[Asset, Sequence[Any]]) -> str:
    """The releases that a run was started by; a command takes the newest by itself."""
    numbers = {asset.name: sorted({event.extra["release"] for event in found}) for asset, found in events.items()}
    told = [f"release {', '.join(map(str, found))} of {name}" for name, found in numbers.items() if found]
    return f"after {' and '.join(told)}" if told else "asked for by hand"


def within(minutes: int) -> DeadlineAlert:
    """Somebody hears of a run that has not ended so long after it was queued."""
    told = SyncCallback(overdue, {"minutes": minutes})
    seconds: Any = minutes * 60  # Airflow 3.3.2 takes a timedelta as well, but then no task of such a run can be cleared (TypeError, a 500)
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, seconds, told)


def overdue(minutes: int, context: Mapping[str, Any]) -> None:
    """Says that a run takes too long, and where to look: in Airflow's log, as an error."""
    run = context["dag_run"]
    what = f"{run['dag_id']} has not ended {minutes} min after it was queued"
    logging.getLogger(__name__).error("%s: see which task of %s runs, then fleet status", what, run["dag_run_id"])
