"""What the rows of ops.releases mean: which release of a layer is in force, what was withdrawn, what was built from that. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from fleetlake.releases.model import LAYERS, Pin, Published, Release, Waiver, in_force

BUILT_FROM = {"gold": "silver", "gold_internal": "silver", "features": "silver"}


def releases(rows: Iterable[Mapping[str, Any]]) -> list[Release]:
    """All releases, oldest first; one that pins two layers is there once for each."""
    ordered = sorted(rows, key=_place)
    return [_release(number, layer, list(group)) for (number, layer), group in groupby(ordered, key=lambda row: _place(row)[:2])]


def upto(history: Sequence[Release], as_of: int | datetime | None) -> list[Release]:
    """The releases that were out at a moment, or when the release of that number came."""
    if as_of is None:
        return list(history)
    return [release for release in history if (release.number if isinstance(as_of, int) else release.at) <= as_of]  # type: ignore[operator]


def state(history: Sequence[Release], waivers: Iterable[Waiver], at: datetime, versions: tuple[int, int]) -> Published:
    """What readers see after these releases: the newest one of each layer, and the waivers in force at a moment."""
    found = {release.layer: release for release in history}
    marked = {layer: replace(found[layer], withdrawn=withdrawn_base(found[layer], history)) for layer in LAYERS if layer in found}
    return Published(*versions, marked, in_force(waivers, at))


def current(history: Sequence[Release], layer: str) -> Release | None:
    """The release of a layer that is in force."""
    return next((release for release in reversed(history) if release.layer == layer), None)


def withdrawn(history: Sequence[Release], layer: str) -> set[int]:
    """Releases of a layer that a rollback went behind, and that none has pinned again."""
    gone: set[int] = set()
    own = [release for release in history if release.layer == layer]
    for release in own:
        if release.kind == "rollback":
            gone |= {each.number for each in own if each.of_release is None and release.effective < each.number < release.number}
            gone.discard(release.effective)
    return gone


def base(release: Release, history: Sequence[Release]) -> int | None:
    """The release of silver whose versions a release of gold was built from: as its build said, or else the one in force when it came."""
    source = BUILT_FROM.get(release.layer)
    if source is None:
        return None
    if release.of_release is not None:
        return next((base(each, history) for each in history if (each.number, each.layer) == (release.of_release, release.layer)), None)
    last = release.number if release.built_from is None else release.built_from
    found = current(upto(history, last), source)
    return None if found is None else found.effective


def withdrawn_base(release: Release, history: Sequence[Release]) -> int | None:
    """The release that this one was built from, if it was withdrawn since."""
    found = base(release, history)
    return found if found in withdrawn(history, BUILT_FROM.get(release.layer, "")) else None


def _place(row: Mapping[str, Any]) -> tuple[int, str, str]:
    return row["release"], row["layer"], row["table_name"]


def _release(number: int, layer: str, rows: Sequence[Mapping[str, Any]]) -> Release:
    pins = {
        row["table_name"]: Pin(row["table_name"], row["version"], row["rows"], row["gate_run"], row["contract_version"]) for row in rows
    }
    told = {name: rows[0][name] for name in ("at", "kind", "of_release", "built_from", "actor", "note", "code_version")}
    return Release(number=number, layer=layer, pins=pins, **told)
