"""A table's data files, read one after the other from the list of files alone.

What an auditor is to prove must not rest on what the log says of a file: a full audit looks into every one, and no audit passes by a
file whose bounds the log does not have.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.audit.findings import Log
from spark_jobs.files import filesystem
from spark_jobs.tables import Table

ROWS = 16_384  # in a batch at most
BYTES = 8_000_000  # in a batch, about
EVERYWHERE = -(2**63), 2**63 - 1


class Span(NamedTuple):
    """Offsets from `first` to `last`, both included."""

    first: int
    last: int


Spans = Mapping[Log, Span]


@dataclass(frozen=True)
class Listed:
    """What the log says of a file: its partition, and between which bounds its places lie."""

    path: str
    values: Mapping[str, Any]
    partitions: tuple[int, int]
    offsets: tuple[int, int]

    def may_hold(self, spans: Spans) -> bool:
        """Whether its bounds leave room for one of the places."""
        return any(
            self.partitions[0] <= log.partition <= self.partitions[1] and first <= self.offsets[1] and last >= self.offsets[0]
            for log, (first, last) in spans.items()
        )


class Dataset:
    """The files of one version of a table."""

    def __init__(self, table: Table, *, pruned: bool) -> None:
        """`pruned`: files are passed by whose bounds in the log say that they hold no wanted place."""
        self._table, self._pruned = table, pruned
        self._files, self._root = filesystem(table.path)
        self._schema = pa.schema(table.delta.schema().to_arrow())

    def read(self, columns: Sequence[str], spans: Spans | None, only: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        """Batches of those columns: rows at the places of `spans`, with the values of `only`."""
        needed = [*columns, *(name for name in _needed(spans, only) if name not in columns)]
        wanted = (_filtered(rows, spans, only) for rows in self._every(needed, spans, only))
        return _together(rows.select(list(columns)) for rows in wanted if rows.num_rows)

    def _every(self, columns: Sequence[str], spans: Spans | None, only: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        """All batches of the files that may hold such rows."""
        for file in self.listed(spans, only):
            with self._files.open_input_file(f"{self._root}/{file.path}") as opened:
                yield from self._whole(pq.ParquetFile(opened), file, columns, spans)

    def count(self, only: Mapping[str, Any]) -> int:
        """The rows of the files that may hold such values, as their footers say."""
        return sum(pq.read_metadata(f"{self._root}/{file.path}", filesystem=self._files).num_rows for file in self.listed(None, only))

    def listed(self, spans: Spans | None, only: Mapping[str, Any]) -> Iterator[Listed]:
        """The files that may hold such rows."""
        for file in self._listed:
            is_here = all(file.values[name] == value for name, value in only.items() if name in file.values)
            if is_here and (spans is None or not self._pruned or file.may_hold(spans)):
                yield file

    @cached_property
    def _listed(self) -> list[Listed]:
        partitions = self._table.delta.metadata().partition_columns
        return [_listed(action, partitions) for action in self._table.actions()]

    def _whole(self, parquet: pq.ParquetFile, file: Listed, columns: Sequence[str], spans: Spans | None) -> Iterator[pa.RecordBatch]:
        """Batches as the table's schema has them: with the partition's values, and null where an older file lacks a column."""
        held = [name for name in columns if name in parquet.schema_arrow.names]
        fields = [self._schema.field(name) for name in columns]
        groups = [group for group in range(parquet.num_row_groups) if spans is None or _overlaps(parquet.metadata.row_group(group), spans)]
        for rows in parquet.iter_batches(_size(parquet.metadata, columns), row_groups=groups, columns=held, use_threads=False):
            yield pa.record_batch([_column(rows, field, file, held) for field in fields], schema=pa.schema(fields))


def _together(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in larger batches: what is done with one costs as much for ten rows as for a thousand, and small files have ten."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if held and (rows + batch.num_rows > ROWS or size + batch.nbytes > BYTES):
            yield pa.concat_batches(held)
            held, rows, size = [], 0, 0
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if held:
        yield pa.concat_batches(held)


def by_log(rows: pa.RecordBatch) -> Iterator[tuple[Log, npt.NDArray[np.int64]]]:
    """The topic-partitions in a batch, each with the numbers of its rows."""
    topics = rows["topic_id"].dictionary_encode(null_encoding="encode")
    codes = np.asarray(topics.indices).astype(np.int64) * 2**32 + np.asarray(rows["partition"])
    for code in np.unique(codes).tolist():
        yield Log(topics.dictionary[code >> 32].as_py(), code & 0xFFFFFFFF), np.flatnonzero(codes == code)


def _listed(action: Mapping[str, Any], partitions: Sequence[str]) -> Listed:
    bounds = [_bounds(action, name) for name in ("partition", "offset")]
    return Listed(action["path"], {name: action[f"partition.{name}"] for name in partitions}, *bounds)


def _bounds(action: Mapping[str, Any], name: str) -> tuple[int, int]:
    """What the log really has: a bound that it lacks excludes nothing."""
    lowest, highest = action.get(f"min.{name}"), action.get(f"max.{name}")
    return EVERYWHERE[0] if lowest is None else lowest, EVERYWHERE[1] if highest is None else highest


def _needed(spans: Spans | None, only: Mapping[str, Any]) -> list[str]:
    return [*(() if spans is None else ("topic_id", "partition", "offset")), *only]


def _size(footer: pq.FileMetaData, columns: Collection[str]) -> int:
    """Rows a batch: few where bodies are large."""
    if "body" not in columns:
        return ROWS
    raw: int = sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
    rows: int = footer.num_rows * BYTES // max(raw, 1)
    return max(1, min(ROWS, rows))


def _overlaps(group: pq.RowGroupMetaData, spans: Spans) -> bool:
    """Whether a row group can hold one of the offsets, by its own footer."""
    column = next((each for each in map(group.column, range(group.num_columns)) if each.path_in_schema == "offset"), None)
    if column is None or column.statistics is None or not column.statistics.has_min_max:
        return True
    lowest, highest = column.statistics.min, column.statistics.max
    return any(first <= highest and last >= lowest for first, last in spans.values())


def _column(rows: pa.RecordBatch, field: pa.Field, file: Listed, held: Collection[str]) -> pa.Array:
    if field.name in held:
        return rows[field.name].cast(field.type)
    return pa.repeat(pa.scalar(file.values.get(field.name), field.type), rows.num_rows)


def within(rows: pa.RecordBatch, spans: Spans) -> pa.RecordBatch:
    """The rows at these places."""
    mask = _within(rows, spans)
    return rows if mask.all() else rows.filter(pa.array(mask))


def _filtered(rows: pa.RecordBatch, spans: Spans | None, only: Mapping[str, Any]) -> pa.RecordBatch:
    mask = np.ones(rows.num_rows, np.bool_) if spans is None else _within(rows, spans)
    for name, value in only.items():
        mask &= np.asarray(pa.compute.equal(rows[name], value).fill_null(False))
    return rows if mask.all() else rows.filter(pa.array(mask))


def _within(rows: pa.RecordBatch, spans: Spans) -> npt.NDArray[np.bool_]:
    mask, offsets = np.zeros(rows.num_rows, np.bool_), np.asarray(rows["offset"])
    for log, at in by_log(rows):
        if log in spans:
            mask[at] = (offsets[at] >= spans[log].first) & (offsets[at] <= spans[log].last)
    return mask
