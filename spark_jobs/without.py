"""A table without some of its rows: the files that hold them are written anew, and exchanged in one commit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

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


def take_out(
    table: Table, rows: Sequence[Stretch], new: Sequence[DataFile], transactions: Mapping[str, int], told: Mapping[str, str]
) -> None:
    """Commits `new` files and, in the same commit, the loss of `rows`."""
    for _ in range(ATTEMPTS):
        table.refresh()
        old = [Held.of(action) for action in table.actions() if _holds(table, action, rows)]
        kept = [file for each in old for file in _written(table, each, rows)]
        try:
            table.replace(old, [*kept, *new], Exchange("DELETE", True, transactions, told))
        except Replaced:
            continue
        return
    raise Failure(f"{table.name}: its files are exchanged faster than rows can be taken out", "let `fleet maintain` end, then start again")


def _holds(table: Table, action: Mapping[str, object], rows: Sequence[Stretch]) -> bool:
    """Whether a file has one of the rows; its statistics spare most of them to be read."""
    first, last = action.get("min.offset"), action.get("max.offset")
    near = [row for row in rows if not (isinstance(first, int) and isinstance(last, int) and (row.last < first or row.first > last))]
    if not near:
        return False
    files, path = filesystem(f"{table.path}/{action['path']}")
    places = pq.ParquetFile(path, filesystem=files).read(["topic_id", "partition", "offset"], use_threads=False)
    return bool(pl.DataFrame(places).select(is_among(near).any()).item())


def is_among(rows: Sequence[Stretch]) -> pl.Expr:
    """Whether a row's place is in one of the stretches."""
    return pl.any_horizontal(
        (pl.col("topic_id") == row.topic_id) & (pl.col("partition") == row.partition) & pl.col("offset").is_between(row.first, row.last)
        for row in rows
    )


def _written(table: Table, file: Held, rows: Sequence[Stretch]) -> Iterator[DataFile]:
    """The file again, without the rows; none where nothing is left."""
    of = contract(table.name)
    writer = FileWriter(table.path, arrow_schema(of), file.partition, statistics_columns(of))
    files, path = filesystem(f"{table.path}/{file.path}")
    with files.open_input_file(path) as opened:
        for batch in pq.ParquetFile(opened).iter_batches(use_threads=False):
            left = pa.table(batch).filter(_left(batch, rows))
            if left.num_rows:
                writer.write(left)
    written = writer.close()
    if written.rows:
        yield written


def _left(batch: pa.RecordBatch, rows: Sequence[Stretch]) -> pa.Array:
    places = pl.DataFrame(pa.table(batch.select(["topic_id", "partition", "offset"])))
    return places.select(~is_among(rows)).to_series().to_arrow()
