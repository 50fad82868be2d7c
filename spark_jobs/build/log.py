"""ops.builds: what each build read and wrote. The one behind a release of gold is the newest whose versions are those that readers see."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, Self

import pyarrow as pa

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Busy
from fleetlake.releases import Published, selected
from fleetlake.releases.model import together
from fleetlake.settings import settings
from spark_jobs.runs import opened
from spark_jobs.tables import Overtaken, Table

TABLE, COUNTER = "ops.builds", "builds"
LAYERS = ("gold", "features")  # each built, checked and released by itself; gold_internal comes with gold
JSON = ("inputs", "tables", "seeds", "days")


@dataclass(frozen=True)
class Entry:
    """A build that came to its end. `tables` has of each table its version and code, `days` of what was built its ranges or "all"."""

    build: int
    started_at: datetime
    ended_at: datetime
    base: int | None
    silver_release: int
    first_day: date
    last_day: date
    inputs: Mapping[str, int]
    tables: Mapping[str, Mapping[str, Any]]
    seeds: Mapping[str, str]
    days: Mapping[str, Any]
    restated: int
    reason: str

    def is_of(self, layer: str) -> bool:
        """Whether it built that one of LAYERS."""
        return any(name.startswith(f"{layer}.") for name in self.tables)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """A row of the table."""
        return cls(**{name: json.loads(row[name]) if name in JSON else row[name] for name in cls.__annotations__})

    def to_row(self) -> dict[str, Any]:
        """The inverse of `of`."""
        told = {name: json.dumps(getattr(self, name)) if name in JSON else getattr(self, name) for name in self.__annotations__}
        return told | {"code_version": version("fleetlake"), "run_id": settings().run_id or None}


def entries(lake: str) -> list[Entry]:
    """All builds, oldest first."""
    table = Table.existing(lake, TABLE)
    return sorted(map(Entry.of, selected(table.delta) if table else []), key=lambda one: one.build)


def behind(lake: str, versions: Mapping[str, int]) -> Entry | None:
    """The newest build that wrote these versions, all of them and no others."""
    for one in reversed(entries(lake)):
        if {name: each["version"] for name, each in one.tables.items()} == dict(versions):
            return one
    return None


def released(state: Published, layer: str) -> dict[str, int]:
    """The versions of a layer, and of those that come with it, that readers see."""
    return {name: pin.version for each in together(layer) if each in state.releases for name, pin in state.releases[each].pins.items()}


class Log:
    """The table as of one version: a build that ends while ours runs refuses ours."""

    def __init__(self, lake: str) -> None:
        """Opens the table; it is made when it is not there."""
        self._table = opened(lake, TABLE)

    @property
    def next(self) -> int:
        """The number that the next build has."""
        return (self._table.position(COUNTER) or 0) + 1

    def add(self, entry: Entry) -> None:
        """Tells of a build. Raises Busy when another one has ended meanwhile."""
        try:
            self._table.append(pa.Table.from_pylist([entry.to_row()], arrow_schema(contract(TABLE))), {COUNTER: entry.build})
        except Overtaken as error:
            raise Busy("another build of this lake has ended meanwhile", "say it again: it goes on from what is released") from error
