"""fleet kpis: one page out of released gold."""

import json
from typing import Annotated

import typer

from fleetlake.commands.times import day as chosen
from fleetlake.console import ERRORS, show

TITLES = {"use": "who uses what", "operations": "how well it works", "costs": "what a unit costs, in EUR"}


def kpis(
    day: Annotated[str, typer.Option(help="Day, as 2026-06-01; default: the newest one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Show a day's KPIs and unit costs out of released gold, with the release that they come from; small groups of vehicles are withheld."""
    from fleetlake.kpis import page, shown

    found = page(chosen(day) if day else None)
    release = {"day": found.day, "release": found.gold.number, "released_at": found.gold.at, "built_from": found.gold.built_from}
    if as_json:
        print(json.dumps(release | found.sections, default=str))
        return
    print(
        f"KPIs of {found.day}: release {found.gold.number} of gold ({found.gold.at:%Y-%m-%d %H:%M} UTC), built from release {found.gold.built_from} of silver"
    )
    for section, rows in found.sections.items():
        show(shown(rows), as_json=False, title=TITLES[section])
    if found.gold.withdrawn:
        ERRORS.print(f"release {found.gold.withdrawn} of silver was withdrawn since", style="yellow")


COMMANDS = {"kpis": kpis}
