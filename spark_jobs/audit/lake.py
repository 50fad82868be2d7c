"""The tables as the auditor reads them: data files through Arrow, a few columns and offsets at a time, never the log's own counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake.exceptions import DeltaError

from fleetlake.console import Failure
from fleetlake.names import position_id
from spark_jobs.audit.dataset import Dataset, Spans
from spark_jobs.audit.findings import Log
from spark_jobs.audit.marks import Types
from spark_jobs.tables import Table


class Rows:
    """One version of a table, or of one that does not exist yet: then it is empty."""

    def __init__(self, name: str, table: Table | None, *, pruned: bool) -> None:
        """`pruned`: files are chosen by their statistics in the log; a full audit believes none."""
        self.name, self.table, self._pruned = name, table, pruned

    @property
    def version(self) -> int:
        """-1 for a table that does not exist."""
        return -1 if self.table is None else self.table.version

    def position(self, log: Log) -> int | None:
        """The last offset that the table claims to hold of a topic-partition."""
        return self.claimed(position_id(self.name, *log))

    def claimed(self, app_id: str) -> int | None:
        """The version of a transaction id."""
        return None if self.table is None else self.table.position(app_id)

    def has_metadata(self, key: str, after: int) -> bool:
        """Whether a commit above version `after` carries this key in its metadata."""
        if self.table is None or self.version <= after:
            return False
        return any(key in commit for commit in self.table.delta.history(self.version - after))

    def batches(
        self, columns: Sequence[str], spans: Spans | None = None, only: Mapping[str, Any] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows in chunks of bounded memory, all of them or those at the places of `spans`, and with the values of `only`.

        Raises Failure when a data file is gone or cannot be read.
        """
        if self._dataset is None:
            return
        try:
            yield from self._dataset.read(columns, spans, only or {})
        except (OSError, pa.ArrowException) as error:
            what = f"{self.name} version {self.version}: a data file cannot be read: {error}"
            raise Failure(what, f"bring that file back from a copy of {self.name}'s folder, then audit again") from error

    def frame(
        self, columns: Sequence[str], schema: Types, spans: Spans | None = None, only: Mapping[str, Any] | None = None
    ) -> pl.DataFrame:
        """Few rows, whole; `schema` gives the types of a table that does not exist yet."""
        found = list(self.batches(columns, spans, only))
        return pl.concat([pl.DataFrame(schema=schema), *([pl.DataFrame(pa.Table.from_batches(found))] if found else [])])

    def count(self, only: Mapping[str, Any]) -> int:
        """About how many rows have such values: those of the files that may hold them."""
        return 0 if self._dataset is None else self._dataset.count(only)

    @cached_property
    def _dataset(self) -> Dataset | None:
        return None if self.table is None else Dataset(self.table, pruned=self._pruned)


@dataclass(frozen=True)
class Lake:
    """Versions of the tables that belong together: no run of refine began or ended while they were opened."""

    bronze: dict[str, Rows]  # by family
    silver: dict[str, Rows]
    quarantine: Rows
    duplicates: Rows
    ledger: Rows
    runs: Rows


def opened(lake: str, families: Sequence[str], *, pruned: bool) -> Lake:
    """The tables as they are now. Raises Failure when refine does not stand still long enough to look at one state."""
    for _ in range(50):
        runs = rows(lake, "ops.refine_runs")
        ledger = rows(lake, "ops.ledger")  # before the tables that it tells of, so that it is never ahead of them
        silver = {family: rows(lake, f"silver.{family}", pruned=pruned) for family in families}
        narrow = rows(lake, "silver.quarantine", pruned=pruned), rows(lake, "ops.duplicates", pruned=pruned)
        bronze = {family: rows(lake, f"bronze.{family}", pruned=pruned) for family in families}
        if rows(lake, "ops.refine_runs").version == runs.version:
            return Lake(bronze, silver, *narrow, ledger, runs)
    raise Failure("runs of refine follow each other too fast to audit one state", "audit again when refine has caught up")


def rows(lake: str, table: str, *, pruned: bool = False) -> Rows:
    """A table's current version."""
    try:
        return Rows(table, Table.existing(lake, table), pruned=pruned)
    except DeltaError as error:
        raise Failure(f"{table} cannot be opened: {error}", "see its _delta_log, or put back a copy of the lake") from error
