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
    """Refines the item and returns, as JSON, the `files` per table, the `counts` and the rows `quarantined` by reason."""
    silver, quarantine, duplicates = (
        Sorted(task.lake, task.contract),
        Streamed(task.lake, contract("silver.quarantine")),
        Streamed(task.lake, contract("ops.duplicates")),
    )
    counts, reasons, notes = Counter[str](), Counter[str](), task.notes
    for chunk in chunks(task.item):
        outcome, notes = refine(chunk, task.contract, notes, task.run, task.limits)
        pa.default_memory_pool().release_unused()  # a worker lives on: what a large chunk took must not stay with it
        counts.update(_counted(chunk, outcome))
        reasons.update(outcome.quarantine["reason"].to_pylist())
        if task.dry:
            continue
        silver.write(outcome.silver)
        duplicates.write(outcome.duplicates)
        if not task.replays:
            quarantine.write(outcome.quarantine)
    files = {task.contract.id: silver.close(), "silver.quarantine": quarantine.close(), "ops.duplicates": duplicates.close()}
    told = {table: [asdict(file) for file in written] for table, written in files.items()}
    return json.dumps({"files": told, "counts": counts, "quarantined": reasons}).encode()


def accepted_places(task: Task) -> bytes:
    """The places, as JSON, of those of the item's `only` rows that hold by themselves."""
    found = [accepted(chunk, task.contract, task.limits) for chunk in chunks(task.item)]
    return json.dumps([list(place) for frame in found for place in frame.select(PLACE).iter_rows()]).encode()


def chunks(item: WorkItem) -> Iterator[pa.Table]:
    """The item's rows with all columns of bronze, in reading order, about CHUNK_BYTES at a time."""
    only = sorted(item.only) if item.only is not None else None
    for file in item.files:
        filesystem_, path = filesystem(file.uri)
        with filesystem_.open_input_file(path) as opened:
            yield from _chunks_of(pq.ParquetFile(opened), file, item, only)


def _chunks_of(parquet: pq.ParquetFile, file: SourceFile, item: WorkItem, only: list[int] | None) -> Iterator[pa.Table]:
    rows_a_chunk = max(1, parquet.metadata.num_rows * CHUNK_BYTES // max(file.raw_bytes, 1))
    names = [name for name in BRONZE.names if name != "received_on"]
    for batch in parquet.iter_batches(rows_a_chunk, row_groups=_row_groups(parquet, only), columns=names, use_threads=False):
        wanted = _wanted(pa.table(batch), item, only)
        if wanted.num_rows:
            yield wanted.append_column("received_on", wanted["received_at"].cast(pa.date32())).select(BRONZE.names)


def _wanted(rows: pa.Table, item: WorkItem, only: list[int] | None) -> pa.Table:
    """The rows that are the item's: of its topic-partition, above its position, among its offsets."""
    here = pc.and_(pc.equal(rows["topic_id"], item.topic_id), pc.equal(rows["partition"], item.partition))
    mask = pc.and_(here, pc.greater(rows["offset"], item.after))
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


def _counted(chunk: pa.Table, outcome: Outcome) -> dict[str, Any]:
    return {
        "rows": chunk.num_rows,
        "silver": outcome.silver.num_rows,
        "duplicates": outcome.duplicates.num_rows,
        "refined": outcome.refined,
    }


BRONZE = arrow_schema(contract("bronze.events"))
