"""The one module that commits to Delta tables.

A `Table` is read and committed through one instance: Delta then refuses a commit when somebody else has moved one of the
transaction ids that we move (positions, runs). A fresh open is not refused, so after each refresh the ids are compared
with what this process wrote.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import obstore
import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Transaction
from deltalake.exceptions import CommitFailedError

from fleetlake.console import Busy, Failure
from fleetlake.names import table_path
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import DataFile, missing, write

PROPERTIES = {
    "delta.deletedFileRetentionDuration": "interval 3650 days",  # files go by pins, not by age
    "delta.logRetentionDuration": "interval 3650 days",  # a pinned version must stay readable
    "delta.checkpointInterval": "20",
}
ATTEMPTS = 50  # maintenance gives way to whoever appends, and goes behind


class Overtaken(Busy):
    """Another writer moved a transaction id first: nothing was committed."""


class Replaced(Busy):
    """A file that was to be replaced is no longer held."""


class Table:
    """A Delta table that this process appends to."""

    def __init__(self, name: str, path: str, delta: DeltaTable) -> None:
        self.name, self.path = name, path
        self._delta = delta
        self._written: dict[str, int] = {}

    @classmethod
    def open(cls, lake: str, name: str, schema: pa.Schema, partition_by: Sequence[str] = (), statistics: Sequence[str] = ()) -> Self:
        """Opens `layer.table`; makes it when it is not there and adds columns that `schema` has gained.

        Raises Failure when a column's type differs from the table's.
        """
        path = table_path(lake, name)
        properties = PROPERTIES | {"delta.dataSkippingStatsColumns": ",".join(statistics)}
        delta = DeltaTable.create(path, schema, mode="ignore", partition_by=list(partition_by), configuration=properties)
        _widen(name, delta, schema)
        return cls(name, path, delta)

    @classmethod
    def made_anew(cls, lake: str, name: str, schema: pa.Schema, partition_by: Sequence[str] = ()) -> Self:
        """The table without a row, with other columns, in a version behind those that it has."""
        path = table_path(lake, name)
        delta = DeltaTable.create(path, schema, mode="overwrite", partition_by=list(partition_by), configuration=PROPERTIES)
        return cls(name, path, delta)

    @classmethod
    def existing(cls, lake: str, name: str, version: int | None = None) -> Self | None:
        """The table as it is, or was at `version`; None when nothing was ever written to it. Raises DeltaError for a version that is gone."""
        path = table_path(lake, name)
        return cls(name, path, DeltaTable(path, version=version)) if DeltaTable.is_deltatable(path) else None

    @property
    def version(self) -> int:
        """The version that this instance sees."""
        return self._delta.version()

    @property
    def delta(self) -> DeltaTable:
        """For reading only."""
        return self._delta

    def actions(self) -> list[dict[str, Any]]:
        """What the log says of each file: path, size_bytes, num_records, partition.<column>, min.<column>, max.<column>."""
        return pl.DataFrame(self._delta.get_add_actions(flatten=True)).to_dicts()  # by polars: pyarrow would import pandas for it

    def position(self, app_id: str) -> int | None:
        """The version of a transaction id in the snapshot that the next commit is made against."""
        return self._delta.transaction_version(app_id)

    def commit(
        self,
        files: Sequence[DataFile],
        transactions: Mapping[str, int],
        metadata: Mapping[str, str] | None = None,
        *,
        others_may_follow: bool = False,
    ) -> int:
        """Adds files and moves transaction ids in one atomic commit; returns the version that this instance sees then.

        Raises Failure when a file is gone, and Overtaken when another writer moved one of the ids first: then nothing was committed.
        `others_may_follow`: another writer that moves these ids on later is no stranger to a table that many write, one after the other.
        """
        if gone := missing(self.path, files):
            raise Failure(
                f"{self.name}: {len(gone)} files vanished before their commit, first {gone[0]}",
                "nothing was committed; start again, it will write them anew",
            )
        try:
            self._delta.create_write_transaction(
                [_add(file) for file in files],
                mode="append",
                schema=self._delta.schema(),
                partition_by=list(self._delta.metadata().partition_columns),
                commit_properties=CommitProperties(
                    custom_metadata=dict(metadata or {}),
                    app_transactions=[Transaction(app_id, version) for app_id, version in transactions.items()],
                ),
            )
        except CommitFailedError as error:
            raise Overtaken(
                f"{self.name}: another writer committed first ({error})",
                "one writer a table: stop the other one, or let it go on; nothing was written twice",
            ) from error
        self._written.update({} if others_may_follow else transactions)
        self._advance()
        return self._delta.version()

    def append(
        self,
        rows: pa.Table,
        transactions: Mapping[str, int],
        metadata: Mapping[str, str] | None = None,
        *,
        others_may_follow: bool = False,
    ) -> int:
        """Writes a few rows as one file and commits it: for unpartitioned ops tables."""
        written = [write(self.path, rows, {}, self._statistics())] if rows.num_rows else []
        return self.commit(written, transactions, metadata, others_may_follow=others_may_follow)

    def replace(self, old: Sequence[Held], new: Sequence[DataFile], told: Exchange) -> int:
        """Puts files in the place of others in one commit, behind whatever is appended meanwhile.

        Raises Failure when one of the old files is no longer held, or a new one is not there: then nothing was committed.
        """
        if gone := missing(self.path, new):
            raise Failure(f"{self.name}: {len(gone)} rewritten files vanished, first {gone[0]}", "nothing was committed; start again")
        for _ in range(ATTEMPTS):
            self._advance()
            held = set(pa.table(self._delta.get_add_actions())["path"].to_pylist())
            if lost := [file.path for file in old if file.path not in held]:
                raise Replaced(f"{self.name}: {lost[0]} was replaced by somebody else", "nothing was committed; start again")
            if _put(self.path, self.version + 1, told.actions(old, new)):
                self._written.update(told.transactions)
                self._advance()
                return self.version
        raise Failure(f"{self.name}: {ATTEMPTS} commits came first", "start again when less is written")

    def files(self) -> frozenset[str]:
        """Paths of the files that this version consists of."""
        return frozenset(pa.table(self._delta.get_add_actions())["path"].to_pylist())

    def restore(self, version: int) -> None:
        """Makes the content of an older version the newest one again, in a commit of its own; files stay as they are."""
        self._delta.restore(version)
        self._advance()

    def refresh(self) -> None:
        """Sees what others committed (maintenance); raises Failure if one of our ids was moved by somebody else."""
        self._advance()

    def _statistics(self) -> list[str]:
        """Columns that readers filter by, as the table was made: delta-rs' own reader finds no row in a file without statistics."""
        return (self._delta.metadata().configuration.get("delta.dataSkippingStatsColumns") or "").split(",")

    def _advance(self) -> None:
        self._delta.update_incremental()
        for app_id, version in self._written.items():
            if self._delta.transaction_version(app_id) != version:
                raise Failure(
                    f"{self.name}: {app_id} stands at {self._delta.transaction_version(app_id)}, we wrote {version}",
                    "a second writer is at work: stop one of the two",
                )


