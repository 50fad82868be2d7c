"""Bodies of duplicates and of what was kept instead, put aside on disk while bronze is read, and compared byte by byte."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from spark_jobs.audit.dataset import Span, by_log
from spark_jobs.audit.findings import Finding, Log, finding
from spark_jobs.audit.lake import Rows
from spark_jobs.audit.marks import PLACE

BODIES = pa.schema([("topic_id", pa.string()), ("partition", pa.int32()), ("offset", pa.int64()), ("body", pa.binary())])
FLUSH = 8 * 1024 * 1024  # bytes of bodies that wait for their row group
NEAR = 10_000  # offsets between two places that are looked up in bronze together
COMPARE = """
    select distinct twin.topic_id, twin.partition, twin."offset", kept.body is null as is_missing
    from duplicates as twin
    join bodies as own on own.topic_id = twin.topic_id and own.partition = twin.partition and own."offset" = twin."offset"
    left join bodies as kept on kept.topic_id = twin.kept_topic_id and kept.partition = twin.kept_partition and kept."offset" = twin.kept_offset
    where kept.body is distinct from own.body
"""


class Bodies:
    """The bodies of the places that `duplicates` name, whichever way they come; 16 bytes of memory a place."""

    def __init__(self, folder: Path, duplicates: pl.DataFrame) -> None:
        """`duplicates`: family, topic_id, partition, offset and kept_topic_id, kept_partition, kept_offset."""
        self._folder, self._duplicates = folder, duplicates
        self._wanted = _places(duplicates)
        self._have: dict[tuple[str, Log], list[npt.NDArray[np.int64]]] = defaultdict(list)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_bytes = 0
        self._path = folder / "bodies.parquet"
        self._writer = pq.ParquetWriter(self._path, BODIES, compression="lz4")

    def keep(self, family: str, rows: pa.RecordBatch) -> None:
        """Puts those of a family's bronze rows (places and bodies) aside that are wanted."""
        offsets = np.asarray(rows["offset"])
        for log, at in by_log(rows):
            if (family, log) in self._wanted:
                hits = at[np.isin(offsets[at], self._wanted[family, log], kind="sort")]
                if not len(hits):
                    continue
                self._have[family, log].append(offsets[hits])
                taken = rows.select(BODIES.names).take(pa.array(hits)).cast(BODIES)
                self._waiting.append(taken)
                self._waiting_bytes += taken.nbytes
        if self._waiting_bytes > FLUSH:
            self._flush()

    def fetch(self, bronze: Mapping[str, Rows]) -> None:
        """Looks up in bronze what has not come by."""
        for (family, log), wanted in self._wanted.items():
            missing = np.setdiff1d(wanted, np.concatenate([np.empty(0, np.int64), *self._have[family, log]]))
            for span in _near(missing):
                for rows in bronze[family].batches(BODIES.names, {log: span}):
                    self.keep(family, rows)

    def compare(self) -> list[Finding]:
        """Duplicates whose body is not the one that was kept, or whose kept place bronze does not hold."""
        self._flush()
        self._writer.close()
        if self._duplicates.is_empty():
            return []
        with duckdb.connect(config={"memory_limit": "512MB", "temp_directory": str(self._folder), "threads": 2}) as database:
            database.register("duplicates", self._duplicates.to_arrow())
            database.read_parquet(str(self._path)).create_view("bodies")
            broken = database.execute(COMPARE).pl()
        is_missing = pl.col("is_missing")
        return each_log(broken.filter(~is_missing), "not_a_duplicate") + each_log(broken.filter(is_missing), "kept_unread")

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, BODIES))
            self._waiting.clear()
            self._waiting_bytes = 0


def each_log(rows: pl.DataFrame, kind: str, table: str = "ops.duplicates") -> list[Finding]:
    """One finding per topic-partition over rows with a place."""
    return [
        found
        for (topic_id, partition), group in rows.group_by("topic_id", "partition")
        for found in finding(kind, table, Log(str(topic_id), int(str(partition))), group["offset"])
    ]


def _places(duplicates: pl.DataFrame) -> dict[tuple[str, Log], npt.NDArray[np.int64]]:
    """By family and topic-partition the offsets of all places, in ascending order."""
    own, kept = (duplicates.select("family", *(pl.col(f"{prefix}{name}").alias(name) for name in PLACE)) for prefix in ("", "kept_"))
    places = pl.concat([own, kept]).unique().sort("offset").partition_by("family", "topic_id", "partition", as_dict=True)
    return {(str(family), Log(*log)): rows["offset"].to_numpy() for (family, *log), rows in places.items()}


def _near(offsets: npt.NDArray[np.int64]) -> Iterator[Span]:
    """Stretches of places that are near to each other."""
    for stretch in np.split(offsets, np.flatnonzero(np.diff(offsets) > NEAR) + 1):
        if len(stretch):
            yield Span(int(stretch[0]), int(stretch[-1]))
