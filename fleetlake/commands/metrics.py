"""fleet metrics: for Prometheus."""

from contextlib import suppress
from typing import Annotated

import typer

from fleetlake.console import ERRORS
from fleetlake.settings import settings


def metrics(
    port: Annotated[int, typer.Option(help="Serve them on this port of loopback until stopped; default: print them once.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Show how services, streams, gates and releases are, as Prometheus reads it."""
    from prometheus_client import generate_latest, start_http_server

    from fleetlake.commands.lags import lags
    from fleetlake.metrics import registry
    from fleetlake.services.report import report

    found = registry(settings().lake_root, lambda: report({}), lags)
    if not port:
        print(generate_latest(found).decode(), end="")
        return
    _, serving = start_http_server(port, host, found)
    ERRORS.print(f"http://{host}:{port}/metrics", markup=False)
    with suppress(KeyboardInterrupt):
        serving.join()


COMMANDS = {"metrics": metrics}
