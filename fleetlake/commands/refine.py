"""fleet refine: from bronze to silver."""

import json
import re
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.console import Failure, progress
from fleetlake.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spark_jobs.runs import Intent


def refine(
    once: Annotated[bool, typer.Option("--once", help="Until bronze holds nothing new; then end.")] = False,
    every: Annotated[str, typer.Option(help="Again and again, with this pause: 60s, 15m, 1h.")] = "",
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per run, a line each.")] = False,
) -> None:
    """Decode, judge and deduplicate what bronze has gained: accepted events go to silver, the others to quarantine."""
    if once == bool(every):
        raise Failure("refine once or every so often?", "say `fleet refine --once` or `fleet refine --every 60s`")
    pause_s = seconds(every) if every else 0
    with progress() as shown:
        step = shown.add_task("starting Spark", total=None)
        runs = 0
        for runs, intent in enumerate(_runs(master, pause_s, lambda text: shown.update(step, description=text)), 1):
            shown.stop()  # it takes standard output, too, while it is shown
            print(json.dumps(_told(intent)) if as_json else _sentence(intent), flush=True)
            shown.start()
    if not (runs or as_json):
        print("bronze holds nothing new")


def _runs(master: str, pause_s: float, told: "Callable[[str], None]") -> "Iterator[Intent]":
    from spark_jobs.refine.job import refine as runs
    from spark_jobs.runs import Runs
    from spark_jobs.session import session

    if (finished := Runs(settings().lake_root).finish()) is not None:  # needs no Spark, and whoever waits for silver no Java
        told(f"run {finished} was interrupted: finished")
    spark = session("fleet refine", master or None, stream=False)
    try:
        while True:
            yield from runs(spark, settings().lake_root, told)
            if not pause_s:
                return
            told("waiting for bronze")
            time.sleep(pause_s)
    finally:
        spark.stop()


def seconds(text: str) -> float:
    """60s, 15m or 1h in seconds; raises Failure for anything else."""
    match = re.fullmatch(r"(\d+)(s|m|h)", text)
    if match is None or int(match[1]) == 0:
        raise Failure(f"{text!r} is no pause", "say a number and its unit: 60s, 15m, 1h")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def by_family(counts: "list[dict[str, Any]]") -> dict[str, dict[str, Any]]:
    """A run's counts per family, over all topic-partitions; quarantined in total and by reason."""
    families: dict[str, dict[str, Any]] = {}
    for each in counts:
        family = families.setdefault(
            each["family"], {"rows": 0, "silver": 0, "duplicates": 0, "refined": 0, "quarantined": 0, "reasons": {}}
        )
        for name in ("rows", "silver", "duplicates", "refined"):
            family[name] += each[name]
        for reason, rows in each["quarantined"].items():
            family["quarantined"] += rows
            family["reasons"][reason] = family["reasons"].get(reason, 0) + rows
    return families


def _told(intent: "Intent") -> dict[str, Any]:
    return {"run": intent.run, "kind": intent.kind, "families": by_family(list(map(dict, intent.counts)))}


def _sentence(intent: "Intent") -> str:
    families = by_family(list(map(dict, intent.counts)))
    parts = [f"{family} {each['rows']:,} ({_outcomes(each)})" for family, each in families.items()]
    return f"run {intent.run}: {', '.join(parts)}"


def _outcomes(family: dict[str, Any]) -> str:
    named = {"silver": "silver", "duplicates": "duplicates", "quarantined": "quarantined", "refined": "held before"}
    return ", ".join(f"{family[name]:,} {word}" for name, word in named.items() if family[name])


COMMANDS = {"refine": refine}
