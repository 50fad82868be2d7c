"""Where a work item's rows go: files of one day each, of bounded memory."""

from collections.abc import Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from expectations.contract import Contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.names import table_path
from spark_jobs.files import DataFile, FileWriter, write

SORTED_BYTES = 20_000_000  # rows of silver that are sorted together; with the copies that this takes 70 MB
RANDOM = ("event_id", "event_hash", "body_hash", "offset", "body", "unknown_fields")  # a dictionary of what never repeats only costs


class Streamed:
    """Rows of a table as they come, one file per day."""

    def __init__(self, lake: str, contract: Contract) -> None:
        """`contract` names the table and the one column of days that it is partitioned by."""
        self._root, self._contract = table_path(lake, contract.id), contract
        self._writers: dict[date, FileWriter] = {}

    def write(self, rows: pa.Table) -> None:
        """Adds rows of any days."""
        for day, part in by_day(rows, self._contract.partition_by[0]):
            if day not in self._writers:
                self._writers[day] = self._writer(day, rows.schema)
            self._writers[day].write(part)

    def close(self) -> list[DataFile]:
        """All files, ended and synced."""
        return [writer.close() for writer in self._writers.values()]

    def _writer(self, day: date, schema: pa.Schema) -> FileWriter:
        return FileWriter(self._root, schema, {self._contract.partition_by[0]: day}, statistics_columns(self._contract), RANDOM)


class Sorted:
    """Rows of a family's silver table, sorted by vehicle and time within each file: one file per day and SORTED_BYTES."""

    def __init__(self, lake: str, contract: Contract) -> None:
        """`contract` names the table."""
        self._root, self._contract = table_path(lake, contract.id), contract
        self._waiting: list[pa.Table] = []
        self._files: list[DataFile] = []

    def write(self, rows: pa.Table) -> None:
        """Adds rows of any days; writes when there are enough."""
        self._waiting.append(rows)
        if sum(table.nbytes for table in self._waiting) >= SORTED_BYTES:
            self._flush()

    def close(self) -> list[DataFile]:
        """All files, ended and synced."""
        self._flush()
        return self._files

    def _flush(self) -> None:
        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting).cast(arrow_schema(self._contract))
        self._waiting = []
        order = pc.sort_indices(rows, [("occurred_on", "ascending"), ("vehicle_key", "ascending"), ("occurred_at", "ascending")])
        for day, part in _runs(rows.take(order), "occurred_on"):
            self._files.append(write(self._root, part, {"occurred_on": day}, statistics_columns(self._contract), RANDOM))


def by_day(rows: pa.Table, column: str) -> Iterator[tuple[date, pa.Table]]:
    """The rows of each day."""
    days = pc.unique(rows[column])
    for day in days:
        yield day.as_py(), rows if len(days) == 1 else rows.filter(pc.equal(rows[column], day))


def _runs(rows: pa.Table, column: str) -> Iterator[tuple[date, pa.Table]]:
    """The same of rows that are sorted by day, without copying them."""
    start = 0
    for day in pc.value_counts(rows[column]):
        count = day["counts"].as_py()
        yield day["values"].as_py(), rows.slice(start, count)
        start += count
