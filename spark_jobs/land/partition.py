"""What a worker does with one topic-partition: its records go to Parquet as they stream in, and a report of them goes to the driver."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.files import DataFile
from spark_jobs.land.days import DayFiles
from spark_jobs.land.hashes import CHECKSUM_SPACE
from spark_jobs.land.rows import land

REPORT = (
    "topic string, partition int, files array<string>, rows bigint, bytes bigint, first_offset bigint, last_offset bigint, "
    "hole_from bigint, hole_to bigint, missing bigint, checksum string"
)
REPORT_SCHEMA = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("files", pa.list_(pa.string())),
        *((name, pa.int64()) for name in ("rows", "bytes", "first_offset", "last_offset", "hole_from", "hole_to", "missing")),
        ("checksum", pa.string()),
    ]
)


@dataclass
class Report:
    """What was written of one topic-partition. Offsets are inclusive; the first hole between its rows is hole_from … hole_to."""

    topic: str
    partition: int
    files: list[DataFile] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0  # of bodies
    first_offset: int | None = None
    last_offset: int | None = None
    hole_from: int | None = None
    hole_to: int | None = None
    missing: int = 0  # offsets in all holes
    checksum: int = 0

    def count(self, offsets: np.ndarray, body_bytes: int, checksum: int) -> None:
        """Takes in a batch. Raises ValueError where offsets do not ascend: then they are not what Kafka gave."""
        before = offsets[0] - 1 if self.last_offset is None else self.last_offset
        gaps = np.diff(offsets, prepend=before) - 1
        if (gaps < 0).any():
            raise ValueError(f"{self.topic}/{self.partition}: offsets do not ascend after {before}")
        if self.hole_from is None and gaps.any():
            place = int(np.flatnonzero(gaps)[0])
            self.hole_from, self.hole_to = int(offsets[place] - gaps[place]), int(offsets[place] - 1)
        self.first_offset = int(offsets[0]) if self.first_offset is None else self.first_offset
        self.last_offset = int(offsets[-1])
        self.rows, self.bytes, self.missing = self.rows + len(offsets), self.bytes + body_bytes, self.missing + int(gaps.sum())
        self.checksum = (self.checksum + checksum) % CHECKSUM_SPACE

    def to_row(self) -> dict[str, Any]:
        """As REPORT has it."""
        return self.__dict__ | {"files": [file.to_json() for file in self.files], "checksum": f"{self.checksum:032x}"}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Report":
        """The inverse of `to_row`."""
        return cls(**{**row, "files": [DataFile.from_json(text) for text in row["files"]], "checksum": int(row["checksum"], 16)})


@dataclass(frozen=True)
class Target:
    """Where rows go: the folder of each topic's table and its id, and what a file of them looks like."""

    roots: Mapping[str, str]
    topic_ids: Mapping[str, str]
    schema: pa.Schema
    statistics: tuple[str, ...]
    file_bytes: int

    def write(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """For mapInArrow: writes the records of one task and yields its reports, one for each topic-partition that had any."""
        reports: dict[tuple[str, int], Report] = {}
        files: dict[tuple[str, int], DayFiles] = {}
        for records in batches:
            for (topic, partition), part in by_partition(records):
                place = topic, partition
                landed = land(part, self.topic_ids[topic], self.schema)
                body_bytes = pc.sum(pc.binary_length(part["value"])).as_py() or 0
                reports.setdefault(place, Report(*place)).count(np.asarray(part["offset"]), body_bytes, landed.checksum)
                if place not in files:
                    files[place] = DayFiles(self.roots[topic], self.schema, self.statistics, self.file_bytes)
                files[place].add(landed.rows)
        for place, report in reports.items():
            report.files = files[place].close()
        if reports:
            yield pa.RecordBatch.from_pylist([report.to_row() for report in reports.values()], schema=REPORT_SCHEMA)


def by_partition(records: pa.RecordBatch) -> Iterator[tuple[tuple[str, int], pa.RecordBatch]]:
    """The records of each topic-partition, in their order; a task of Spark has one of them unless told otherwise."""
    if not records.num_rows:
        return
    topics, partitions = records["topic"].dictionary_encode(), records["partition"]
    places = np.asarray(topics.indices, np.int64) * 2**32 + np.asarray(partitions)
    for place in np.unique(places):
        chosen = np.flatnonzero(places == place)
        part = records if len(chosen) == records.num_rows else records.take(pa.array(chosen))
        yield (part["topic"][0].as_py(), part["partition"][0].as_py()), part
