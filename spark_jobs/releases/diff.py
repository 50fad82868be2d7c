"""What readers see differently in one release than in another: rows and columns of each table."""

import json
from dataclasses import dataclass
from typing import Any

from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.releases import Published
from spark_jobs.commits import actions


@dataclass(frozen=True)
class Change:
    """A table that differs. `added` and `removed` count rows that were written and taken away between; None where the log no longer knows."""

    table: str
    version_before: int | None
    version_after: int | None
    rows_before: int
    rows_after: int
    added: int | None
    removed: int | None
    columns: tuple[str, ...]


def diff(lake: str, before: Published, after: Published) -> list[Change]:
    """The tables that differ between two states, whichever of them is older."""
    return [
        _change(lake, table, before, after)
        for table in dict.fromkeys((*before.tables, *after.tables))
        if _version(before, table) != _version(after, table)
    ]


def _change(lake: str, table: str, before: Published, after: Published) -> Change:
    old, new = _version(before, table), _version(after, table)
    was, now = (state.pin(table).rows if table in state.tables else 0 for state in (before, after))
    if old is None or new is None:
        return Change(table, old, new, was, now, now, was, ())
    added, removed = _moved(lake, table, min(old, new), max(old, new))
    forth, back = (added, removed) if old < new else (removed, added)
    return Change(table, old, new, was, now, forth, back, _columns(lake, table, old, new))


def _version(state: Published, table: str) -> int | None:
    return state.pin(table).version if table in state.tables else None


def _columns(lake: str, table: str, old: int, new: int) -> tuple[str, ...]:
    path = table_path(lake, table)
    was, now = ({field.name: _word(field.type) for field in DeltaTable(path, version=each).schema().fields} for each in (old, new))
    gone = (f"-{name}" for name in was if name not in now)
    come = (f"+{name}" for name in now if name not in was)
    other = (f"{name}: {was[name]} → {now[name]}" for name in now if name in was and was[name] != now[name])
    return (*gone, *come, *other)


def _word(kind: Any) -> str:
    return str(getattr(kind, "type", kind))


def _moved(lake: str, table: str, old: int, new: int) -> tuple[int | None, int | None]:
    """Rows that the commits above version `old` up to `new` wrote and took away; rewriting a file is neither."""
    path = table_path(lake, table)
    files = DeltaTable(path, version=old).get_add_actions()
    held = dict(zip(files.column("path").to_pylist(), files.column("num_records").to_pylist(), strict=True))
    added = removed = 0
    try:
        for action in (each for version in range(old + 1, new + 1) for each in actions(path, version, "add", "remove")):
            if "add" in action:
                rows = json.loads(action["add"].get("stats") or "{}").get("numRecords", 0)
                held[action["add"]["path"]] = rows
                added += rows if action["add"]["dataChange"] else 0
            elif "remove" in action and action["remove"]["dataChange"]:
                removed += held.get(action["remove"]["path"]) or 0
    except FileNotFoundError:
        return None, None
    return added, removed
