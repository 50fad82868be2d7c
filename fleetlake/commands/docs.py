"""fleet docs: gold's models, columns, tests, metrics and lineage, as one page."""

from pathlib import Path
from typing import Annotated

import typer

from fleetlake.console import ERRORS, progress
from fleetlake.settings import settings


def docs(
    out: Annotated[Path | None, typer.Argument(help="The page to write; default: gold.html in FLEET_HOME.")] = None,
) -> None:
    """Write dbt's documentation of gold as one page that needs no server: models, columns, metrics, and what is made from what."""
    from spark_jobs.build.dbt import documented

    page = out or settings().home.absolute() / "gold.html"
    with progress() as shown:
        shown.add_task("reading the project", total=None)
        documented(page)
    ERRORS.print(f"{page} ({page.stat().st_size / 1e6:.1f} MB): open it in a browser", markup=False)


COMMANDS = {"docs": docs}
