"""fleet watch: does data flow?"""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from fleetlake.console import ERRORS, show
from fleetlake.settings import settings


def watch(as_json: Annotated[bool, typer.Option("--json", help="One JSON object: streams, layers, findings.")] = False) -> None:
    """Look whether data flows: streams that are stuck or behind, silence, stale releases, a full disk. Exit status 1 says what is wrong, and what to do."""
    from spark_jobs.watch.facts import facts, limits_of
    from spark_jobs.watch.findings import findings

    seen = facts(settings(), datetime.now(UTC))
    found = findings(seen, limits_of(settings()))
    streams = [
        {
            "job": each.job,
            "of": each.source,
            "behind": each.behind,
            "idle_s": None if each.idle is None else round(each.idle.total_seconds()),
        }
        for each in seen.streams
    ]
    if as_json:
        print(json.dumps({"streams": streams, "findings": [vars(each) for each in found]}))
    else:
        show(streams, as_json=False, title="streams")
    for each in found:
        ERRORS.print(f"{each.alert}: {each.what}", markup=False, style="red")
        ERRORS.print(f"       {each.remedy}", markup=False)
    if found:
        raise typer.Exit(1)


COMMANDS = {"watch": watch}
