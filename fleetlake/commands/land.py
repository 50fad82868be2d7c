"""Land: from Kafka into bronze."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from fleetlake.commands.metered import metered
from fleetlake.console import ERRORS, Failure, show

if TYPE_CHECKING:
    from spark_jobs.land.lander import Batch

SECONDS = {"s": 1, "m": 60, "h": 3600}
Once = Annotated[bool, typer.Option("--once", help="Land what is there now, then end; default: run until stopped.")]
Every = Annotated[str, typer.Option("--every", help="How often to look for new records: 30s, 5m.")]
MaxOffsets = Annotated[int, typer.Option("--max-offsets", min=1, help="Records per batch at most; each batch is one commit per table.")]
Accepted = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-topic",
        help="Give up what this topic has lost or what it was before it was re-created, and begin anew where its log begins.",
    ),
]
Master = Annotated[str | None, typer.Option("--master", help="Spark master; default: FLEET_MASTER.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]


@metered("land")
def land(
    once: Once = False,
    every: Every = "30s",
    max_offsets: MaxOffsets = 5_000_000,
    accept_topic: Accepted = None,
    master: Master = None,
    as_json: AsJson = False,
) -> None:
    """Land every record of the fleet's topics in bronze, each exactly once; nothing is rejected."""
    from fleetlake.services.beat import beat
    from fleetlake.settings import settings
    from spark_jobs.land.lander import Lander
    from spark_jobs.land.stream import SESSION, Stream, stopped_by_signals
    from spark_jobs.session import session

    interval = None if once else seconds(every)
    landed = Landed()
    lander = Lander(settings().lake_root, landed.add, accept_topic or ())
    with ERRORS.status("starting Spark"):
        spark = session("fleet land", master, SESSION)
    stream = Stream(spark, lander, max_offsets=max_offsets, every_s=interval, looked=lambda: beat("land"))
    try:
        with stopped_by_signals(stream):
            stream.run()
    finally:
        spark.stop()
    show(landed.rows(), as_json=as_json, title="landed")


class Landed:
    """What a run of land brought, by topic; says a line for each batch."""

    def __init__(self) -> None:
        self._topics: dict[str, dict[str, int]] = {}

    def add(self, batch: "Batch") -> None:
        """Counts a batch and says what it brought."""
        for name, rows in batch.rows.items():
            topic = self._topics.setdefault(name, {"rows": 0, "body_bytes": 0, "batches": 0})
            topic["rows"] += rows
            topic["body_bytes"] += batch.bytes[name]
            topic["batches"] += 1
        megabytes = sum(batch.bytes.values()) / 1e6
        speed = f"{megabytes:,.1f} MB in {batch.seconds:.1f} s ({megabytes / batch.seconds:,.1f} MB/s)"
        ERRORS.print(f"batch {batch.number}: {sum(batch.rows.values()):,} rows, {speed}, {batch.lag:,} to go", markup=False)

    def rows(self) -> list[dict[str, str | int]]:
        """One row a topic that had something new."""
        return [{"topic": name, **counts} for name, counts in sorted(self._topics.items())]


def seconds(interval: str) -> float:
    """30s, 5m or 1h in seconds. Raises Failure for anything else."""
    match = re.fullmatch(r"(\d+)([smh])", interval)
    if not match:
        raise Failure(f"--every {interval}: not a time span", "a number and s, m or h, for example 30s")
    return int(match[1]) * SECONDS[match[2]]


COMMANDS = {"land": land}
