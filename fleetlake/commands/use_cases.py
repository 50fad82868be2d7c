"""fleet use-cases: why models are trained, what they read, and what that costs."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.console import ERRORS, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from fleetlake.training.use_cases import UseCase


def use_cases(as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False) -> None:
    """Show for each use case who answers for it, what it reads, what its trainings cost, and until when it may. Exit status 1: one has expired or is broken."""
    from fleetlake.releases import rows_of
    from fleetlake.training.use_cases import use_cases as known

    runs, today = rows_of(settings().lake_root, "ops.ml_runs")[0], datetime.now(UTC).date()
    rows = [described(use, [run for run in runs if run["use_case"] == use.name], as_json=as_json) for use in known().values()]
    if as_json:
        show(rows, as_json=True)
    for row in [] if as_json else rows:
        show([{"of": name, "is": value} for name, value in row.items()], as_json=False)
    wrong = [said for use in known().values() for said in use.wrong(today)]
    for said in wrong:
        ERRORS.print(said, markup=False, style="red")
    if wrong:
        raise typer.Exit(1)


def described(use: "UseCase", runs: Iterable[Mapping[str, Any]], *, as_json: bool) -> dict[str, Any]:
    """A row of the list; for machines with every column that is read, for people with their number."""
    ordered = sorted(runs, key=lambda run: run["ended_at"])
    good = [run for run in ordered if run["outcome"] == "done" and run["is_better"] and not run["is_shuffled"]]
    columns = sorted(".".join(each) for each in use.columns)
    tables = sorted({table for table, _ in use.columns})
    return {
        "use case": use.name,
        "owner": use.owner,
        "purpose": use.purpose,
        "reads": columns if as_json else f"{len(columns)} columns of {', '.join(tables)}",
        "consents": use.consents if as_json else "; ".join(f"{step}: {', '.join(asked)}" for step, asked in use.consents.items()),
        "model": use.model,
        "trainings": len(ordered),
        "cost_eur": sum((run["cost_eur"] for run in ordered), start=Decimal(0)).normalize(),
        "newest": good[-1]["training_run"] if good else None,
        "better by": round(good[-1]["gain"], 4) if good else None,
        "budget": f"{use.max_minutes:g} min, EUR {use.max_cost_eur:g}",
        "until": use.expires_on,
    }


COMMANDS = {"use-cases": use_cases}
