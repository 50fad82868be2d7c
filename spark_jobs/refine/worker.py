"""What one Spark task does: it opens the files of its work item itself, refines them chunk by chunk and writes the results."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from expectations.contract import Contract, contract
from expectations.schemas import arrow_schema
from spark_jobs.decode import Limits
from spark_jobs.files import filesystem
from spark_jobs.refine.items import SourceFile, WorkItem
from spark_jobs.refine.sinks import Sorted, Streamed
from spark_jobs.refine.twins import PLACE
from spark_jobs.refine.work import Notes, Outcome, accepted, refine

QUARANTINED = "quarantined: "  # before a reason
CHUNK_BYTES = 8_000_000  # raw bytes that are decoded at once: bounds a worker's memory


@dataclass(frozen=True)
class Task:
    """A work item with all that its worker must know; it reads no settings, since another machine has others."""

    item: WorkItem
    contract: Contract
    lake: str
    run: int
    limits: Limits
    notes: Notes
    replays: bool = False  # what is rejected again stays where it is, in quarantine
    dry: bool = False  # only count


def refined_files(task: Task) -> bytes:
    """Refines the item and returns, as JSON, the `files` per table, and how many rows went where: [topic id, partition, COUNTED, count], …"""
    silver, quarantine, duplicates = (
        Sorted(task.lake, task.contract),
        Streamed(task.lake, contract("silver.quarantine")),
        Streamed(task.lake, contract("ops.duplicates")),
    )
    counts, notes = Counter[tuple[str, int, str]](), task.notes
    for chunk in chunks(task.item):
        outcome, notes = refine(chunk, task.contract, notes, task.run, task.limits)
        pa.default_memory_pool().release_unused()  # a worker lives on: what a large chunk took must not stay with it
        counts.update(_counted(chunk, outcome))
        if task.dry:
            continue
        silver.write(outcome.silver)
        duplicates.write(outcome.duplicates)
        if not task.replays:
            quarantine.write(outcome.quarantine)
    files = {task.contract.id: silver.close(), "silver.quarantine": quarantine.close(), "ops.duplicates": duplicates.close()}
    told = {table: [asdict(file) for file in written] for table, written in files.items()}
    return json.dumps({"files": told, "counts": [[*counted, count] for counted, count in counts.items()]}).encode()


def accepted_places(task: Task) -> bytes:
    """The places, as JSON, of those of the item's `only` rows that hold by themselves."""
    found = [accepted(chunk, task.contract, task.limits) for chunk in chunks(task.item)]
    return json.dumps([list(place) for frame in found for place in frame.select(PLACE).iter_rows()]).encode()


def chunks(item: WorkItem) -> Iterator[pa.Table]:
    """The item's rows with all columns of bronze, in reading order, about CHUNK_BYTES at a time: small files share a chunk."""
    waiting: list[pa.Table] = []
    size = 0
    for rows, raw_bytes in (part for file in item.files for part in _parts(file)):
        if waiting and size + raw_bytes > CHUNK_BYTES:
            yield _together(waiting)
            waiting, size = [], 0
        waiting.append(rows)
        size += raw_bytes
        if size > CHUNK_BYTES // 2:  # the next part of a large file would not fit, so do not hold this one while it is read
            yield _together(waiting)
            waiting, size = [], 0
    if waiting:
        yield _together(waiting)


def _together(tables: list[pa.Table]) -> pa.Table:
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).combine_chunks()


def _parts(file: SourceFile) -> Iterator[tuple[pa.Table, int]]:
    """The file's wanted rows in parts of at most about CHUNK_BYTES, and how many raw bytes each has."""
    filesystem_, path = filesystem(file.uri)
    only = sorted(file.only) if file.only is not None else None
    names = [name for name in BRONZE.names if name != "received_on"]
    with filesystem_.open_input_file(path) as opened:
        parquet = pq.ParquetFile(opened)
        row_bytes = file.raw_bytes / max(parquet.metadata.num_rows, 1)
        rows_a_part = max(1, int(CHUNK_BYTES / max(row_bytes, 1)))
        for batch in parquet.iter_batches(rows_a_part, row_groups=_row_groups(parquet, only), columns=names, use_threads=False):
            wanted = _wanted(pa.table(batch), file, only)
            if wanted.num_rows:
                whole = wanted.append_column("received_on", wanted["received_at"].cast(pa.date32())).select(BRONZE.names)
                yield whole, int(wanted.num_rows * row_bytes)


def _wanted(rows: pa.Table, file: SourceFile, only: list[int] | None) -> pa.Table:
    """The rows that are the item's: of the file's topic-partition, above its position, among its offsets."""
    here = pc.and_(pc.equal(rows["topic_id"], file.topic_id), pc.equal(rows["partition"], file.partition))
    mask = pc.and_(here, pc.greater(rows["offset"], file.after))
    if only is not None:
        mask = pc.and_(mask, pc.is_in(rows["offset"], pa.array(only, pa.int64())))
    return rows if pc.all(mask).as_py() else rows.filter(mask)


def _row_groups(parquet: pq.ParquetFile, only: list[int] | None) -> list[int]:
    """Row groups that can hold one of the offsets `only`."""
    groups = range(parquet.metadata.num_row_groups)
    return [group for group in groups if only is None or _holds(parquet.metadata.row_group(group), only)]


def _holds(group: pq.RowGroupMetaData, offsets: list[int]) -> bool:
    column = next(group.column(index) for index in range(group.num_columns) if group.column(index).path_in_schema == "offset")
    if column.statistics is None or not column.statistics.has_min_max:
        return True
    at = bisect_left(offsets, column.statistics.min)
    return at < len(offsets) and offsets[at] <= column.statistics.max


def _counted(chunk: pa.Table, outcome: Outcome) -> dict[tuple[str, int, str], int]:
    """Rows by topic-partition and what became of them: `rows` is all, a quarantined row counts as its reason."""
    went = {"rows": chunk, "silver": outcome.silver, "duplicates": outcome.duplicates, "refined": outcome.refined}
    counts = {(*source, name): count for name, rows in went.items() for *source, count in _per_source(rows, [])}
    return counts | {
        (topic_id, partition, QUARANTINED + reason): count
        for topic_id, partition, reason, count in _per_source(outcome.quarantine, ["reason"])
    }


def _per_source(rows: pa.Table, more: list[str]) -> Iterator[tuple[Any, ...]]:
    keys = ["topic_id", "partition", *more]
    counts = rows.group_by(keys).aggregate([([], "count_all")])
    return zip(*(counts[name].to_pylist() for name in (*keys, "count_all")), strict=True)


BRONZE = arrow_schema(contract("bronze.events"))
