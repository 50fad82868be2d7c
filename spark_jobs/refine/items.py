"""Work items: what one Spark task decodes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceFile:
    """Records of one topic-partition in a Parquet file."""

    uri: str
    raw_bytes: int  # of the whole file, uncompressed, as its footer says
    topic_id: str
    partition: int
    after: int = -1  # rows at or below this offset are refined already
    only: frozenset[int] | None = None  # a replay names its offsets

    @property
    def source(self) -> tuple[str, int]:
        """The topic-partition: (topic id, partition)."""
        return self.topic_id, self.partition


@dataclass(frozen=True)
class WorkItem:
    """Rows of a family, in files to be read in this order: a part of a large topic-partition, or all of several small ones."""

    family: str
    files: tuple[SourceFile, ...]


def batches(files: Iterable[SourceFile], item_bytes: int) -> Iterator[tuple[SourceFile, ...]]:
    """Neighbouring files in groups of at most `item_bytes` raw; a larger file stands alone."""
    batch: list[SourceFile] = []
    for file in files:
        if batch and sum(each.raw_bytes for each in batch) + file.raw_bytes > item_bytes:
            yield tuple(batch)
            batch = []
        batch.append(file)
    if batch:
        yield tuple(batch)
