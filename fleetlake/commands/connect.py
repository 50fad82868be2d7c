"""fleet connect: the shared Spark."""

from typing import Annotated

import typer


def connect(
    port: Annotated[int, typer.Option(help="The port that it listens on.")] = 15_002,
    host: Annotated[
        str, typer.Option(help="The address that it listens on. Whoever reaches it may run any code: keep it to this machine.")
    ] = "127.0.0.1",
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER.")] = "",
) -> None:
    """Be a Spark Connect server until stopped; commands that find SPARK_REMOTE=sc://HOST:PORT share it instead of starting a Spark of their own."""
    from spark_jobs.connect import serve

    serve(host, port, master)


COMMANDS = {"connect": connect}
