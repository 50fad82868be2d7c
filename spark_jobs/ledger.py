"""The ledger: what each commit brought, in the commit's own metadata, and copied from there to `ops.ledger`.

The metadata is the truth as long as the log is kept; the copy can be asked with SQL and outlives the log. Copying is
idempotent: the transaction id "ledger:<table>" on ops.ledger is the last version that was copied, in the same commit as the rows.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.releases import selected
from spark_jobs.commits import actions
from spark_jobs.tables import Table

NAME = "ops.ledger"
KEY = "fleetlake.ledger"  # in a commit's metadata


@dataclass(frozen=True)
class Entry:
    """What one commit brought of one topic-partition. `first_offset` to `last_offset`, inclusive, is what it covers: an empty range ends before it begins."""

    kind: str
    topic: str | None
    topic_id: str | None
    partition: int | None
    first_offset: int | None
    last_offset: int | None
    rows: int
    checksum: str | None = None
    baseline: bool = False
    run: int | None = None
    silver: int | None = None
    duplicates: int | None = None
    quarantined: int | None = None


def metadata(entries: Sequence[Entry]) -> dict[str, str]:
    """Entries as the metadata of the commit that they tell of."""
    return {KEY: json.dumps([asdict(entry) for entry in entries])}


class Ledger:
    """`ops.ledger`, as a job that commits to other tables keeps it up to date."""

    def __init__(self, table: Table, schema: pa.Schema) -> None:
        self._table, self._schema = table, schema

    @classmethod
    def open(cls, lake: str) -> Self:
        """The ledger of a lake; made when it is not there."""
        promise = contract(NAME)
        schema = arrow_schema(promise)
        return cls(Table.open(lake, NAME, schema, promise.partition_by, statistics_columns(promise)), schema)

    def catch_up(self, tables: Sequence[Table]) -> int:
        """Copies what commits of `tables` say and the ledger does not have yet; returns the number of rows, all in one commit."""
        found = {table.name: uncopied(table, self._copied(table)) for table in tables}
        rows = [row for rows in found.values() for row in rows]
        if rows:
            done = {copied_id(table): table.version for table in tables if found[table.name]}
            self._table.append(pa.Table.from_pylist(rows, schema=self._schema), done)
        return len(rows)

    def _copied(self, table: Table) -> int:
        copied = self._table.position(copied_id(table))
        return -1 if copied is None else copied


def copied(lake: str, table: Table) -> int:
    """The last version of a table whose commit the ledger has copied; -1 where there is none."""
    ledger = Table.existing(lake, NAME)
    version = ledger.position(copied_id(table)) if ledger else None
    return -1 if version is None else version


def told(lake: str, table: Table) -> list[dict[str, Any]]:
    """All rows of the ledger on a table up to its version, those that a job has not copied yet out of the commits themselves."""
    ledger = Table.existing(lake, NAME)
    copied = None if ledger is None else ledger.position(copied_id(table))
    rows = [] if ledger is None else selected(ledger.delta, f"\"table\" = '{table.name}'")
    return [row for row in rows if row["version"] <= table.version] + uncopied(table, -1 if copied is None else copied)


def copied_id(table: Table) -> str:
    """The transaction id of ops.ledger whose version is the last one of the table that was copied."""
    return f"ledger:{table.name}"


def uncopied(table: Table, copied: int) -> list[dict[str, Any]]:
    """Rows of the ledger out of the commits above version `copied`, oldest first; commits without entries (maintenance) have none."""
    return [row for version in range(copied + 1, table.version + 1) for row in _rows(table, version)]


def _rows(table: Table, version: int) -> list[dict[str, Any]]:
    info: dict[str, Any] = next((action["commitInfo"] for action in actions(table.path, version, "commitInfo")), {"timestamp": 0})
    of_commit = {"table": table.name, "version": version, "at": datetime.fromtimestamp(info["timestamp"] / 1000, UTC)}
    return [entry | of_commit for entry in json.loads(info.get(KEY, "[]"))]
