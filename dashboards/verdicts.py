"""What readers must be told before any number: that a gate failed and they see an older release, that a layer is held, withdrawn or waived. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dashboards.numbers import moment
from fleetlake.releases.history import BUILT_FROM
from fleetlake.releases.model import Published, Release, Waiver, together

NAMED = 3  # expectations in a banner; the page Quality has all
GATES = """
select layer, table_name, gate_run, max(version) as version, max("at") as checked_at,
    list(expectation order by expectation) filter (where outcome = 'error' or (outcome = 'failed' and severity = 'critical')) as stopping,
    count(*) filter (where outcome = 'failed' and severity = 'warning') as warnings
from ops.gate_results where gate_run >= $since group by layer, table_name, gate_run
"""


@dataclass(frozen=True)
class Verdict:
    """What one gate run said of a table: `stopping` are the expectations that stop a release and that nobody waived."""

    table: str
    gate_run: int
    at: datetime
    stopping: tuple[str, ...]
    warnings: int


@dataclass(frozen=True)
class Banner:
    """A sentence above all numbers, and what to do; `bad` is red."""

    tone: Literal["bad", "warn"]
    what: str
    remedy: str


def verdicts(rows: Iterable[Mapping[str, Any]], waivers: Sequence[Waiver] = ()) -> dict[str, Verdict]:
    """The newest verdict of each table, out of the rows of GATES."""
    waived = {(waiver.table, waiver.expectation) for waiver in waivers}
    newest: dict[str, Verdict] = {}
    for row in rows:
        table = row["table_name"]
        if table not in newest or row["gate_run"] > newest[table].gate_run:
            stopping = tuple(each for each in row["stopping"] or () if (table, each) not in waived)
            newest[table] = Verdict(table, row["gate_run"], row["checked_at"], stopping, row["warnings"])
    return newest


def checked(rows: Iterable[Mapping[str, Any]]) -> dict[int, datetime]:
    """When each gate run ended."""
    return {row["gate_run"]: row["checked_at"] for row in rows}


def banners(layer: str, state: Published, newest: Mapping[str, Verdict]) -> list[Banner]:
    """What is to be said above numbers of a layer: of itself, of those that come with it, and of the one that it is built from."""
    base = BUILT_FROM.get(layer)
    layers = (*together(layer), *([base] if base else []))
    found = (_of_layer(each, state, newest) for each in layers)
    return [banner for each in found for banner in each] + _withdrawn(layer, state)


def _of_layer(layer: str, state: Published, newest: Mapping[str, Verdict]) -> list[Banner]:
    release = state.releases.get(layer)
    if release is None:
        return []
    failed = [
        verdict for table, verdict in sorted(newest.items()) if _is_of(table, layer) and verdict.stopping and _is_newer(verdict, release)
    ]
    return ([_failed(layer, release, failed)] if failed else []) + ([_held(release)] if release.is_held else [])


def _failed(layer: str, release: Release, failed: Sequence[Verdict]) -> Banner:
    names = [f"{verdict.table}/{expectation}" for verdict in failed for expectation in verdict.stopping]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return Banner(
        "bad",
        f"Gate run {max(verdict.gate_run for verdict in failed)} of {layer} failed ({', '.join(names[:NAMED])}{more}). "
        f"You see release {release.number} of {moment(release.at)}, which passed.",
        f"fleet check {layer} --rows",
    )


def _held(release: Release) -> Banner:
    note = f": {release.note}" if release.note else ""
    return Banner(
        "warn",
        f"{release.layer} was rolled back to release {release.effective} and is held{note}. Nothing newer is shown until it is resumed.",
        f"fleet release {release.layer} --resume",
    )


def _withdrawn(layer: str, state: Published) -> list[Banner]:
    release = state.releases.get(layer)
    if release is None or release.withdrawn is None:
        return []
    what = f"{layer} was built from release {release.withdrawn} of {BUILT_FROM[layer]}, which was withdrawn since."
    return [Banner("bad", what, f"fleet build {layer}, then check and release it")]


def _is_of(table: str, layer: str) -> bool:
    return table.partition(".")[0] == layer


def _is_newer(verdict: Verdict, release: Release) -> bool:
    pin = release.pins.get(verdict.table)
    return pin is None or verdict.gate_run > pin.gate_run
