"""fleet refine: from bronze to silver."""

import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.metered import metered
from fleetlake.console import ERRORS, Failure, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.runs import Intent

SECONDS = {"s": 1, "m": 60, "h": 3600}
SAID = {"silver": "silver", "duplicates": "duplicates", "quarantined": "quarantined", "refined": "refined before"}


@metered("refine")
def refine(
    once: Annotated[bool, typer.Option("--once", help="Until bronze holds nothing new; then end.")] = False,
    every: Annotated[str, typer.Option(help="Again and again, with this pause: 60s, 15m, 1h.")] = "",
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Decode, judge and deduplicate what bronze has gained: accepted events go to silver, the others to quarantine."""
    if once == bool(every):
        raise Failure("refine once, or every so often?", "say `fleet refine --once` or `fleet refine --every 60s`")
    pause_s = seconds(every) if every else None
    counts: list[Mapping[str, Any]] = []
    signal.signal(signal.SIGTERM, _end)
    with suppress(KeyboardInterrupt), progress() as shown:
        step = shown.add_task("starting Spark", total=None)
        for intent in _runs(master, pause_s, lambda text: shown.update(step, description=text)):
            ERRORS.print(_sentence(intent), markup=False)
            counts += intent.counts if once else []
    families = by_family(counts)
    show(families if as_json else [each | {"reasons": _listed(each["reasons"])} for each in families], as_json=as_json, title="refined")


def _end(number: int, frame: FrameType | None) -> None:
    """Gives the session back to a server that goes on; a second SIGTERM ends at once, for there may be no server any more."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt


def _runs(master: str, pause_s: float | None, told: Callable[[str], None]) -> "Iterator[Intent]":
    from fleetlake.services import beat
    from spark_jobs.refine.job import refine as runs
    from spark_jobs.session import session

    spark = session("fleet refine", master or None, stream=False)
    try:
        yield from runs(spark, settings().lake_root, told)
        while pause_s is not None:
            told("waiting for bronze")
            beat.sleep("refine", pause_s)
            yield from runs(spark, settings().lake_root, told)
    finally:
        spark.stop()


def seconds(interval: str) -> float:
    """60s, 15m or 1h in seconds; raises Failure for anything else."""
    match = re.fullmatch(r"([1-9]\d*)([smh])", interval)
    if match is None:
        raise Failure(f"{interval!r} is no interval", "say a number and its unit: 60s, 15m, 1h")
    return int(match[1]) * SECONDS[match[2]]


def by_family(counts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Counts of topic-partitions, summed up per family; quarantined in total and by reason."""
    families: dict[str, dict[str, Any]] = {}
    for each in counts:
        family = families.setdefault(each["family"], {"family": each["family"], "rows": 0, **dict.fromkeys(SAID, 0), "reasons": {}})
        for name in ("rows", "silver", "duplicates", "refined"):
            family[name] += each[name]
        for reason, rows in each["quarantined"].items():
            family["quarantined"] += rows
            family["reasons"][reason] = family["reasons"].get(reason, 0) + rows
    return [family for _, family in sorted(families.items())]


def _sentence(intent: "Intent") -> str:
    families = by_family(intent.counts)
    total = {name: sum(each[name] for each in families) for name in ("rows", *SAID)}
    return f"run {intent.run}: {total['rows']:,} rows of {len(families)} families: {_outcomes(total)}"


def _outcomes(family: Mapping[str, Any]) -> str:
    return ", ".join(f"{family[name]:,} {word}" for name, word in SAID.items() if family[name])


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {rows:,}" for reason, rows in reasons.items())


COMMANDS = {"refine": refine}
