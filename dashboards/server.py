"""Serves the pages on loopback: no telemetry, nothing fetched from elsewhere, nothing watched."""

import gc
import os
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from threading import Thread
from typing import Any

from dashboards.theme import options as looks
from fleetlake.services.ports import is_open

APP = Path(__file__).with_name("app.py")
LOOK_S = 0.05


def options(host: str, port: int) -> dict[str, Any]:
    """Streamlit's settings; those of a person's own config.toml do not count against them."""
    return looks() | {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.allowedHosts": [host, "localhost"],  # a page of elsewhere that names itself so (DNS rebinding) gets nothing
        "server.enableWebsocketCompression": False,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": host,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "type",
        "client.disableDataExport": True,  # our own downloads neutralise formulas
        "runner.magicEnabled": False,
        "logger.level": "warning",
    }


def serve(host: str, port: int, listening: Callable[[str], None]) -> None:
    """Serves until it is stopped; `listening` hears the address once somebody answers there. Standard output stays the caller's."""
    from streamlit.web import bootstrap

    warm()
    chosen = options(host, port)
    bootstrap.load_config_options(chosen)
    Thread(target=_announce, args=(host, port, listening), daemon=True).start()
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # it greets there
        bootstrap.run(str(APP), False, [], chosen)


def warm() -> None:
    """Imports what pages need, so that the first one does not wait for that; Streamlit, which looks for garbage after each view, need not look there."""
    import pandas  # noqa: F401  # DuckDB and Streamlit take it at their first answer

    import dashboards.registry  # noqa: F401

    gc.collect()
    gc.freeze()


def _announce(host: str, port: int, listening: Callable[[str], None]) -> None:
    while not is_open(port):
        time.sleep(LOOK_S)
    listening(f"http://{host}:{port}")
