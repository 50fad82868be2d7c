"""`fleet maintain`: few large files, and nothing on disk that nobody can see."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from fleetlake.commands.metered import metered
from fleetlake.console import Failure, progress, show
from fleetlake.settings import settings


@metered("maintain")
def maintain(
    what: Annotated[str, typer.Argument(help="A layer or a table, for example silver or bronze.charging; default: all tables.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done, and how much.")] = False,
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Bring small files together and delete what neither a release nor a reader younger than FLEET_KEEP can see; safe beside running streams."""
    from spark_jobs.maintain.figures import gather_reads, measure
    from spark_jobs.maintain.job import LAYERS, carry_out, due, pins_of, tables
    from spark_jobs.session import session

    lake, keep, now = settings().lake_root, settings().keep, datetime.now(UTC)
    chosen = [name for name in tables(lake) if what in ("", name, name.partition(".")[0])]
    if what and what not in LAYERS and not chosen:
        raise Failure(f"there is no table {what} to maintain", f"the tables are {', '.join(tables(lake)) or 'none yet'}")
    with progress() as shown:
        step = shown.add_task("looking at the tables", total=None)
        pins = pins_of(lake, now - keep)
        found = [due(lake, name, pins, keep, now) for name in chosen]
        if not dry_run:
            carry_out(
                lake,
                lambda: session("fleet maintain", master or None, stream=False),
                found,
                lambda text: shown.update(step, description=text),
            )
            shown.update(step, description="measuring the tables")
            gather_reads(lake)
            measure(lake, tables(lake))
            _forget(what, now - keep)
    show(_rows([one.row for one in found], every="." in what or as_json), as_json=as_json, title="would be done" if dry_run else "done")


def _forget(what: str, before: datetime) -> None:
    """What jobs left in FLEET_HOME: artefacts of builds, which go with gold; events of lineage and logs of Airflow's tasks, with ops."""
    from fleetlake.services.logs import forget as forget_logs
    from spark_jobs.build.dbt import forget as forget_builds
    from spark_jobs.lineage.events import file
    from spark_jobs.lineage.events import forget as forget_events

    if what in ("", "gold"):
        forget_builds(before.timestamp())
    if what in ("", "ops"):
        forget_events(file(settings()), before)
        forget_logs(settings().home / "logs" / "tasks", before.timestamp())


def _rows(rows: list[dict[str, Any]], *, every: bool) -> list[dict[str, Any]]:
    """Those where something is due; all of them when asked for one or by a machine."""
    return [row for row in rows if every or row["merged"] or row["deleted"]]


COMMANDS = {"maintain": maintain}
