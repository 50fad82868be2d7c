"""fleet score: predictions of a trained model, as a table that is checked and released like any other."""

import json
from typing import Annotated

import typer

from fleetlake.commands.metered import metered
from fleetlake.commands.times import day as day_of
from fleetlake.console import ERRORS, Failure, progress, show
from fleetlake.settings import settings


@metered("score")
def score(
    name: Annotated[str, typer.Argument(help="suggest: what the assistant offers each driver at each hour of a day.")],
    day: Annotated[str, typer.Option(help="The day, for example 2026-06-29; default: the day after the newest features were known.")] = "",
    run: Annotated[str, typer.Option(help="The training run whose model answers; default: the newest one that beat its baseline.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Write what a trained model predicts, with the ids of model and features: a candidate, until fleet check ml and fleet release ml."""
    from fleetlake.training import store
    from spark_jobs.training import scores

    if name != "suggest":
        raise Failure(f"nothing is scored for {name!r}", "fleet score suggest")
    lake = settings().lake_root
    model = store.load(store.folder_of(name, run) if run else store.newest(name))
    with progress() as shown:
        shown.add_task("reading features and asking the model", total=None)
        told = scores.score(lake, model, day_of(day) if day else scores.newest_day(lake))
    if as_json:
        print(json.dumps(told, default=str))
        return
    show([told], as_json=False)
    ERRORS.print("a candidate: fleet check ml, then fleet release ml", markup=False)


COMMANDS = {"score": score}
