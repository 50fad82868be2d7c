"""An import is one transaction over three tables, as a run of refine is: its files are written and synced, then the intent says word for
word what will be committed, then each table is committed, then the import is closed. A start finishes what an interrupted one began.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import polars as pl
import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import ARROW, arrow_schema
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import selected
from spark_jobs import files
from spark_jobs.files import DataFile
from spark_jobs.phase import phase
from spark_jobs.runs import opened
from spark_jobs.tables import Table
from spark_jobs.without import Keys, take_out

LOG = "ops.imports"
IMPORTS, CLOSED = "imports", "closed"  # transaction ids: the last import that a table has, and the last one that is closed
FACTS = ("import", "kind", "delivery", "file_names", "delivered", "accepted", "quarantined", "replaced", "billed_cost", "contract_version")


@dataclass(frozen=True)
class Intent:
    """What an import commits: `facts` as columns of ops.imports, `files` by table in the order of their commits, `replaces`: keys of rows of
    silver that go in the same commit.
    """

    facts: Mapping[str, Any]
    files: Mapping[str, Sequence[DataFile]] = field(default_factory=dict)
    replaces: Sequence[Mapping[str, Any]] = ()

    @property
    def number(self) -> int:
        """Counts the imports."""
        return int(self.facts["import"])

    @property
    def silver(self) -> str:
        """The table that loses rows."""
        return f"silver.{self.facts['kind']}"


class Imports:
    """The log, seen at one version: of two processes that begin the same import, one is refused."""

    def __init__(self, lake: str) -> None:
        """Opens the log of a lake; it is made when it is not there."""
        self._lake, self._log = lake, opened(lake, LOG)

    @property
    def next(self) -> int:
        """The number that the next import will have."""
        return (self._log.position(IMPORTS) or 0) + 1

    def brought(self, kind: str, delivery: str) -> dict[str, Any] | None:
        """What the log says of a delivery that was imported before."""
        rows = selected(self._log.delta, f"kind = '{kind}' and delivery = '{delivery}' and state = 'closed'")
        return rows[0] if rows else None

    def finish(self) -> int | None:
        """Finishes an import that was begun and not closed; returns its number."""
        last = self.next - 1
        if last == (self._log.position(CLOSED) or 0):
            return None
        self._commit(self._pending(last))
        return last

    def carry_out(self, intent: Intent) -> None:
        """Begins the import and brings it to its end. Raises Failure when another process has begun one: then nothing was committed."""
        for name, written in intent.files.items():
            _require(self._lake, name, written, "nothing was committed; start again, it will write them anew")
        phase("intent")
        self._write("intent", {IMPORTS: intent.number}, intent)
        self._commit(intent)

    def _commit(self, intent: Intent) -> None:
        for name in intent.files:
            phase(f"commit {name}")
            _once(self._lake, name, intent)
        phase("close")
        self._write("closed", {CLOSED: intent.number}, replace(intent, files={}, replaces=()))

    def _write(self, state: str, transactions: Mapping[str, int], intent: Intent) -> None:
        told = {"state": state, "at": datetime.now(UTC), "code_version": version("fleetlake"), "actions": None, "replaces": None}
        if state == "intent":
            actions = {table: [file.to_json() for file in written] for table, written in intent.files.items()}
            told |= {"actions": json.dumps(actions), "replaces": json.dumps(intent.replaces, default=str)}
        self._log.append(pa.Table.from_pylist([dict(intent.facts) | told], arrow_schema(contract(LOG))), transactions)

    def _pending(self, number: int) -> Intent:
        rows = selected(self._log.delta, f"import = {number} and state = 'intent'")
        if not rows:
            raise Failure(f"{LOG}: import {number} was begun and its intent is gone", "put back a copy of the lake that has it")
        row = rows[0]
        written = {table: [DataFile.from_json(text) for text in texts] for table, texts in json.loads(row["actions"]).items()}
        return Intent({name: row[name] for name in FACTS}, written, json.loads(row["replaces"]))


def keys(silver: str, replaces: Sequence[Mapping[str, Any]]) -> Keys:
    """Rows of silver that have one of these keys; moments may be text."""
    of, names = contract(silver), list(replaces[0])
    frame = pl.DataFrame({name: [each[name] for each in replaces] for name in names})
    moments = [name for name in names if of.column(name).physical_type == "timestamp" and frame.schema[name] == pl.String]
    parsed = frame.with_columns(pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_unit="us", time_zone="UTC") for name in moments)
    return Keys(
        pl.DataFrame(
            parsed.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(
                pa.schema([(name, ARROW[of.column(name).physical_type]) for name in names])
            )
        )
    )


def _once(lake: str, name: str, intent: Intent) -> None:
    """Commits an import's files to a table, unless the table has the import already."""
    table = Table.existing(lake, name)
    if table is None:
        raise Failure(
            f"{name} is gone, and import {intent.number} has files for it", "put the table's folder back; the next start finishes it"
        )
    if (table.position(IMPORTS) or 0) >= intent.number:
        return
    _require(lake, name, intent.files[name], f"import {intent.number} was begun with them: put the files back, the next start finishes it")
    if name == intent.silver and intent.replaces:
        take_out(table, keys(name, intent.replaces), intent.files[name], {IMPORTS: intent.number}, {})
    else:
        table.commit(intent.files[name], {IMPORTS: intent.number})


def _require(lake: str, name: str, written: Sequence[DataFile], remedy: str) -> None:
    """Raises Failure when a file is no longer there."""
    if gone := files.missing(table_path(lake, name), written):
        raise Failure(f"{name}: {len(gone)} files of an import vanished, first {gone[0]}", remedy)
