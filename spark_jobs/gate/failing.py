"""The second pass: how many rows break an expectation that failed, and the keys of some. No value of a personal column leaves it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl
import pyarrow.dataset as ds

from expectations.suites.broken import broken
from expectations.suites.expectation import Expectation

SHOWN = 20
MEMORY = "250MB"  # what does not fit goes to disk


@dataclass(frozen=True)
class Failing:
    """How many of how many rows, and the keys of at most SHOWN of them."""

    count: int
    rows: int
    keys: tuple[dict[str, Any], ...]


def failing(rows: ds.Dataset | pl.DataFrame, asked: Sequence[Expectation], key: Sequence[str]) -> dict[str, Failing]:
    """By expectation: all are counted in one pass; keys are looked for until there are enough."""
    with closing(duckdb.connect(config={"threads": 2, "memory_limit": MEMORY})) as connection:
        connection.register("frame", rows)
        conditions = ", ".join(f"({broken(each)}) as broken_{number}" for number, each in enumerate(asked))
        connection.execute(f"create temp view judged as select *, {conditions} from frame")
        counts = ", ".join(f"count(*) filter (where broken_{number})" for number in range(len(asked)))
        total, *found = connection.execute(f"select count(*), {counts} from judged").fetchone() or ()
        return {
            each.id: Failing(count, total, _keys(connection, number, key) if count else ())
            for number, (each, count) in enumerate(zip(asked, found, strict=True))
        }


def _keys(connection: duckdb.DuckDBPyConnection, number: int, key: Sequence[str]) -> tuple[dict[str, Any], ...]:
    if not key:
        return ()
    names = ", ".join(f'"{name}"' for name in key)
    found = connection.execute(f"select distinct {names} from judged where broken_{number} limit {SHOWN}").fetchall()
    return tuple(dict(zip(key, values, strict=True)) for values in found)
