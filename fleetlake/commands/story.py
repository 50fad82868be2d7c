"""The demo's story: what passes is released; a batch that no row rule catches is caught by the gate, taken back and judged anew; then gold, and a model."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fleetlake.commands.shell import Shell
from fleetlake.console import ERRORS

UNKNOWN = "teleportation"  # a feature that no catalogue knows; as text it keeps every rule of the contract
GOOD, BAD = 12, 5
SMALLEST_CELL = "3"
PLANTED = "select feature_id, count(*) as uses from silver.feature_usage where event_id like 'planted%' group by 1"
RULE = f"""\
    quality:
      - type: custom
        engine: fleetlake
        name: feature_is_sold
        description: Nobody sells this feature; its sender was corrected.
        implementation: feature_id <> '{UNKNOWN}'
"""


def released(run: Shell, end: datetime) -> None:
    """Checks and releases what has landed; the simulated days are over at `end`."""
    _say("Great Expectations judges every table; what passes is released, and readers see nothing else")
    for layer in ("bronze", "silver"):
        run("check", layer, *_now(end))
        run("release", layer)


def plant(run: Shell, home: Path, end: datetime) -> None:
    """Sends a bad batch."""
    _say(f"{GOOD} good events come, and {BAD} of a feature that no catalogue knows: every rule for a row holds")
    run("send", "--from", "cloudevents", planted(home / "planted.jsonl", newest_use(run), end))


def mend(run: Shell, home: Path, end: datetime) -> None:
    """The gate refuses the bad batch, readers do not see it; then it is taken back and judged anew."""
    run("check", "silver", "--rows", *_now(end), status=1)
    _say("the gate failed: no release, and readers still see the one before")
    run("release", "silver", status=1)
    run("sql", PLANTED)
    _say("the fix: a rule in the contract; the rows that it would have refused are taken out of silver and judged anew")
    run.export("FLEET_CONTRACTS", str(mended(home / "contracts")))
    run("reprocess", "feature_usage", "--from", _text(end), "--to", _text(end + timedelta(hours=1)))
    run("audit")
    run("check", "silver", *_now(end))
    run("release", "silver")
    run("sql", PLANTED)


def gold(run: Shell, end: datetime) -> None:
    """Builds gold from what is released, checks and releases it, and shows a page of it: the last simulated day's."""
    _say("dbt makes gold out of released silver; the simulated days are over, though some events came weeks later")
    run.export("FLEET_SMALLEST_CELL", SMALLEST_CELL, "a small fleet: by default values over fewer than 20 vehicles are withheld")
    run("build", "gold", "--through", (end - timedelta(days=1)).date())
    run("check", "gold", *_now(end))
    run("release", "gold")
    run("kpis")


def model(run: Shell, end: datetime) -> None:
    """Builds, checks and releases what models read, and trains the assistant's model on it, within a budget and beside its baseline."""
    _say(
        "what was known of each vehicle after each day becomes a table of features; a model learns from it which feature a driver wants next"
    )
    run("build", "features", "--through", (end - timedelta(days=1)).date())
    run("check", "features", *_now(end))
    run("release", "features")
    run("train", "suggest", "--max-minutes", 30, "--max-cost", "5.00")


def planted(path: Path, like: dict[str, Any], at: datetime) -> Path:
    """A file of CloudEvents of the vehicle of an event that silver holds, one a second."""
    events = [_event(number, at + timedelta(seconds=1 + number), like) for number in range(GOOD + BAD)]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def mended(folder: Path) -> Path:
    """The contracts with one rule more."""
    from expectations.contract import HOME

    shutil.copytree(HOME, folder)
    path = folder / "silver" / "feature_usage.odcs.yaml"
    path.write_text(path.read_text().replace("    quality:\n", RULE, 1).replace("version: 1.0.0", "version: 1.1.0", 1))
    return folder


def newest_use(run: Shell) -> dict[str, Any]:
    """Vehicle and boot of the last use of a feature that readers see."""
    facts = "vehicle_key, model, market, sw_version, boot_id, sequence"
    found: dict[str, Any] = run.answer("sql", f"select {facts} from silver.feature_usage order by occurred_at desc limit 1")[0]
    return found


def _event(number: int, at: datetime, like: dict[str, Any]) -> dict[str, Any]:
    envelope = {"specversion": "1.0", "id": f"planted-{number}", "source": "/vehicles", "type": "fleet.feature_usage.v1"}
    vehicle = {"subject": like["vehicle_key"], "modelcode": like["model"], "market": like["market"], "swversion": like["sw_version"]}
    order = {"bootid": like["boot_id"], "sequence": str(like["sequence"] + 1 + number), "time": _text(at)}
    feature = "seat_heating" if number < GOOD else UNKNOWN
    return envelope | vehicle | order | {"data": {"feature_id": feature, "action": "started", "outcome": "done", "duration_ms": 1_000}}


def _now(end: datetime) -> list[str]:
    """The gate's time: some simulated events are received weeks later, and by their clock all else is stale."""
    return ["--now", _text(end + timedelta(hours=1))]


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _say(text: str) -> None:
    ERRORS.print(f"\n{text}", style="bold")
