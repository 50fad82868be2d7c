"""fleet backfill: days of gold anew, from the plan to the release."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer

from fleetlake.commands.build import tell_of as tell_of_models
from fleetlake.commands.check import complain_of
from fleetlake.commands.metered import metered, noted
from fleetlake.commands.release import tell_of
from fleetlake.commands.times import day
from fleetlake.console import ERRORS, Failure, progress, show
from fleetlake.settings import settings


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
        expected, rows = asdict(job.estimate), job.rows
        if not plan:
            if not as_json:
                _say(expected, rows, as_json=False)
            done = job.build()
            report = job.check()
            released = job.release() if report.ok else None
    if plan:
        _say(expected, rows, as_json=as_json)
        return
    if done:
        noted("what the models are made of", partial(tell_of_models, done))
    if released is None:
        complain_of(report)
        raise typer.Exit(1)
    tell_of(released, as_json=as_json)


def _say(expected: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    rounded = {name: value if value is None else round(value, 3) for name, value in expected.items()}
    if as_json:
        print(json.dumps(rounded | {"tables": list(rows)}, default=str))
        return
    show(rows, as_json=False, title="to be built anew")
    ERRORS.print(", ".join(f"{name} {_text(value)}" for name, value in rounded.items()), markup=False)


def _text(value: Any) -> str:
    return "unknown: no build was measured yet" if value is None else f"{value:,}"


COMMANDS = {"backfill": backfill}
