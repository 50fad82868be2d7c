"""fleet backfill: days of gold anew, from the plan to the release."""

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.build import tell_of as tell_of_models
from fleetlake.commands.check import complain_of
from fleetlake.commands.metered import metered, noted
from fleetlake.commands.release import tell_of
from fleetlake.commands.times import day
from fleetlake.console import ERRORS, Failure, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.backfill import Backfill


@metered("backfill")
def backfill(
    layer: Annotated[str, typer.Argument(help="gold, which gold_internal comes with.")],
    first: Annotated[str, typer.Option("--from", help="First day to build anew, for example 2026-06-01.")],
    last: Annotated[str, typer.Option("--to", help="Last one.")],
    plan: Annotated[
        bool, typer.Option("--plan", help="Say which days of which tables, how many bytes, and what that costs; write nothing.")
    ] = False,
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Build days of gold anew beside what readers see, check them, and release all in one release. Killed, it goes on where it stood."""
    from spark_jobs.backfill import Backfill
    from spark_jobs.build.job import SPARK, Wanted
    from spark_jobs.build.lock import only_one
    from spark_jobs.session import on_demand

    if layer != "gold":
        raise Failure(f"{layer!r} is not built", "fleet backfill gold")
    wanted, lake = Wanted(since=day(first), until=day(last)), settings().lake_root
    with only_one(lake), on_demand("fleet backfill gold", master, SPARK) as spark, progress() as shown:
        step = shown.add_task("opening tables", total=None)
        job = Backfill(lake, spark, wanted, lambda text: shown.update(step, description=text))
        if not as_json or plan:
            _show(job, as_json=as_json)
        if plan:
            return
        if done := job.build():
            noted("what the models are made of", partial(tell_of_models, done))
        report = job.check()
        if report.ok:
            tell_of(job.release(), as_json=as_json)
            return
    complain_of(report)
    raise typer.Exit(1)


def _show(job: "Backfill", *, as_json: bool) -> None:
    expected = {name: value if value is None else round(value, 3) for name, value in asdict(job.estimate).items()}
    if as_json:
        print(json.dumps(expected | {"tables": job.rows}, default=str))
        return
    show(job.rows, as_json=False, title="to be built anew")
    ERRORS.print(", ".join(f"{name} {_text(value)}" for name, value in expected.items()), markup=False)


def _text(value: Any) -> str:
    return "unknown: no build was measured yet" if value is None else f"{value:,}"


COMMANDS = {"backfill": backfill}
