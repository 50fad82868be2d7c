"""A reader that asks the same again and again, in DuckDB and in polars, and notes what it saw."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import polars as pl

import fleetlake
from tests.end_to_end.releasing.releaser import ROWS
from tests.spark_jobs.releases.fabricated import NAMES

QUERY = " union all ".join(f"select generation, poison from {name}" for name in NAMES)


@dataclass(frozen=True)
class Seen:
    """What one query said: the release that it saw, the generations in it, whether there was poison, and how many rows."""

    release: int
    generations: frozenset[int]
    poison: bool
    rows: int


@dataclass
class Reader:
    """What was read, in order, and what went wrong."""

    seen: list[Seen] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    seconds: float = 0.0

    def read(self, ended: threading.Event) -> None:
        """Reads until told to end; a release has to be there."""
        began = time.monotonic()
        while not ended.is_set():
            try:
                self.seen += [_by_sql(), _by_scan()]
            except Exception as error:
                self.failures.append(error)
                return
        self.seconds = time.monotonic() - began

    @property
    def a_second(self) -> float:
        """Queries a second."""
        return len(self.seen) / self.seconds


@contextmanager
def reading() -> Iterator[Reader]:
    """Reads in the background while the block runs."""
    reader, ended = Reader(), threading.Event()
    thread = threading.Thread(target=reader.read, args=(ended,))
    thread.start()
    try:
        yield reader
    finally:
        ended.set()
        thread.join()


def _by_sql() -> Seen:
    answer = fleetlake.sql(QUERY)
    return _seen(answer, answer.release.number)


def _by_scan() -> Seen:
    frame = fleetlake.scan(NAMES[0])
    answer = pl.concat([frame] * len(NAMES)).collect()  # as many rows as the query over all tables has
    return _seen(answer, frame.release.release)


def _seen(answer: pl.DataFrame, release: int) -> Seen:
    assert answer.height == ROWS * len(NAMES)
    return Seen(release, frozenset(answer["generation"]), bool(answer["poison"].any()), answer.height)
