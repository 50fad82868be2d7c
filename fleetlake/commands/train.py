"""fleet train: models on released features, within a budget."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.metered import metered
from fleetlake.commands.times import moment
from fleetlake.console import ERRORS, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from fleetlake.training.budget import Machine
    from spark_jobs.training.job import Training
    from spark_jobs.training.wanted import Expected, Wanted


@metered("train")
def train(
    name: Annotated[
        str, typer.Argument(help="suggest: which feature will this driver want next; battery: how much health will it have lost.")
    ],
    max_minutes: Annotated[float | None, typer.Option(help="Most that it may take; default: the use case's budget.", min=0)] = None,
    max_cost: Annotated[float | None, typer.Option(help="Most that it may cost, in EUR; default: the use case's budget.", min=0)] = None,
    horizon: Annotated[
        int | None, typer.Option(help="battery: so many days ahead; default: 90, which needs a lake of 215 days.", min=1)
    ] = None,
    weeks: Annotated[int, typer.Option(help="So many weeks, the last ones, are held out and judge the model.", min=1)] = 1,
    since: Annotated[str, typer.Option(help="Leave out labels before, for example 2026-06-01.")] = "",
    rounds: Annotated[int | None, typer.Option(help="Rounds of trees; default: the model's own.", min=1)] = None,
    as_of: Annotated[int | None, typer.Option(help="A release; default: the newest.")] = None,
    resume: Annotated[str, typer.Option(help="Go on from this training run, which was stopped.")] = "",
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what it would take and the largest set that the budget pays for; train nothing.")
    ] = False,
    shuffled: Annotated[
        bool, typer.Option("--shuffled", help="Shuffle the labels: a model that still beats its baseline has found a leak.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Train a model within its budget, beside its baseline. Exit status 1: refused, stopped, no better than the baseline, or better where it must not."""
    from fleetlake.training.machine import this_machine
    from spark_jobs.training.job import Training
    from spark_jobs.training.wanted import expected, wanted

    lake, machine = settings().lake_root, this_machine()
    what = wanted(
        lake,
        name,
        minutes=max_minutes,
        eur=max_cost,
        release=as_of,
        rounds=rounds,
        horizon_days=horizon,
        resume=resume,
        weeks=weeks,
        since=moment(since) if since else None,
        is_shuffled=shuffled,
    )
    foreseen = expected(lake, what, machine, is_plan=plan)
    if plan:
        _say_plan(what, foreseen, machine, as_json=as_json)
        what.budget.refuse(foreseen.estimate, machine, foreseen.largest_rows)
        return
    with progress() as shown:
        step = shown.add_task("", total=None)
        job = Training(
            lake, what, foreseen, machine, lambda text, done, whole: shown.update(step, description=text, completed=done, total=whole)
        )
        row = job.run()
    _say(job, row, as_json=as_json)
    if row["outcome"] != "done" or row["is_better"] == what.is_shuffled:
        raise typer.Exit(1)


def _say_plan(what: "Wanted", foreseen: "Expected", machine: "Machine", *, as_json: bool) -> None:
    size, expected, budget = foreseen.size, foreseen.estimate, what.budget
    told = {
        "examples": size.rows,
        "features": size.features,
        "trees": size.trees,
        "minutes": round(expected.seconds / 60, 3),
        "cost_eur": round(expected.eur, 6),
        "memory_gb": round(expected.memory_bytes / 1e9, 3),
        "largest_set": foreseen.largest_rows,
        "bound_by": foreseen.binds,
        "cores": machine.cores,
        "core_hour_eur": machine.core_hour_eur,
        "rates_of": foreseen.rates.of,
    }
    if as_json:
        print(json.dumps(told))
        return
    show([{"of": name, "is": value} for name, value in told.items()], as_json=False, title=f"fleet train {what.use.name}")
    ERRORS.print(f"the budget is {budget.minutes:g} minutes and EUR {budget.eur:g}", markup=False)


def _say(job: "Training", row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(row, default=str))
        return
    told = json.loads((job.folder / "card.json").read_text(encoding="utf-8"))
    compared = [(name, each) for name, found in told["comparisons"].items() for each in found]
    show([_compared(name, each) for name, each in compared], as_json=False, title=f"{row['training_run']}, on held-out weeks")
    print(_spent(row))
    ERRORS.print(f"the card: {job.folder / 'card.md'}", markup=False)
    if row["outcome"] == "stopped":
        ERRORS.print(f"stopped: {told['stopped']}; fleet train {job.wanted.use.name} --resume {job.id} goes on", markup=False, style="red")
    elif row["is_better"] == job.wanted.is_shuffled:
        word = "beats its baseline although labels were shuffled: look for a leak" if row["is_better"] else "does not beat its baseline"
        ERRORS.print(f"the model {word}", markup=False, style="red")


def _compared(name: str, each: dict[str, Any]) -> dict[str, str]:
    sides = {side: f"{each[side]['value']:.4f} ({each[side]['low']:.4f} to {each[side]['high']:.4f})" for side in ("model", "baseline")}
    gain = each["gain"]
    return {
        "metric": each["metric"],
        "baseline is": name,
        **sides,
        "better by": f"{gain['value']:.1%} ({gain['low']:.1%} to {gain['high']:.1%})",
    }


def _spent(row: dict[str, Any]) -> str:
    return (
        f"{row['rows']:,} examples, {row['trees']:,} trees: {row['seconds']:.1f} s and EUR {row['cost_eur']:.6f}, expected {row['estimated_seconds']:.1f} s and "
        f"EUR {row['estimated_cost_eur']:.6f}"
    )


COMMANDS = {"train": train}