def _add(file: DataFile):  # type: ignore[no-untyped-def]  # AddAction is not exported with types
    from deltalake.transaction import AddAction

    return AddAction(file.path, file.size, dict(file.partition), file.modified_ms, True, file.stats)


def _put(path: str, number: int, actions: Sequence[Mapping[str, Any]]) -> bool:
    """Writes a commit to the log; False when that version is there already. delta-rs itself cannot take files out of a table."""
    store = obstore.store.from_url(path if "://" in path else Path(path).as_uri())
    lines = "\n".join(json.dumps(action) for action in actions)
    try:
        obstore.put(store, f"_delta_log/{number:020d}.json", lines.encode(), mode="create")
    except obstore.exceptions.AlreadyExistsError:
        return False
    return True


def _widen(name: str, delta: DeltaTable, schema: pa.Schema) -> None:
    """Adds the columns that a contract has gained; a changed type is refused, it needs a new table."""
    held = {field.name: field for field in delta.schema().fields}
    wanted = [Field.from_arrow(field) for field in schema]
    for field in wanted:
        if field.name in held and held[field.name].type != field.type:
            raise Failure(
                f"{name}.{field.name} is {held[field.name].type} in the table and {field.type} in the contract",
                "a type never changes in place: give the column a new name",
            )
    if new := [field for field in wanted if field.name not in held]:
        delta.alter.add_columns([Field(field.name, field.type, nullable=True) for field in new])
