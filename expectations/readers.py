"""Who reads a column: contracts that build on it, and files that mention its table and it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from expectations.contract import Contract

FOLDERS = ("dbt_project", "dashboards", "dags", "fleetlake", "spark_jobs")
SUFFIXES = (".py", ".sql", ".yml", ".yaml")
SHARED = ("silver.envelope", "bronze.events")  # no table is called so: a file that reads their columns names another one


def readers(table: str, column: str | None, known: Iterable[Contract], root: Path) -> tuple[str, ...]:
    """Names of contracts, and files under `root` by their path: found by the words they use, so a reader who builds a name at run time is missed."""
    name = table.partition(".")[2]
    words = [word for word in (None if table in SHARED else name, column) if word]
    return (*_contracts(table, column, known), *(str(path.relative_to(root)) for path in _files(root) if _mentions(path, words)))


def _contracts(table: str, column: str | None, known: Iterable[Contract]) -> Iterator[str]:
    for contract in known:
        if column and contract.id == table:
            yield from (f"check {check.name}" for check in contract.checks if _has(check.expression, column))
        elif (
            column and table in SHARED and column in {each.name for each in contract.columns} - {each.name for each in contract.own_columns}
        ):
            yield contract.id


def _files(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(path for path in (root / folder).rglob("*") if path.suffix in SUFFIXES and path.name != "events_pb2.py")


def _mentions(path: Path, words: Iterable[str]) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return all(_has(text, word) for word in words)


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text) is not None
