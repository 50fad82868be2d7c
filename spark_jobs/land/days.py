"""Files of one topic-partition, one for each day of reception (more where a day is large), in bounded memory."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.files import DataFile, FileWriter

GROUP_BYTES = 16_000_000  # of Arrow data in a row group: large enough to compress and prune, small enough to hold several
OPEN_FILES = 200
HELD_BYTES = 64_000_000  # of Arrow data that wait for their row group, over all days
UNREPEATED = ("body", "headers", "event_id", "event_hash", "body_hash")  # a dictionary would cost time and save nothing


class DayFiles:
    """Writes bronze rows below a table's folder; simulated history brings many days in one batch, a real stream one or two."""

    def __init__(self, root: str, schema: pa.Schema, statistics: Sequence[str], file_bytes: int) -> None:
        """`file_bytes`: a file is ended when it holds so many bytes of bodies."""
        self._root, self._schema, self._statistics, self._file_bytes = root, schema, statistics, file_bytes
        self._held: dict[date, list[pa.RecordBatch]] = {}
        self._held_bytes: dict[date, int] = {}
        self._writers: dict[date, FileWriter] = {}
        self._body_bytes: dict[date, int] = {}
        self._files: list[DataFile] = []

    def add(self, rows: pa.RecordBatch) -> None:
        """Takes rows in; what is enough for a row group is written."""
        for day, part in by_day(rows):
            self._held.setdefault(day, []).append(part)
            self._held_bytes[day] = self._held_bytes.get(day, 0) + part.nbytes
            if self._held_bytes[day] >= GROUP_BYTES:
                self._write_group(day)
        while sum(self._held_bytes.values()) > HELD_BYTES:
            self._write_group(max(self._held_bytes, key=lambda day: self._held_bytes[day]))

    def close(self) -> list[DataFile]:
        """Writes what is left and ends all files."""
        for day in [*self._writers, *(day for day in self._held if day not in self._writers)]:
            if day in self._held:
                self._write_group(day)
            if day in self._writers:
                self._end(day)
        return self._files

    def _write_group(self, day: date) -> None:
        rows = pa.Table.from_batches(self._held.pop(day))
        del self._held_bytes[day]
        if day not in self._writers:
            if len(self._writers) == OPEN_FILES:
                self._end(next(iter(self._writers)))
            self._writers[day] = FileWriter(self._root, self._schema, {"received_on": day}, self._statistics, UNREPEATED)
            self._body_bytes[day] = 0
        self._writers[day].write(rows)
        self._body_bytes[day] += pc.sum(pc.binary_length(rows["body"])).as_py() or 0
        if self._body_bytes[day] >= self._file_bytes:
            self._end(day)

    def _end(self, day: date) -> None:
        self._files.append(self._writers.pop(day).close())


def by_day(rows: pa.RecordBatch) -> Iterator[tuple[date, pa.RecordBatch]]:
    """The rows of each received_on; copies where there are several, so that a small part does not keep the whole batch in memory."""
    days = np.asarray(rows["received_on"].cast(pa.int32()))
    found = np.unique(days)
    for day in found:
        part = rows if len(found) == 1 else rows.take(pa.array(np.flatnonzero(days == day)))
        yield pa.scalar(int(day), pa.int32()).cast(pa.date32()).as_py(), part
