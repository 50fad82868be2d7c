"""Bodies of duplicates and of what was kept instead, put aside on disk while bronze is read, and compared byte by byte."""

from collections import defaultdict
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from spark_jobs.audit.findings import Finding, Log, finding
from spark_jobs.audit.lake import Rows, of_log

BODIES = pa.schema([("topic_id", pa.string()), ("partition", pa.int32()), ("offset", pa.int64()), ("body", pa.binary())])
FLUSH = 8 * 1024 * 1024  # bytes of bodies that wait for their row group
CHUNK = 5000  # places looked up in bronze at a time
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
        """`duplicates`: topic_id, partition, offset and kept_topic_id, kept_partition, kept_offset."""
        self._folder, self._duplicates = folder, duplicates
        self._wanted = _places(duplicates)
        self._have: dict[Log, list[npt.NDArray[np.int64]]] = defaultdict(list)
        self._waiting: list[pa.RecordBatch] = []
        self._path = folder / "bodies.parquet"
        self._writer = pq.ParquetWriter(self._path, BODIES, compression="lz4")

    def keep(self, log: Log, offsets: pa.Array, bodies: pa.Array) -> None:
        """Puts those aside that are wanted."""
        if log not in self._wanted:
            return
        hits = pa.array(np.flatnonzero(np.isin(offsets.to_numpy(), self._wanted[log], kind="sort")))
        if len(hits):
            taken = offsets.take(hits)
            self._have[log].append(taken.to_numpy())
            place = [pa.repeat(log.topic_id, len(hits)), pa.repeat(pa.scalar(log.partition, pa.int32()), len(hits))]
            self._waiting.append(pa.record_batch([*place, taken, bodies.take(hits)], schema=BODIES))
            if sum(batch.nbytes for batch in self._waiting) > FLUSH:
                self._flush()

    def fetch(self, bronze: Rows) -> None:
        """Looks up in bronze what has not come by."""
        for log, wanted in self._wanted.items():
            missing = np.setdiff1d(wanted, np.concatenate([np.empty(0, np.int64), *self._have[log]]))
            for chunk in (missing[at : at + CHUNK] for at in range(0, len(missing), CHUNK)):
                where = of_log(log, int(chunk[0]), int(chunk[-1])) & ds.field("offset").isin(chunk.tolist())
                for rows in bronze.batches(["offset", "body"], where):
                    self.keep(log, rows["offset"], rows["body"])

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
        return by_log(broken.filter(~pl.col("is_missing")), "not_a_duplicate") + by_log(broken.filter(pl.col("is_missing")), "kept_unread")

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting))
            self._waiting.clear()


def by_log(rows: pl.DataFrame, kind: str, table: str = "ops.duplicates") -> list[Finding]:
    """One finding per topic-partition over rows with a place."""
    return [
        found
        for (topic_id, partition), group in rows.group_by("topic_id", "partition")
        for found in finding(kind, table, Log(str(topic_id), int(str(partition))), group["offset"])
    ]


def _places(duplicates: pl.DataFrame) -> dict[Log, npt.NDArray[np.int64]]:
    kept = duplicates.select(pl.col(f"kept_{name}").alias(name) for name in ("topic_id", "partition", "offset"))
    places = pl.concat([duplicates.select(kept.columns), kept]).unique().sort("offset")
    return {Log(*key): group["offset"].to_numpy() for key, group in places.group_by("topic_id", "partition", maintain_order=True)}
