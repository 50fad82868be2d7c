"""SQL over released tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from fleetlake.readers.engine import Engine
from fleetlake.readers.guard import require_released
from fleetlake.releases import AsOf, Published, published
from fleetlake.releases.model import is_internal
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


def answer(query: str, state: Published, **parameters: object) -> "pl.DataFrame":
    """The answer in one state that the caller holds: many questions of one page see one release. `parameters` are values of $names."""
    with engine(settings().lake_root).asked(query, state, parameters or None) as relation:
        return relation.pl()


def offered(query: str, state: Published, rows: int, limit_s: float) -> "pl.DataFrame":
    """The first `rows` of the answer to SQL that somebody else wrote, on a page: it reads released tables and nothing else of this machine.

    Raises Failure for what is not released, no question, refused by DuckDB, or not answered after `limit_s` seconds.
    """
    require_released(query, [table for table in state.tables if not is_internal(table)])
    with engine(settings().lake_root).asked(query, state, limit_s=limit_s) as relation:
        return relation.limit(rows).pl()


def records(query: str, **parameters: object) -> "pl.DataFrame":
    """What gates, releases and jobs have noted of themselves until now: `select … from ops.gate_results`, whether ops is released or not."""
    with engine(settings().lake_root).recorded(query, parameters or None) as relation:
        return relation.pl()


def engine(lake: str) -> Engine:
    """This process's DuckDB over a lake; a fresh one now and then, so that old releases do not pile up in it."""
    if _engine(lake).is_full:
        _engine.cache_clear()
    return _engine(lake)


@lru_cache(maxsize=2)
def _engine(lake: str) -> Engine:
    return Engine(lake)
