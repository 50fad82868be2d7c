"""fleet build: gold, and features for models, out of released silver."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.metered import metered, noted
from fleetlake.commands.times import day
from fleetlake.console import ERRORS, Failure, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.build.job import Done


@metered("build")
def build(
    layer: Annotated[str, typer.Argument(help="gold, which gold_internal comes with; or features, which models read.")],
    since: Annotated[str, typer.Option(help="Build all days from this one on anew, for example 2026-06-01.")] = "",
    through: Annotated[str, typer.Option(help="Last day that it tells of; default: the last complete one.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Build everything anew, whatever changed.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say which days of which tables would be built, why, and how much that is; write no table.")
    ] = False,
    select: Annotated[list[str] | None, typer.Option(help="Only this model, to try it: what comes of it cannot be released.")] = None,
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Build a layer from released silver: the days that changed, or all. What comes of it is a candidate: fleet check gold, then fleet release gold."""
    from spark_jobs.build.job import SPARK, Wanted
    from spark_jobs.build.job import build as built
    from spark_jobs.build.lock import only_one
    from spark_jobs.build.log import LAYERS
    from spark_jobs.build.told import rows
    from spark_jobs.session import on_demand

    if layer not in LAYERS:
        raise Failure(f"{layer!r} is not built", f"built are {' and '.join(LAYERS)}")
    wanted = Wanted(day(since) if since else None, day(through) if through else None, full, tuple(select or ()), layer=layer)
    lake = settings().lake_root
    with only_one(lake), on_demand(f"fleet build {layer}", master, SPARK) as spark, progress() as shown:
        step = shown.add_task("opening tables", total=None)
        done = built(lake, spark, wanted, lambda text: shown.update(step, description=text), plan=plan)
    _say(done, rows(done), is_plan=plan, as_json=as_json)
    if done.entry:
        noted("what the models are made of", partial(tell_of, done))


def tell_of(done: "Done") -> None:
    """Tells OpenLineage of each model that was built."""
    from spark_jobs.build.lineage import events
    from spark_jobs.lineage.events import emit

    emit(events(done))


def _say(done: "Done", rows: Sequence[Mapping[str, Any]], *, is_plan: bool, as_json: bool) -> None:
    number, layer = done.prepared.state.releases["silver"].number, done.prepared.layer
    days = done.prepared.calendar
    told = {
        "build": done.entry.build if done.entry else None,
        "base": done.prepared.base.build if done.prepared.base else None,
        "silver_release": number,
        "first_day": days.first,
        "last_day": days.last,
        "restated": done.entry.restated if done.entry else 0,
        "artefacts": done.prepared.run.folder,
    }
    if as_json:
        print(json.dumps(told | {"tables": list(rows)}, default=str))
        return
    word = "would be built" if is_plan else f"build {done.entry.build}" if done.entry else "tried"
    show(rows, as_json=False, title=f"{word}: from release {number} of silver, {days.first} to {days.last}")
    if not rows:
        ERRORS.print(f"nothing to build: {layer} was built from this already")
    elif done.entry:
        changed = f"{done.entry.restated:,} published numbers changed (gold.restatements); " if layer == "gold" else ""
        ERRORS.print(f"{changed}next: fleet check {layer}", markup=False)
    ERRORS.print(f"artefacts: {done.prepared.run.folder}", markup=False)


COMMANDS = {"build": build}
