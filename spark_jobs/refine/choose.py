"""Which bronze files the next run takes: pure over the log's statistics."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleetlake.console import Failure


@dataclass(frozen=True)
class BronzeFile:
    """What the log says of a file: it holds rows of one topic-partition, in offset order."""

    path: str  # relative to the table's folder
    size: int  # bytes on disk
    rows: int
    topic_id: str
    partition: int
    first: int  # lowest offset
    last: int  # highest offset

    @property
    def source(self) -> tuple[str, int]:
        """The topic-partition: (topic id, partition)."""
        return self.topic_id, self.partition


def bronze_files(table: str, actions: Iterable[Mapping[str, Any]]) -> list[BronzeFile]:
    """The files of a snapshot, out of its flattened add actions; raises Failure for one that mixes topic-partitions or has no statistics."""
    return [_file(table, action) for action in actions if action["num_records"] != 0]


def choose(files: Iterable[BronzeFile], positions: Mapping[tuple[str, int], int], run_bytes: int) -> list[BronzeFile]:
    """Files above the position of their topic-partition, in offset order, at most `run_bytes` on disk per topic-partition and at least one stretch.

    The end of what is chosen splits no file: all rows up to the highest chosen offset are in a chosen file or below the position.
    """
    waiting = sorted((file for file in files if file.last > positions.get(file.source, -1)), key=_reading_order)
    chosen: list[BronzeFile] = []
    taken: dict[tuple[str, int], float] = {}
    for stretch in stretches(waiting):
        source, size = stretch[0].source, sum(file.size for file in stretch)
        fits = source not in taken or taken[source] + size <= run_bytes
        taken[source] = taken.get(source, 0) + size if fits else math.inf
        chosen += stretch if fits else []
    return chosen


def stretches(ordered: Sequence[BronzeFile]) -> Iterator[list[BronzeFile]]:
    """Files whose offsets overlap, which the days of reception cut apart, belong together: a position cannot stand between them."""
    stretch: list[BronzeFile] = []
    end = -1
    for file in ordered:
        if stretch and (file.source != stretch[0].source or file.first > end):
            yield stretch
            stretch, end = [], -1
        stretch.append(file)
        end = max(end, file.last)
    if stretch:
        yield stretch


def _reading_order(file: BronzeFile) -> tuple[str, int, int, int]:
    return file.topic_id, file.partition, file.first, file.last


def _file(table: str, action: Mapping[str, Any]) -> BronzeFile:
    remedy = "bronze is written by `fleet land` and compacted within one topic-partition: its _delta_log says who added that file"
    (topic_id, partition, first), (topic_id_, partition_, last) = (
        [action.get(f"{bound}.{name}") for name in ("topic_id", "partition", "offset")] for bound in ("min", "max")
    )
    if topic_id is None or partition is None or first is None or last is None:
        raise Failure(f"{table}: {action['path']} has no statistics of its place in Kafka", remedy)
    if (topic_id, partition) != (topic_id_, partition_):
        raise Failure(f"{table}: {action['path']} mixes topic-partitions", remedy)
    return BronzeFile(action["path"], action["size_bytes"], action["num_records"], topic_id, partition, first, last)
