"""`fleet reprocess`: rows that should not have been accepted are judged anew."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from fleetlake.commands.quarantine import require_known
from fleetlake.commands.times import moment
from fleetlake.console import Failure, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.reprocess import Asked, Came


def reprocess(
    family: Annotated[str, typer.Argument(help="The family whose accepted events are judged anew.")],
    since: Annotated[str, typer.Option("--from", help="Events received at or after this moment: 2026-06-01 or 2026-06-01T12:00:00Z.")],
    until: Annotated[str, typer.Option("--to", help="And before this one.")],
    plan: Annotated[bool, typer.Option("--plan", help="Say what would happen; write nothing.")] = False,
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Take rows out of silver that were wrongly accepted, and judge them anew from bronze by today's contract, as one run."""
    from spark_jobs.reprocess import Asked

    require_known(family)
    asked = Asked(family, moment(since), moment(until))
    if asked.since >= asked.until:
        raise Failure(f"nothing is received from {since} on and before {until}", "--from is the earlier moment")
    with progress() as shown:
        step = shown.add_task("starting Spark", total=None)
        run, came = _judged(asked, plan, master, lambda text: shown.update(step, description=text))
    reasons = ", ".join(f"{reason} {rows}" for reason, rows in came.quarantined.items())
    counts = {"taken": came.taken, "followers": came.followers, "accepted": came.accepted, "duplicates": came.duplicates}
    row = {"run": run, "family": family, **counts, "quarantined": sum(came.quarantined.values()), "reasons": reasons}
    show([row], as_json=as_json, title="what would happen" if plan else "")


def _judged(asked: "Asked", plan: bool, master: str, told: Callable[[str], None]) -> "tuple[int | None, Came]":
    from spark_jobs import reprocess as job
    from spark_jobs.session import session

    spark = session("fleet reprocess", master or None, stream=False)
    try:
        lake = settings().lake_root
        return (None, job.rehearse(spark, lake, asked, told)) if plan else job.reprocess(spark, lake, asked, told)
    finally:
        spark.stop()


COMMANDS = {"reprocess": reprocess}
