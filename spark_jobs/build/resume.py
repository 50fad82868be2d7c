"""A build that was killed goes on where it stood: each commit bears the mark of what its rows were made from."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from fleetlake.names import table_path
from spark_jobs.build.log import Entry, entries
from spark_jobs.commits import actions

if TYPE_CHECKING:
    from spark_jobs.build.job import Prepared, Wanted

MARK = "fleetlake.build"  # in a commit's metadata


def mark(one: "Prepared", wanted: "Wanted") -> str:
    """The same for two builds that make the same rows: of the same inputs, by the same code, on top of the same release."""
    code = sorted((name, model.code) for name, model in one.models.items())
    seeds = sorted((name, seed.text) for name, seed in one.project.seeds.items())
    told = (sorted(one.versions.items()), one.base and one.base.build, one.calendar, wanted, code, seeds)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def written(lake: str, tables: Mapping[str, str], sought: str) -> frozenset[str]:
    """The models whose table was last written by a build of that mark; `tables` by model."""
    return frozenset(name for name, table in tables.items() if _mark_of(table_path(lake, table)) == sought)


def ended(lake: str, layer: str, sought: str) -> Entry | None:
    """The newest build of a layer, if it came to its end, bears that mark, and nothing was written since."""
    newest = next((one for one in reversed(entries(lake)) if one.is_of(layer)), None)
    if newest is None or any(DeltaTable(table_path(lake, name)).version() != held["version"] for name, held in newest.tables.items()):
        return None
    return newest if any(_mark_of(table_path(lake, name)) == sought for name in newest.days) else None


def _mark_of(path: str) -> str | None:
    if not DeltaTable.is_deltatable(path):
        return None
    try:
        found = actions(path, DeltaTable(path).version(), "commitInfo")
    except FileNotFoundError:
        return None  # the log was cleaned up to its last checkpoint
    return next((action["commitInfo"].get(MARK) for action in found), None)
