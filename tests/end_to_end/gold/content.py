"""What readers see of a lake, to be compared with what they see of another one."""

from collections.abc import Mapping, Sequence

import polars as pl
from deltalake import DeltaTable

from fleetlake.names import table_path
from fleetlake.releases import published

Content = Mapping[str, pl.DataFrame]


def readable(lake: str, layers: Sequence[str]) -> Content:
    """All rows of what is released of these layers."""
    releases = published(lake).releases
    return {name: rows_at(lake, name, pin.version) for layer in layers for name, pin in releases[layer].pins.items()}


def rows_at(lake: str, name: str, version: int | None) -> pl.DataFrame:
    """A table as of a version, or its newest one, in an order that is the rows' own."""
    frame = pl.read_delta(DeltaTable(table_path(lake, name), version=version))
    return frame.sort(pl.struct(sorted(frame.columns)).hash(1))


def require_equal(one: Content, other: Content) -> None:
    """The same tables with the same rows."""
    assert one.keys() == other.keys()
    assert len(one) > 40
    assert [name for name in one if not one[name].equals(other[name])] == []
