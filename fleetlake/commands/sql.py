"""fleet sql: questions to the released tables."""

from pathlib import Path
from typing import Annotated

import typer


def sql(
    query: Annotated[str, typer.Argument(help="One question: select … from silver.charging. None: ask for many, with history.")] = "",
    as_of: Annotated[str, typer.Option(help="A release, or a time: 42, 2026-06-01, 2026-06-01T12:00:00Z.")] = "",
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet; default: as --out ends, or else table.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    internal: Annotated[bool, typer.Option("--internal", help="Show gold_internal and features too, which know single vehicles.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Ask the released tables of the lake in SQL; one question sees one release."""
    from fleetlake.readers.output import form_of, write
    from fleetlake.readers.queries import answered
    from fleetlake.readers.shell import Shell

    chosen = form_of("json" if as_json else form, out)
    if not query:
        raise typer.Exit(0 if Shell(chosen, as_of or None, internal=internal).run() else 1)
    with answered(query, as_of or None, internal=internal) as (relation, _):
        write(relation, chosen, out)


COMMANDS = {"sql": sql}
