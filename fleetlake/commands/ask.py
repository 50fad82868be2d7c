"""fleet ask: what the semantic YAML of gold defines, asked of a release."""

from pathlib import Path
from typing import Annotated

import typer

from fleetlake.console import show


def ask(
    names: Annotated[list[str] | None, typer.Argument(help="Metrics, for example monthly_active_vehicles; none: list them all.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="day, week, month, feature_id …; may be said more than once.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="MetricFlow's filter: \"{{ Dimension('usage__feature_id') }} = 'seat_heating'\".")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="So many rows at most.")] = None,
    as_of: Annotated[str, typer.Option(help="A release, or a time: 42, 2026-06-01, 2026-06-01T12:00:00Z.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Print the SQL instead of asking it.")] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet; default: as --out ends, or else table.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Ask released gold for metrics by name: each is defined once, beside its model, and MetricFlow makes the SQL."""
    from fleetlake.readers.metrics import Metrics
    from fleetlake.readers.output import form_of, write
    from fleetlake.readers.queries import answered
    from spark_jobs.build.dbt import semantics

    known, chosen = Metrics(semantics()), form_of("json" if as_json else form, out)
    if not names:
        show(known.rows(), as_json=as_json, title="metrics of gold")
        return
    query = known.sql(names, by or ["day"], where or (), limit)
    if explain:
        print(query)
        return
    with answered(query, as_of or None) as (relation, _):
        write(relation, chosen, out)


COMMANDS = {"ask": ask}
