"""What Spark's workers do with the rows of a model: a file per day."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.types import StructType

from spark_jobs.files import FileWriter

REPORT = StructType().add("file", "string").add("nulls", "string")  # of each file: a DataFile as JSON, and how many nulls its columns have


@dataclass(frozen=True)
class Writer:
    """What a worker does with the rows of a task, which come day by day. It checks nothing: what it wrote may still be refused."""

    root: str
    schema: pa.Schema
    day: str | None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Writes a file per day, one at a time; yields a report of each."""
        file: _File | None = None
        for day, rows in (each for batch in batches for each in self._by_day(pa.table(batch))):
            if file is None or file.day != day:
                yield from [file.close()] if file else []
                file = _File(day, FileWriter(self.root, self.schema, {self.day: day} if self.day else {}, [], self._plain))
            file.write(rows)
        yield from [file.close()] if file else []

    @property
    def _plain(self) -> list[str]:
        """Measured values, of which no two are alike: a dictionary would make them larger."""
        return [field.name for field in self.schema if pa.types.is_float32(field.type)]

    def _by_day(self, rows: pa.Table) -> Iterator[tuple[date | None, pa.Table]]:
        if self.day is None:
            yield None, rows
            return
        for day in pc.unique(rows[self.day]):
            yield day.as_py(), rows.filter(pc.equal(rows[self.day], day) if day.is_valid else pc.is_null(rows[self.day]))


class _File:
    """A day's file, and how many nulls its columns have."""

    def __init__(self, day: date | None, file: FileWriter) -> None:
        self.day, self._file, self._nulls = day, file, Counter[str]()

    def write(self, rows: pa.Table) -> None:
        self._file.write(rows)
        self._nulls.update({name: rows[name].null_count for name in rows.column_names})

    def close(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict({"file": [self._file.close().to_json()], "nulls": [json.dumps(self._nulls)]})
