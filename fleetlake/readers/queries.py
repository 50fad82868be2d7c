"""SQL over released tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from fleetlake.readers.engine import Engine
from fleetlake.releases import AsOf, Published, published
from fleetlake.settings import settings

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyRelation


def sql(query: str, as_of: AsOf = None, *, internal: bool = False) -> "pl.DataFrame":
    """The answer to one query over the released tables, all of them as of one release: `select … from silver.charging`.

    `frame.release` of the frame that is returned tells of that release. `internal=True` shows the tables of vehicle grain too.
    Raises Failure for a table that is not released and for SQL that DuckDB refuses.
    """
    with answered(query, as_of, internal=internal) as (relation, state):
        frame = relation.pl()
    frame.release = state  # type: ignore[attr-defined]  # frames are open to attributes
    return frame


@contextmanager
def answered(query: str, as_of: AsOf = None, *, internal: bool = False) -> "Iterator[tuple[DuckDBPyRelation, Published]]":
    """The same as a DuckDB relation, which need not fit into memory and lives as long as the block, and the state that it was asked in."""
    lake = settings().lake_root
    state = published(lake, as_of)
    with engine(lake).asked(query, state, internal=internal) as relation:
        yield relation, state


def engine(lake: str) -> Engine:
    """This process's DuckDB over a lake; a fresh one now and then, so that old releases do not pile up in it."""
    if _engine(lake).is_full:
        _engine.cache_clear()
    return _engine(lake)


@lru_cache(maxsize=2)
def _engine(lake: str) -> Engine:
    return Engine(lake)
