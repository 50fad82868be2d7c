"""fleet lineage and fleet impact: where tables and columns come from, and who reads them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleetlake.console import ERRORS, Failure, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.lineage.graph import Graph

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]


def lineage(
    table: Annotated[str, typer.Argument(help="For example gold.charging_daily, silver.charging or fleet.charging.")],
    up: Annotated[bool, typer.Option("--up", help="Only what it is made of.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what is made of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a table is made of and what is made of it, step by step, and which job does so."""
    graph = _graph()
    sides = {"up": graph.up(table), "down": graph.down(table)}
    chosen = [name for name, asked in (("up", up), ("down", down)) if asked or up == down]
    rows = [{"side": side, "step": step, "table": name, "by": job} for side in chosen for step, name, job in sides[side]]
    if not rows:
        raise Failure(f"nothing is known of {table}", "fleet tables lists what there is")
    show(rows, as_json=as_json)


def impact(
    column: Annotated[str, typer.Argument(help="layer.table.column, for example silver.charging.energy_wh.")],
    as_json: AsJson = False,
) -> None:
    """Name the columns of models that a column gets into, the exposures and use cases behind them, and the checks and files that mention it."""
    from expectations.contract import contract, contracts
    from expectations.readers import readers
    from fleetlake.training.use_cases import reading

    table, _, name = column.rpartition(".")
    if name not in {each.name for each in contract(table).columns}:
        raise Failure(f"{table} has no column {name!r}", f"fleet describe {table}")
    graph = _graph()
    made = graph.made_of((table, name))
    rows = [{"kind": "column", "name": ".".join(each)} for each in made]
    held = {each for each, _ in made}
    rows += [{"kind": "exposure", "name": each} for each, read in graph.exposures.items() if read & {table, *held}]
    rows += [{"kind": "use case", "name": f"{each.name}, of {each.owner}"} for each in reading([(table, name), *made])]
    rows += [{"kind": "mention", "name": each} for each in readers(table, name, contracts(), Path(__file__).parents[2])]
    show(rows, as_json=as_json, title=f"who reads {column}")
    if not any(table.startswith(("gold", "features")) for (table, _) in graph.columns):
        ERRORS.print("no build has told yet which columns its models are made of: files are found by the words that they use", markup=False)


def _graph() -> "Graph":
    from expectations.contract import contracts
    from spark_jobs.build.dbt import HOME
    from spark_jobs.lineage.events import file
    from spark_jobs.lineage.graph import read

    return read(file(settings()), contracts(), HOME / "models")


COMMANDS = {"lineage": lineage, "impact": impact}
