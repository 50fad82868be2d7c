"""Where a kill has struck, read off the tables by themselves: nothing of the jobs' code, nothing that the dead said of themselves."""

import json
from collections.abc import Iterator
from pathlib import Path

from deltalake import DeltaTable

LAYERS = ("bronze", "silver", "ops")
LEDGER = "fleetlake.ledger"


def loose(lake: Path) -> frozenset[str]:
    """Parquet files, relative to the lake, that no commit names: what a dead process had written and not committed."""
    return frozenset(f"{path.relative_to(lake)}/{file}" for path in _folders(lake) for file in _written(path) - _named(path))


def parquet(lake: Path, layer: str) -> frozenset[str]:
    """All Parquet files of a layer, half-written ones too."""
    return frozenset(str(path) for path in (lake / layer).rglob("*.parquet") if "_delta_log" not in path.parts)


def land(lake: Path, loose_before: frozenset[str]) -> str | None:
    """`files`, `between` (two tables' commits) or `ledger` (committed, not copied); None when nothing was under way.

    `loose_before`: what was loose at the start of the process that was killed.
    """
    is_loose = any(path.startswith("bronze/") for path in loose(lake) - loose_before)
    if any(_is_uncopied(lake, path) for path in _folders(lake) if path.parent.name == "bronze"):
        return "between" if is_loose else "ledger"
    return "files" if is_loose else None


def refine(lake: Path, loose_before: frozenset[str]) -> str | None:
    """`files`, `intent` (no table has the run), `between` (some have), `close` (all have); None when nothing was under way."""
    if (run := pending(lake)) is not None:
        has_run = [_version(lake, table, "runs") >= run for table in _tables(lake, run)]
        return "close" if all(has_run) else "between" if any(has_run) else "intent"
    return "files" if any(path.startswith(("silver/", "ops/duplicates/")) for path in loose(lake) - loose_before) else None


def pending(lake: Path) -> int | None:
    """The run that was begun and not closed."""
    begun, closed = (_version(lake, "ops.refine_runs", name) for name in ("runs", "closed"))
    return begun if begun > closed else None


def _tables(lake: Path, run: int) -> list[str]:
    """The tables that a run's intent names."""
    rows = _table(lake, "ops.refine_runs").to_pyarrow_table(columns=["run", "state", "actions"]).to_pylist()
    [intent] = [row for row in rows if row["run"] == run and row["state"] == "intent"]
    return list(json.loads(intent["actions"]))


def _version(lake: Path, table: str, app_id: str) -> int:
    if not (lake / table.replace(".", "/") / "_delta_log").exists():
        return 0
    return _table(lake, table).transaction_version(app_id) or 0


def _table(lake: Path, name: str) -> DeltaTable:
    return DeltaTable(str(lake / name.replace(".", "/")))


def _is_uncopied(lake: Path, path: Path) -> bool:
    """Whether a commit with a ledger in it is above the last one that ops.ledger has copied."""
    copied = _table(lake, "ops.ledger").transaction_version(f"ledger:bronze.{path.name}")
    return any(LEDGER in commit and commit["version"] > (-1 if copied is None else copied) for commit in DeltaTable(str(path)).history())


def _folders(lake: Path) -> Iterator[Path]:
    for layer in LAYERS:
        yield from sorted((lake / layer).glob("*"))


def _written(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*.parquet") if "_delta_log" not in file.parts}


def _named(path: Path) -> set[str]:
    if not (path / "_delta_log").exists():
        return set()
    return set(DeltaTable(str(path)).get_add_actions().column("path").to_pylist())
