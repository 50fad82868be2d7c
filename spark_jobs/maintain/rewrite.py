"""What one Spark task does with a group of small files: it writes their rows anew, in few files, and changes none."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from fleetlake.console import Failure
from spark_jobs.files import DataFile, FileWriter, filesystem
from spark_jobs.maintain.merge import is_sorted, merged, sorted_rows
from spark_jobs.maintain.plan import Group

BATCH_ROWS = 4_096
FILE_BYTES = 512_000_000  # of Arrow data: some 64 MB on disk


@dataclass(frozen=True)
class Rewriting:
    """A group, and what its table looks like. `order`: the columns that rows are clustered by; none keeps them as they stand."""

    root: str
    schema: pa.Schema
    statistics: tuple[str, ...]
    plain: tuple[str, ...]
    order: tuple[str, ...]
    group: Group


def rewritten(task: Rewriting) -> bytes:
    """Writes the group's rows and returns the new files as JSON. Raises Failure when they are not as many as before."""
    files = list(_written(task))
    before, after = sum(file.rows for file in task.group.files), sum(file.rows for file in files)
    if before != after:
        raise Failure(f"{task.root}: {before:,} rows became {after:,} while they were rewritten", "nothing was committed; report this")
    return json.dumps([asdict(file) for file in files]).encode()


def read(told: bytes) -> list[DataFile]:
    """The inverse of what `rewritten` returns."""
    return [DataFile(**file) for file in json.loads(told)]


def _written(task: Rewriting) -> Iterator[DataFile]:
    partition = task.group.files[0].partition
    schema = pa.schema([field for field in task.schema if field.name not in partition])
    writer = None
    for rows in _stream(task, schema):
        if writer is None:
            writer = FileWriter(task.root, task.schema, partition, task.statistics, task.plain)
        writer.write(rows)
        if writer.bytes >= FILE_BYTES:
            yield writer.close()
            writer = None
    if writer is not None:
        yield writer.close()


def _stream(task: Rewriting, schema: pa.Schema) -> Iterator[pa.Table]:
    """All rows, in large pieces: a piece is a row group."""
    runs = [_run(f"{task.root}/{file.path}", schema, task.order) for file in task.group.files]
    parts = merged(runs, task.order) if task.order else (rows for run in runs for rows in run)
    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(part)
        if sum(each.nbytes for each in waiting) >= 16_000_000:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _run(uri: str, schema: pa.Schema, order: Sequence[str]) -> Iterator[pa.Table]:
    """A file's rows, sorted where an order is asked; one that was written otherwise is sorted whole: it is small."""
    files, path = filesystem(uri)
    with files.open_input_file(path) as opened:
        parquet = pq.ParquetFile(opened)
        if order and not is_sorted(parquet.read(list(order), use_threads=False), order):
            yield _as(sorted_rows(parquet.read(use_threads=False), order), schema)
            return
        for batch in parquet.iter_batches(BATCH_ROWS, use_threads=False):
            yield _as(pa.table(batch), schema)


def _as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows with all columns of the table: those that it has gained since the file was written are null."""
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)
