"""Services on this machine."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from fleetlake.console import Failure, progress, show

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]
Services = Annotated[list[str] | None, typer.Argument(help="kafka; default: all.")]
SERVICES = ("kafka",)


def up(services: Services = None, as_json: AsJson = False) -> None:
    """Start local services and wait until they answer; those that run already stay as they are."""
    from fleetlake.services import kafka

    require_known(services)
    with progress() as bar:
        task = bar.add_task("Kafka", total=None)
        kafka.up(lambda step: bar.update(task, description=step))
    show(rows(kafka.status(), as_json), as_json=as_json)


def down(services: Services = None, as_json: AsJson = False) -> None:
    """Stop the services of this home, and nothing else."""
    from fleetlake.services import kafka

    require_known(services)
    with progress() as bar:
        bar.add_task("stopping Kafka", total=None)
        was_running = kafka.down()
    show([{"service": "kafka", "stopped": was_running}], as_json=as_json)


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object: services, tables.")] = False) -> None:
    """What runs here and how the tables stand: written and released versions, gates, files; status 1 when a service died or is silent."""
    from fleetlake.overview import overview
    from fleetlake.services import kafka
    from fleetlake.settings import settings

    found, tables = kafka.status(), overview(settings().lake_root)
    if as_json:
        print(json.dumps({"services": [found], "tables": tables}))
    else:
        show(rows(found, as_json), as_json=False)
        show(tables, as_json=False, title=settings().lake_root)
    raise typer.Exit(found["health"] in {"died", "silent"})


def rows(found: Mapping[str, Any], as_json: bool) -> list[Mapping[str, Any]]:
    """A status to show: pid and port are names to people, and take no thousands separators."""
    return [found if as_json else {name: str(value or "") if name in {"pid", "port"} else value for name, value in found.items()}]


def require_known(services: list[str] | None) -> None:
    """Raises Failure for a service that does not exist."""
    for service in services or ():
        if service not in SERVICES:
            raise Failure(f"there is no service {service!r}", f"one of: {', '.join(SERVICES)}")


COMMANDS = {"up": up, "down": down, "status": status}
