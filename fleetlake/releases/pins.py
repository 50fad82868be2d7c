"""Which versions must stay readable: pure over the rows of ops.releases."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

BACK = 3  # releases of a layer that stay, however old: a rollback must have somewhere to go


def pinned(releases: Iterable[Mapping[str, Any]], since: datetime) -> dict[str, set[int]]:
    """By table the versions that a release pins: the newest few releases of its layer, and all since a moment or in force then."""
    rows = list(releases)
    layers: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        layers[row["layer"]].add(row["release"])
    at = {row["release"]: row["at"] for row in rows}
    kept = {release for numbers in layers.values() for release in _kept(sorted(numbers, reverse=True), at, since)}
    versions: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row["release"] in kept:
            versions[row["table_name"]].add(row["version"])
    return dict(versions)


def _kept(newest_first: list[int], at: Mapping[int, datetime], since: datetime) -> list[int]:
    young = [number for number in newest_first if at[number] >= since]
    return newest_first[: max(BACK, len(young) + 1)]  # and the one that was in force at that moment
