"""fleet features: what models may read."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from fleetlake.console import Failure, show

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def listed(group: Annotated[str, typer.Argument(help="Only this group, for example driving.")] = "", as_json: AsJson = False) -> None:
    """List the features that models may read, with unit, window and the consent that each needs."""
    from fleetlake.features import registry

    if group and group not in (groups := dict.fromkeys(each.group for each in registry().values())):
        raise Failure(f"there is no group {group!r}", f"groups are {', '.join(groups)}")
    names = ("name", "group", "unit", "window", "consent", "description")
    found = [each for each in registry().values() if group in ("", each.group)]
    show([asdict(each) if as_json else {name: getattr(each, name) for name in names} for each in found], as_json=as_json)


def describe(name: Annotated[str, typer.Argument(help="A feature, for example distance_km_7d.")], as_json: AsJson = False) -> None:
    """Show all that is declared of a feature."""
    from fleetlake.features.registry import chosen

    (found,) = chosen([name])
    told = asdict(found) | {"column": found.column, "dtype": found.dtype}
    if as_json:
        print(json.dumps(told))
        return
    show([{"of": key, "is": ", ".join(value) if isinstance(value, tuple) else value} for key, value in told.items()], as_json=False)


COMMANDS = {"features list": listed, "features describe": describe}
