"""Sorted runs of rows become one: pure, one batch of each in memory."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc


def merged(runs: Sequence[Iterator[pa.Table]], order: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of all runs, each sorted by the columns `order` (never null), as one sorted stream."""
    heads = [_Head(run) for run in runs]
    while heads := [head for head in heads if head.fill()]:
        bound = min(_key(head.rows, -1, order) for head in heads)  # all rows up to here are in one of the heads
        ready = pa.concat_tables([head.take(_upto(head.rows, bound, order)) for head in heads])
        yield sorted_rows(ready, order)


def sorted_rows(rows: pa.Table, order: Sequence[str]) -> pa.Table:
    """Rows in ascending order."""
    return rows.take(pc.sort_indices(rows, [(name, "ascending") for name in order]))


def is_sorted(rows: pa.Table, order: Sequence[str]) -> bool:
    """Whether the rows ascend; equal ones may stand in any order."""
    keys = rows.select(order)
    return bool(keys.equals(sorted_rows(keys, order)))


class _Head:
    """What is read of a run and not given out yet."""

    def __init__(self, run: Iterator[pa.Table]) -> None:
        self._run = run
        self.rows = pa.table({})

    def fill(self) -> bool:
        """False at the end of the run."""
        while not self.rows.num_rows:
            if (rows := next(self._run, None)) is None:
                return False
            self.rows = rows
        return True

    def take(self, count: int) -> pa.Table:
        taken, self.rows = self.rows.slice(0, count), self.rows.slice(count)
        return taken


def _key(rows: pa.Table, place: int, order: Sequence[str]) -> tuple[object, ...]:
    return tuple(rows[name][place % rows.num_rows].as_py() for name in order)


def _upto(rows: pa.Table, bound: tuple[object, ...], order: Sequence[str]) -> int:
    """How many of the sorted rows come before `bound` or are equal to it."""
    first, last = 0, rows.num_rows
    while first < last:
        middle = (first + last) // 2
        first, last = (middle + 1, last) if _key(rows, middle, order) <= bound else (first, middle)
    return first
