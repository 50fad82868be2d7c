"""fleet status: what runs, and how the tables stand."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from fleetlake.console import show
from fleetlake.settings import settings

NAMES = {"pid", "port"}  # numbers that take no thousands separators
WATCH_S = 5


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every few seconds, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: services, tables.")] = False,
) -> None:
    """What runs here and how the tables stand: written and released versions, gates, files; status 1 when a service is not well."""
    from fleetlake.commands.lags import lags, summed
    from fleetlake.overview import overview
    from fleetlake.services.report import ILL, report

    if watch:
        _watch()
    found, tables = report(summed(lags())), overview(settings().lake_root)
    if as_json:
        print(json.dumps({"services": found, "tables": tables}))
    else:
        show(plain(found), as_json=False)
        show(tables, as_json=False, title=settings().lake_root)
    raise typer.Exit(any(each["health"] in ILL for each in found))


def _watch() -> None:
    from rich.console import Group
    from rich.live import Live

    from fleetlake.commands.lags import lags, summed
    from fleetlake.console import table
    from fleetlake.overview import overview
    from fleetlake.services.report import report

    def now() -> Group:
        lake = settings().lake_root
        return Group(table(plain(report(summed(lags())))), table(overview(lake), lake))

    with Live(now(), auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_S)
            live.update(now(), refresh=True)


def plain(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A status to show: pid and port are names to people."""
    return [{name: str(value or "") if name in NAMES else value for name, value in row.items()} for row in rows]


COMMANDS = {"status": status}
