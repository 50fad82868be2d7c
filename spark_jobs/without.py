"""A table without some of its rows: the files that hold them are written anew, and exchanged in one commit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.console import Failure
from spark_jobs.exchange import Exchange, Held
from spark_jobs.files import DataFile, FileWriter, filesystem
from spark_jobs.tables import Replaced, Table

ATTEMPTS = 5  # maintenance may exchange the same files meanwhile


class Stretch(NamedTuple):
    """Rows of one topic-partition, by their offsets, inclusive."""

    topic_id: str
    partition: int
    first: int
    last: int


def stretches(places: pl.DataFrame) -> list[Stretch]:
    """Places (topic_id, partition, offset) as stretches of neighbouring offsets."""
    ordered = places.unique().sort("topic_id", "partition", "offset")
    source = ["topic_id", "partition"]
    number = pl.col("offset") - pl.int_range(pl.len()).over(source)
    found = ordered.with_columns(number=number).group_by(*source, "number", maintain_order=True)
    bounds = found.agg(first=pl.col("offset").min(), last=pl.col("offset").max()).drop("number")
    return [Stretch(*row) for row in bounds.iter_rows()]


class Lost(Protocol):
    """Which rows a table loses."""

    @property
    def columns(self) -> list[str]:
        """What tells them from others."""

    def may_be_in(self, file: Mapping[str, Any]) -> bool:
        """Whether what the log says of a file lets one of them be in it."""

    def among(self, rows: pl.DataFrame) -> pl.Series:
        """Of rows with these columns which are lost."""


@dataclass(frozen=True)
class Places:
    """Rows by where they stand in Kafka."""

    stretches: Sequence[Stretch]

    @property
    def columns(self) -> list[str]:
        """Of a place."""
        return ["topic_id", "partition", "offset"]

    def may_be_in(self, file: Mapping[str, Any]) -> bool:
        """By the offsets that the log has of a file."""
        first, last = file.get("min.offset"), file.get("max.offset")
        return not (isinstance(first, int) and isinstance(last, int)) or any(
            row.first <= last and row.last >= first for row in self.stretches
        )

    def among(self, rows: pl.DataFrame) -> pl.Series:
        """By offset."""
        return rows.select(is_among(self.stretches)).to_series()


@dataclass(frozen=True)
class Keys:
    """Rows that have one of some keys: values of columns that are never null."""

    rows: pl.DataFrame

    @property
    def columns(self) -> list[str]:
        """Of the key."""
        return self.rows.columns

    def may_be_in(self, file: Mapping[str, Any]) -> bool:
        """By the bounds of each column that the log has of a file, which hold for moments and short texts alike."""
        return not self.rows.filter(
            pl.all_horizontal(
                pl.lit(True),
                *(
                    pl.col(name).is_between(pl.lit(file[f"min.{name}"]), pl.lit(file[f"max.{name}"]))
                    for name in self.columns
                    if file.get(f"min.{name}") is not None and file.get(f"max.{name}") is not None
                ),
            )
        ).is_empty()

    def among(self, rows: pl.DataFrame) -> pl.Series:
        """By all columns of the key together."""
        held = rows.join(self.rows.with_columns(is_lost=pl.lit(True)), on=self.columns, how="left", maintain_order="left")
        return held["is_lost"].fill_null(False)


def take_out(table: Table, rows: Lost, new: Sequence[DataFile], transactions: Mapping[str, int], told: Mapping[str, str]) -> None:
    """Commits `new` files and, in the same commit, the loss of `rows`."""
    for _ in range(ATTEMPTS):
        table.refresh()
        old = [Held.of(action) for action in table.actions() if rows.may_be_in(action) and _lost(table, action["path"], rows)]
        kept = [file for each in old for file in _written(table, each, rows)]
        try:
            table.replace(old, [*kept, *new], Exchange("DELETE", True, transactions, told))
        except Replaced:
            continue
        return
    raise Failure(f"{table.name}: its files are exchanged faster than rows can be taken out", "let `fleet maintain` end, then start again")


def count(table: Table, rows: Lost) -> int:
    """How many of the rows the table holds."""
    return sum(_lost(table, action["path"], rows) for action in table.actions() if rows.may_be_in(action))


def _lost(table: Table, file: str, rows: Lost) -> int:
    """How many of them a file has."""
    files, path = filesystem(f"{table.path}/{file}")
    held = pq.ParquetFile(path, filesystem=files).read(rows.columns, use_threads=False)
    return int(rows.among(pl.DataFrame(held)).sum())


def is_among(rows: Sequence[Stretch]) -> pl.Expr:
    """Whether a row's place is in one of the stretches."""
    return pl.any_horizontal(
        (pl.col("topic_id") == row.topic_id) & (pl.col("partition") == row.partition) & pl.col("offset").is_between(row.first, row.last)
        for row in rows
    )


def _written(table: Table, file: Held, rows: Lost) -> Iterator[DataFile]:
    """The file again, without the rows; none where nothing is left."""
    of = contract(table.name)
    writer = FileWriter(table.path, arrow_schema(of), file.partition, statistics_columns(of))
    files, path = filesystem(f"{table.path}/{file.path}")
    with files.open_input_file(path) as opened:
        for batch in pq.ParquetFile(opened).iter_batches(use_threads=False):
            lost = rows.among(pl.DataFrame(pa.table(batch.select(rows.columns))))
            left = pa.table(batch).filter((~lost).to_arrow())
            if left.num_rows:
                writer.write(left)
    written = writer.close()
    if written.rows:
        yield written
