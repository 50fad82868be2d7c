"""Released tables in a Spark session."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleetlake.names import table_path
from fleetlake.readers.reads import note
from fleetlake.releases import AsOf, Published, published
from fleetlake.settings import settings


@dataclass(frozen=True)
class Bound:
    """A session that reads one release: `schemas["silver"]` is `silver_r42`, whose views are pinned."""

    session: Any
    release: Published
    schemas: Mapping[str, str]

    def table(self, name: str) -> Any:
        """`layer.table` as a Spark frame; raises Failure where it is not released."""
        layer, _, table = self.release.pin(name).table.partition(".")
        note(settings().lake_root, f"{layer}.{table}")
        return self.session.table(f"`{self.schemas[layer]}`.`{table}`")


def spark(session: Any, as_of: AsOf = None) -> Bound:
    """Binds a Spark session (classic or Connect) with Delta to one release: for each layer a schema of pinned views, `silver_r42.charging`.

    A schema is named by its release and never replaced: a query that runs goes on in its own, whatever is published meanwhile.
    """
    lake = settings().lake_root
    state = published(lake, as_of)
    schemas = {layer: f"{layer}_r{release.number}" for layer, release in state.releases.items()}
    for layer, release in state.releases.items():
        session.sql(f"create schema if not exists `{schemas[layer]}`")
        for pin in release.pins.values():
            view = f"`{schemas[layer]}`.`{pin.table.partition('.')[2]}`"
            session.sql(
                f"create view if not exists {view} as select * from delta.`{table_path(lake, pin.table)}` version as of {pin.version}"
            )
    return Bound(session, state, schemas)
