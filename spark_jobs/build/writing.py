"""A model's rows become files of its table, and one commit puts them in the place of the days that they are of.

Spark writes plain Parquet and `spark_jobs.tables` commits: Delta's own writing plans each query twice more and runs jobs over its log, which
for a table of a few thousand rows is most of the work. Files of other days stay as they are.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from expectations.schemas import arrow_type
from fleetlake.console import Failure
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import DataFile, filesystem, sync
from spark_jobs.tables import Table

MARK = "-- fleetlake writes "
NULL = "is null in"
CHECKPOINT = 20  # commits
OPTIONS = {"compression": "zstd", "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false"}
SETTINGS = {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS"}  # as Delta has it


@dataclass(frozen=True)
class Target:
    """Which table is written, as macros/materializations.sql says it; without `ranges` all of it is."""

    table: str
    columns: Mapping[str, str]
    required: Sequence[str]
    day: str | None
    ranges: Sequence[tuple[str, str]] | None
    is_anew: bool
    is_read: bool
    lake: str

    @classmethod
    def of(cls, sql: str) -> tuple[Self, str]:
        """The target and the query of a statement that begins with MARK."""
        told, _, query = sql.strip().removeprefix(MARK).partition("\n")
        return cls(**json.loads(told)), query

    def has(self, day: date | None) -> bool:
        """Whether rows of a day are replaced."""
        return self.ranges is None or any(
            date.fromisoformat(first) <= day <= date.fromisoformat(last) for first, last in self.ranges if day
        )

    def opened(self) -> Table:
        """The table; made when it is not there, and made anew where its columns are others."""
        schema = pa.schema(
            [pa.field(name, arrow_type(kind.replace(" ", "")), name not in self.required) for name, kind in self.columns.items()]
        )
        days = [self.day] if self.day else []
        return Table.made_anew(self.lake, self.table, schema, days) if self.is_anew else Table.open(self.lake, self.table, schema, days)


def install() -> None:
    """From now on dbt's cursor carries out what `materializations.sql` asks for."""
    from dbt.adapters.spark import session

    if getattr(session.Cursor, "writes", False):
        return

    class Cursor(session.Cursor):
        """The adapter's own, which knows one statement more."""

        writes = True

        def execute(self, sql: str, *parameters: Any) -> None:
            """Runs a statement; rows of a model are written here."""
            if not sql.strip().startswith(MARK):
                super().execute(sql, *parameters)
                return
            from pyspark.sql import SparkSession

            write(SparkSession.builder.getOrCreate(), *Target.of(sql))

    session.Cursor = Cursor  # type: ignore[misc]  # a class that a module looks up by this name


def write(spark: Any, target: Target, query: str) -> None:
    """Runs the query and commits its rows. Raises Failure for a null that the contract forbids, and for rows of other days: nothing is committed then."""
    table = target.opened()
    before = set(_parquet(table.path))
    writer = spark.sql(query).write.mode("append").options(**OPTIONS)
    (writer.partitionBy(target.day) if target.day else writer).parquet(table.path)
    new = [_file(table.path, path, target) for path in _parquet(table.path) if path not in before]
    old = [Held.of(action) for action in table.actions() if target.has(action.get(f"partition.{target.day}"))]
    if old or new:
        table.replace(old, new, Exchange("WRITE", is_data_change=True))
    if table.version and table.version % CHECKPOINT == 0:
        table.delta.create_checkpoint()
    if target.is_read:
        spark.sql(f"create table if not exists {target.table} using delta location '{table.path}'")


def _file(root: str, path: str, target: Target) -> DataFile:
    """A new file as the log has it; its footer says how many rows it has, and of which column some are null."""
    files, base = filesystem(root)
    footer = pq.read_metadata(f"{base}/{path}", filesystem=files)
    _require(footer, target)
    if isinstance(files, fs.LocalFileSystem):
        sync(f"{base}/{path}")
    info = files.get_file_info(f"{base}/{path}")
    stats = json.dumps({"numRecords": footer.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}})
    return DataFile(path, info.size, footer.num_rows, _partition(path, target), stats, int(info.mtime.timestamp() * 1000))


def _partition(path: str, target: Target) -> dict[str, str | None]:
    if target.day is None:
        return {}
    found = re.match(rf"{target.day}=(\d{{4}}-\d\d-\d\d)/", path)
    if found is None:
        raise Failure(f"{target.day} {NULL} some rows of {target.table}, and the contract says that it is not", "")
    if not target.has(date.fromisoformat(found[1])):
        raise Failure(f"{target.table} has rows of {found[1]}, a day that was not to be built", "filter by rebuilt()")
    return {target.day: found[1]}


def _require(footer: pq.FileMetaData, target: Target) -> None:
    nulls: dict[str, int] = {}
    for group in range(footer.num_row_groups):
        for index in range(footer.num_columns):
            chunk = footer.row_group(group).column(index)
            if chunk.path_in_schema in target.required and (chunk.statistics is None or chunk.statistics.null_count):
                nulls[chunk.path_in_schema] = nulls.get(chunk.path_in_schema, 0) + (chunk.statistics.null_count if chunk.statistics else 0)
    for name, count in nulls.items():
        raise Failure(f"{name} {NULL} {count:,} rows or more of {target.table}, and the contract says that it is not", "")


def _parquet(root: str) -> Iterator[str]:
    """All Parquet files below a table's folder."""
    files, base = filesystem(root)
    for found in files.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True)):
        path = found.path[len(base) :].lstrip("/")
        if path.endswith(".parquet") and not path.startswith("_"):
            yield path
