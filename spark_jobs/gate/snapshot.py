"""One version of a table as a gate looks at it: which files, which of them changed since the last release."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from expectations.contract import Contract
from spark_jobs.commits import changed_days
from spark_jobs.files import filesystem
from spark_jobs.tables import Table

ALL = "all"
BATCH_ROWS = 32_768


@dataclass(frozen=True)
class Since:
    """What readers see of a table: rows that were judged by the same contract, but for days with failures that were waived."""

    version: int
    again: frozenset[date]


@dataclass(frozen=True)
class Snapshot:
    """A table at the version that is judged; without `since` all its days are new."""

    table: Table
    contract: Contract
    since: Since | None

    @property
    def name(self) -> str:
        """layer.table"""
        return self.contract.id

    @property
    def day(self) -> str | None:
        """The partition column."""
        return next(iter(self.contract.partition_by), None)

    @cached_property
    def changed(self) -> frozenset[date] | None:
        """Days with rows that came or went since the release; None where all are to be looked at, also of a table without days."""
        if self.day is None or self.since is None:
            return None
        commits = range(self.since.version + 1, self.table.version + 1)
        try:
            return changed_days(self.table.path, commits, self.day) | self.since.again
        except (FileNotFoundError, KeyError):
            return None  # the log does not reach back as far, or a file went without saying which day it was of

    @property
    def looked_at(self) -> list[str] | str:
        """The changed days, as they are told."""
        return ALL if self.changed is None else sorted(map(str, self.changed))

    @cached_property
    def files(self) -> pl.DataFrame:
        """A row per file: path, num_records, `day`, and the bounds that the log has of it."""
        actions = pl.DataFrame(pa.table(self.table.delta.get_add_actions(flatten=True)))
        return actions.rename({f"partition.{self.day}": "day"}) if self.day else actions.with_columns(day=pl.lit(None, pl.Date))

    @property
    def changed_bytes(self) -> int:
        """What is to be read at most."""
        return int(self.of_days(self.changed)["size_bytes"].sum())

    def of_days(self, days: Iterable[date] | None) -> pl.DataFrame:
        """The files of these days; None is all."""
        return self.files if days is None else self.files.filter(pl.col("day").is_in(list(days)))

    def rows(self, days: Iterable[date] | None) -> ds.Dataset:
        """The rows of these days, to be read through Arrow; None is all."""
        return self.rows_of(self.of_days(days)["path"].to_list())

    def rows_of(self, paths: Collection[str]) -> ds.Dataset:
        """The rows of some files."""
        files, root = filesystem(self.table.path)
        parquet = ds.ParquetFileFormat()
        chosen = self.files.filter(pl.col("path").is_in(list(paths))).select("path", "day").iter_rows()
        fragments = [
            parquet.make_fragment(f"{root}/{path}", filesystem=files, partition_expression=_known(self.day, day)) for path, day in chosen
        ]
        return ds.FileSystemDataset(fragments, pa.schema(self.table.delta.schema().to_arrow()), parquet, files)


def batches(rows: ds.Dataset, columns: Sequence[str], where: ds.Expression | None = None) -> pa.RecordBatchReader:
    """Some columns, read a bit after another: by itself the dataset's scan holds many row groups at once, raw and decoded."""
    options = ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
    one_by_one = {"batch_readahead": 1, "fragment_readahead": 1, "use_threads": False, "batch_size": BATCH_ROWS}
    return rows.scanner(list(columns), filter=where, fragment_scan_options=options, **one_by_one).to_reader()


def _known(column: str | None, value: date | None) -> ds.Expression:
    """What holds for each row of a file."""
    return ds.scalar(True) if column is None else ds.field(column) == ds.scalar(value)
