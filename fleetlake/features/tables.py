"""Released tables at the versions that a training set is made of."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.readers.reads import note
from fleetlake.releases import Published


@dataclass(frozen=True)
class Version:
    """A table as a release pins it."""

    table: str
    version: int
    contract_version: str


def pinned(state: Published, tables: Iterable[str]) -> dict[str, Version]:
    """By name; raises Failure for a table that is not released."""
    return {name: Version(name, state.pin(name).version, state.pin(name).contract_version) for name in sorted(set(tables))}


def opened(lake: str, one: Version) -> DeltaTable:
    """The table at its version. Raises Failure where it, or a file of it, is gone."""
    note(lake, one.table)
    try:
        table = DeltaTable(table_path(lake, one.table), version=one.version)
        gone = [uri for uri in table.file_uris() if "://" not in uri and not os.path.exists(uri)]
    except (DeltaError, OSError) as error:
        raise _gone(one) from error
    if gone:
        raise _gone(one)
    return table


def scanned(lake: str, one: Version, columns: Iterable[str] = ()) -> pl.LazyFrame:
    """The rows of a version. Raises Failure where it is gone, or lacks one of the columns."""
    table = opened(lake, one)
    held = {field.name for field in table.schema().fields}
    if missing := sorted(set(columns) - held):
        raise Failure(f"{one.table} v{one.version} has no column {', '.join(missing)}", "a newer release may have it; leave out as_of")
    return pl.scan_delta(table)


def _gone(one: Version) -> Failure:
    return Failure(
        f"{one.table} v{one.version} is gone: nothing that was read from it can be made again",
        "make the set anew from what is released now; FLEET_KEEP says how long a version that no release pins stays",
    )
