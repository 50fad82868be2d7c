"""Parquet files of a table before they are committed: written and synced by workers, handed to the driver as `DataFile`s.

A file that no commit names is not part of its table, so a worker that dies leaves nothing but garbage for a later VACUUM.
"""

import json
import math
import os
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs


@dataclass(frozen=True)
class DataFile:
    """A data file that a commit may add: everything that the log says of it."""

    path: str  # relative to the table's folder
    size: int
    rows: int
    partition: Mapping[str, str | None]
    stats: str  # JSON as the Delta protocol has it
    modified_ms: int

    def to_json(self) -> str:
        """One line; `from_json` gives the same file back."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))


class FileWriter:
    """Streams record batches of one partition into one zstd file; memory is bounded by a row group."""

    def __init__(
        self, root: str, schema: pa.Schema, partition: Mapping[str, date | str | None], statistics: Sequence[str], plain: Sequence[str] = ()
    ) -> None:
        """`schema` includes the partition columns, which live in the path; `plain` columns get no dictionary."""
        self.rows, self.bytes = 0, 0
        self._partition = {name: None if value is None else str(value) for name, value in partition.items()}
        self._schema = pa.schema([field for field in schema if field.name not in partition])
        self._statistics = [name for name in statistics if name in self._schema.names]
        self._filesystem, base = filesystem(root)
        self.path = "/".join([*(f"{name}={value}" for name, value in self._partition.items()), f"{uuid.uuid4().hex}.parquet"])
        self._target = f"{base}/{self.path}"
        self._filesystem.create_dir(os.path.dirname(self._target), recursive=True)
        self._footer: list[pq.FileMetaData] = []
        self._writer = pq.ParquetWriter(
            self._target,
            self._schema,
            filesystem=self._filesystem,
            compression="zstd",
            compression_level=1,
            use_dictionary=[leaf for field in self._schema if field.name not in plain for leaf in _leaves(field.name, field.type)],
            write_statistics=self._statistics or False,
            metadata_collector=self._footer,
        )

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Adds rows; partition columns in them are left out."""
        table = pa.table(rows) if isinstance(rows, pa.RecordBatch) else rows
        self._writer.write_table(table.select(self._schema.names).cast(self._schema))
        self.rows, self.bytes = self.rows + table.num_rows, self.bytes + table.nbytes

    def close(self) -> DataFile:
        """Ends the file and forces it to disk, so that a commit never names bytes that a power cut can take."""
        self._writer.close()
        if isinstance(self._filesystem, fs.LocalFileSystem):
            sync(self._target)
        size = self._filesystem.get_file_info(self._target).size
        return DataFile(self.path, size, self.rows, self._partition, _stats(self._footer[0], self._statistics), int(time.time() * 1000))


def write(
    root: str, rows: pa.Table, partition: Mapping[str, date | str | None], statistics: Sequence[str], plain: Sequence[str] = ()
) -> DataFile:
    """One file of `rows`, all of one partition."""
    writer = FileWriter(root, rows.schema, partition, statistics, plain)
    writer.write(rows)
    return writer.close()


def missing(root: str, files: Iterable[DataFile]) -> list[str]:
    """Paths of files that are not there, or not as long as they were written."""
    filesystem_, base = filesystem(root)
    listed = list(files)
    found = filesystem_.get_file_info([f"{base}/{file.path}" for file in listed]) if listed else []
    return [file.path for file, info in zip(listed, found, strict=True) if info.size != file.size]


def raw_bytes(uri: str) -> int:
    """Uncompressed bytes of a Parquet file, as its footer says."""
    filesystem_, path = filesystem(uri)
    footer = pq.read_metadata(path, filesystem=filesystem_)
    return sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))


def filesystem(root: str) -> tuple[fs.FileSystem, str]:
    """The file system behind a folder or URL, and the path in it."""
    return fs.FileSystem.from_uri(root) if "://" in root else (fs.LocalFileSystem(), root)


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    """Parquet's names of the leaf columns below a field."""
    if pa.types.is_map(kind):
        return _leaves(f"{path}.key_value.key", kind.key_type) + _leaves(f"{path}.key_value.value", kind.item_type)
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [path]


def _stats(footer: pq.FileMetaData, columns: Sequence[str]) -> str:
    """The log's statistics of a file, out of its footer: no second pass over the rows."""
    wanted = set(columns)
    chunks = [
        (chunk.path_in_schema, chunk.statistics)
        for group in range(footer.num_row_groups)
        for index in range(footer.num_columns)
        if (chunk := footer.row_group(group).column(index)).path_in_schema in wanted and chunk.statistics is not None
    ]
    by_column: dict[str, list[Any]] = {}
    for name, statistics in chunks:
        by_column.setdefault(name, []).append(statistics)
    bounded = {name: parts for name, parts in by_column.items() if _bounded(parts)}
    return json.dumps(
        {
            "numRecords": footer.num_rows,
            "minValues": {name: _plain(min(part.min for part in parts if part.has_min_max)) for name, parts in bounded.items()},
            "maxValues": {name: _plain(max(part.max for part in parts if part.has_min_max)) for name, parts in bounded.items()},
            "nullCount": {name: sum(part.null_count for part in parts) for name, parts in by_column.items()},
        }
    )


def _bounded(parts: Sequence[Any]) -> bool:
    """Whether every part that holds a value has bounds; one without would make the file's bounds a lie."""
    return any(part.has_min_max for part in parts) and all(part.has_min_max or part.num_values == 0 for part in parts)


def _plain(value: Any) -> Any:
    """A bound as JSON has it in the log."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sync(path: str) -> None:
    """Forces a file and its name to disk."""
    for target in (path, os.path.dirname(path)):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
