"""Work items: what one Spark task decodes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceFile:
    """A Parquet file that carries Kafka records."""

    uri: str
    raw_bytes: int  # uncompressed, as its footer says


@dataclass(frozen=True)
class WorkItem:
    """Rows of one topic-partition of a family, in files to be read in this order."""

    family: str
    topic: str
    topic_id: str
    partition: int
    files: tuple[SourceFile, ...]
    after: int = -1  # rows at or below this offset are refined already
    only: frozenset[int] | None = None  # a replay names its offsets


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
