"""`fleet import`: bills and recall campaigns come as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.metered import metered
from fleetlake.console import ERRORS, Early, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.imports.job import Came

Files = Annotated[list[Path], typer.Argument(help="CSV (also .csv.gz) or Parquet files that belong together: one delivery.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]


@metered("import")
def cost(files: Files, as_json: AsJson = False) -> None:
    """Import bills: FOCUS 1.0 to 1.3. A billing period that is delivered again replaces the older one; the same files again change nothing."""
    _bring("cost", files, as_json)


@metered("import")
def recalls(files: Files, as_json: AsJson = False) -> None:
    """Import recall campaigns (nhtsa_id, make, model, model_year; 9999 is an unknown year). A campaign that comes again replaces the older one."""
    _bring("recalls", files, as_json)


@metered("import")
def inbox(as_json: AsJson = False) -> None:
    """Import every folder of FLEET_INBOX/cost and FLEET_INBOX/recalls, each as one delivery, and put it into `taken` beside them. Exit status 99: none."""
    from spark_jobs.imports.inbox import deliveries, put_away

    came = []
    for delivery in deliveries(settings().inbox_root):
        came.append(_row(_brought(delivery.kind, list(delivery.files))) | {"from": delivery.folder.name})
        put_away(delivery)
    show(came, as_json=as_json, title="imported")
    if not came:
        raise typer.Exit(Early.status)


def _bring(kind: str, files: list[Path], as_json: bool) -> None:
    came = _brought(kind, files)
    show([_row(came)], as_json=as_json, title="imported" if came.is_new else "was imported before: nothing changed")
    if came.is_new and came.facts["quarantined"] and not as_json:
        ERRORS.print("what was refused is in silver.import_quarantine; the gate of silver says whether it is too much", markup=False)


def _brought(kind: str, files: list[Path]) -> "Came":
    from spark_jobs.imports.job import bring
    from spark_jobs.imports.kinds import KINDS

    with progress() as shown:
        step = shown.add_task("reading", total=None)
        return bring(settings().lake_root, KINDS[kind], files, lambda text, rows: shown.update(step, description=text, advance=rows))


def _row(came: "Came") -> dict[str, Any]:
    names = ("import", "kind", "delivered", "accepted", "quarantined", "replaced", "billed_cost")
    reasons = ", ".join(f"{reason} {rows:,}" for reason, rows in sorted(came.reasons.items()))
    return {name: came.facts[name] for name in names} | {"is_new": came.is_new, "reasons": reasons}


COMMANDS = {"import cost": cost, "import recalls": recalls, "import inbox": inbox}
