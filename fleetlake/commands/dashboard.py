"""fleet dashboard: pages over released tables."""

import json
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from fleetlake.console import Failure


def dashboard(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port of loopback that it listens on; default: a free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="The address that it listens on. There is no password: whoever reaches it reads what is released.")
    ] = "127.0.0.1",
    as_json: Annotated[bool, typer.Option("--json", help="The address as one JSON object on standard output, when it answers.")] = False,
) -> None:
    """Show the pages in a browser, until stopped: fleet, features, operations, interfaces, cost, quality, pipeline, and SQL; released tables only."""
    if find_spec("streamlit") is None:
        raise Failure("Streamlit is not installed", "pip install 'fleetlake[dashboard]'")
    from dashboards.server import serve
    from fleetlake.services.ports import free_port, is_free

    if port and not is_free(port):
        raise Failure(f"port {port} is taken", "leave out --port for a free one, or stop what listens there")
    answer = sys.stdout

    def listening(url: str) -> None:
        print(json.dumps({"url": url}) if as_json else f"{url}    (Ctrl-C stops it)", file=answer, flush=True)

    serve(host, port or free_port(), listening)


COMMANDS = {"dashboard": dashboard}
