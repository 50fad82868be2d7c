"""A model's rows become files of its table, and one commit puts them in the place of the days that they are of.

Spark plans and computes, its Python workers write the files, as everywhere here, and `spark_jobs.tables` commits: Spark's own Parquet writer
starts a process for each file to set its permissions, and Delta's plans each query twice more. Files of other days stay as they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import pyarrow as pa
from pyspark.sql import is_remote

from expectations.schemas import arrow_type
from fleetlake.console import Failure
from spark_jobs.build import bound, resume
from spark_jobs.build.writer import REPORT, Writer
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import DataFile
from spark_jobs.phase import phase
from spark_jobs.tables import Table

MARK = "-- fleetlake writes "
NULL = "is null in"
CHECKPOINT = 20  # commits
SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",  # a batch is a row group
    "spark.sql.codegen.aggregate.map.twolevel.enabled": "false",  # a map of its own for each query, to compile which takes longer than it saves
}


@dataclass(frozen=True)
class Target:
    """Which table is written, as macros/materializations.sql says it; without `ranges` all of it is. It `is_anew` where it has other columns now."""

    table: str
    columns: Mapping[str, str]
    required: Sequence[str]
    day: str | None
    clustered: Sequence[str]
    ranges: Sequence[tuple[str, str]] | None
    has_new_code: bool
    is_anew: bool
    is_read: bool
    lake: str
    mark: str

    @classmethod
    def of(cls, sql: str) -> tuple[Self, str]:
        """The target and the query of a statement that begins with MARK."""
        told, _, query = sql.strip().removeprefix(MARK).partition("\n")
        return cls(**json.loads(told)), query

    @property
    def schema(self) -> pa.Schema:
        """The table's columns."""
        return pa.schema(
            [pa.field(name, arrow_type(kind.replace(" ", "")), name not in self.required) for name, kind in self.columns.items()]
        )

    def has(self, day: date | None) -> bool:
        """Whether rows of a day are replaced."""
        return self.ranges is None or any(
            date.fromisoformat(first) <= day <= date.fromisoformat(last) for first, last in self.ranges if day
        )

    def opened(self) -> Table:
        """The table; made when it is not there, and made anew where its columns are others."""
        days = [self.day] if self.day else []
        opened = Table.made_anew if self.is_anew else Table.open
        return opened(self.lake, self.table, self.schema, days)


def install() -> None:
    """From now on dbt's cursor carries out what `materializations.sql` asks for."""
    from dbt.adapters.spark import session

    if getattr(session.Cursor, "writes", False):
        return

    class Cursor(session.Cursor):
        """The adapter's own, which knows one statement more."""

        writes = True

        def __init__(self, *, server_side_parameters: Mapping[str, str] | None = None) -> None:
            """Takes none of the adapter's settings: it would switch ANSI off, and what does not fit would be null and no error."""
            super().__init__()

        def execute(self, sql: str, *parameters: Any) -> None:
            """Runs a statement; rows of a model are written here."""
            if not sql.strip().startswith(MARK):
                super().execute(sql, *parameters)
                return
            from pyspark.sql import SparkSession

            write(SparkSession.builder.getOrCreate(), *Target.of(sql))

    session.Cursor = Cursor  # type: ignore[misc]  # a class that a module looks up by this name


def write(spark: Any, target: Target, query: str) -> None:
    """Runs the query and commits its rows. Raises Failure for other columns than the contract's, for a null that it forbids, and for rows of
    other days: nothing is committed then.
    """
    table = target.opened()
    nullable = pa.schema([field.with_nullable(True) for field in target.schema])
    reports = _written(spark, query, target, Writer(table.path, nullable, target.day)).collect()
    for report in reports:
        _require(target, json.loads(report.nulls))
    new = [_of_its_day(DataFile.from_json(report.file), target) for report in reports]
    old = [Held.of(action) for action in table.actions() if target.has(action.get(f"partition.{target.day}"))]
    phase(f"commit {target.table}")
    if old or new:
        table.replace(old, new, Exchange("WRITE", is_data_change=True, metadata={resume.MARK: target.mark}))
    if table.version and table.version % CHECKPOINT == 0:
        table.delta.create_checkpoint()
    if target.is_read:
        bound.bind(spark, target.table, target.columns, table)


def _written(spark: Any, query: str, target: Target, writer: Writer) -> Any:
    """Reports of the files of a query's rows, which come in tasks of fair sizes, a day in as few of them as can be and in one piece, in the order
    that the model asks for. One statement: each call on a DataFrame analyzes it anew.
    """
    by_day, order = f"({target.day})" if target.day else "", [*filter(None, [target.day]), *target.clustered]
    sorted_by = f" sort by {', '.join(order)}" if order else ""
    rows = _unread(spark, f"select /*+ rebalance{by_day} */ * from (\n{query}\n){sorted_by}", list(target.columns))
    if target.has_new_code:  # code that has built the table before has been through this
        _require_columns(target, dict(rows.dtypes))
    return rows.mapInArrow(writer, REPORT)


def _unread(spark: Any, query: str, columns: list[str]) -> Any:
    """The rows of a query that has these columns. Of itself a Spark Connect client asks the server for them, which analyzes the query at once for its
    `sql`, again for the names that `mapInArrow` gives on, and again when rows are asked for.
    """
    if not is_remote():
        return spark.sql(query)
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.plan import SQL

    class Unread(DataFrame):
        """Rows whose columns are known without a look at them."""

        @property
        def columns(self) -> list[str]:
            return columns

    return Unread(SQL(query), spark)


def _require_columns(target: Target, found: Mapping[str, str]) -> None:
    wanted = {name: kind.replace(" ", "") for name, kind in target.columns.items()}
    if wrong := sorted(f"{name} {kind}" for name, kind in found.items() ^ wanted.items()):
        raise Failure(f"{target.table} and its contract differ in {', '.join(wrong)}", "one of them is wrong: the SQL or the yml beside it")


def _require(target: Target, nulls: Mapping[str, int]) -> None:
    for name in dict.fromkeys([*target.required, target.day]):  # a day is required, whether or not the contract says so: files go by it
        if name and nulls.get(name):
            raise Failure(f"{name} {NULL} {nulls[name]:,} rows or more of {target.table}, and the contract says that it is not", "")


def _of_its_day(file: DataFile, target: Target) -> DataFile:
    """The file, if its day is one that is built."""
    if target.day and not target.has(date.fromisoformat(str(file.partition[target.day]))):
        raise Failure(f"{target.table} has rows of {file.partition[target.day]}, a day that was not to be built", "filter by rebuilt()")
    return file
