"""Released tables as polars frames."""

import polars as pl
from deltalake import DeltaTable

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.readers.reads import note
from fleetlake.releases import AsOf, Origin, Published, published
from fleetlake.settings import settings


def scan(name: str, as_of: AsOf = None, *, candidate: bool = False) -> pl.LazyFrame:
    """`layer.table` as it is released, or was at a time or when a release came; filters and columns are pushed down to the files.

    `frame.release` of the frame that is returned (not of those made from it) says where its rows come from. `candidate=True` takes the newest
    version instead, which nothing may have checked: `frame.release.is_candidate`. Raises Failure for a table that is not released.
    """
    if candidate and as_of is not None:
        raise Failure("a candidate has no as_of", "leave out one of the two")
    lake = settings().lake_root
    state = published(lake, as_of)
    origin = None if candidate else state.origin(name)
    delta = _opened(lake, name, origin, state)
    note(lake, name)
    frame = pl.scan_delta(delta)
    frame.release = origin or Origin(name, delta.version())  # type: ignore[attr-defined]  # frames are open to attributes
    return frame


def _opened(lake: str, name: str, origin: Origin | None, state: Published) -> DeltaTable:
    if origin is not None:
        return DeltaTable(table_path(lake, name), version=origin.version)
    if name.count(".") != 1 or not DeltaTable.is_deltatable(table_path(lake, name)):
        raise Failure(f"{name} is not there", f"released are {', '.join(state.tables) or 'no tables yet'}")
    return DeltaTable(table_path(lake, name))
