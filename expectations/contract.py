"""Contracts: what each table promises. One ODCS file per table under contracts/, read by `odcs`, looked up here."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from fleetlake.console import Failure

HOME = Path(__file__).parent / "contracts"


@dataclass(frozen=True)
class Column:
    """A column; None says that the contract asks nothing.

    `physical_type` is Spark's word. `minimum` and `maximum` are inclusive, in `unit`. `pattern` is an RE2 expression that the whole value matches.
    `number` is the Protobuf field, of a family's own columns only. `signal` is the VSS path that it promotes.
    """

    name: str
    physical_type: str
    required: bool
    description: str
    unit: str | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    enum: tuple[str, ...] | None = None
    pattern: str | None = None
    number: int | None = None
    personal: bool = False
    signal: str | None = None
    is_filter: bool = False  # readers filter by it: it gets file statistics


@dataclass(frozen=True)
class Check:
    """A cross-field rule: a boolean SQL expression over a row's own columns, for DuckDB and SQLite; null holds."""

    name: str
    expression: str
    description: str


@dataclass(frozen=True)
class Contract:
    """What a table promises. `columns` are all in table order; of a family, `own_columns` are those that its body carries."""

    id: str
    layer: str
    table: str
    version: str
    purpose: str
    columns: tuple[Column, ...]
    own_columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    topic: str | None
    path: Path
    equations: tuple[Check, ...] = ()  # between tables: the expression is a query of rows that break it

    @property
    def major(self) -> int:
        """Senders and readers of another major version do not understand each other."""
        return int(self.version.split(".")[0])

    @property
    def minor(self) -> int:
        """Grows with additive changes."""
        return int(self.version.split(".")[1])

    @property
    def grain(self) -> str:
        """What one row is: the last sentence of the purpose."""
        return self.purpose[self.purpose.rindex("One row per") :]

    def column(self, name: str) -> Column:
        """The column of that name; raises KeyError."""
        return {column.name: column for column in self.columns}[name]


@lru_cache
def contracts() -> tuple[Contract, ...]:
    """All contracts: those in files of their own, and those of gold, which stand beside dbt's models."""
    from expectations.models import HOME as MODELS
    from expectations.models import read_models

    return (*in_files(), *read_models(MODELS))


@lru_cache
def in_files() -> tuple[Contract, ...]:
    """The contracts of this installation in files of their own, or of the folder FLEET_CONTRACTS, by id: all that landing and refining need."""
    from expectations.odcs import read_folder  # it builds on the classes above
    from fleetlake.settings import settings  # the build reads contracts too, without settings

    return read_folder(settings().contracts or HOME)


def of_layer(layer: str) -> tuple[Contract, ...]:
    """The contracts of a layer; those beside models are read only for what is built."""
    from expectations.models import LAYERS  # it builds on the classes above

    return tuple(each for each in (contracts() if layer in LAYERS else in_files()) if each.layer == layer)


def contract(table: str) -> Contract:
    """The contract of `layer.table`; any bronze table has that of bronze.events. Raises Failure for an unknown table."""
    layer, _, name = table.partition(".")
    found = {each.id: each for each in of_layer(layer)}
    if table in found:
        return found[table]
    if layer == "bronze" and name:
        return replace(found["bronze.events"], id=table, table=name)
    raise Failure(
        f"{table} has no contract",
        f"the tables are {', '.join(each.id for each in contracts())}; a new one needs {HOME.name}/{layer}/{name or '<name>'}.odcs.yaml",
    )


@lru_cache
def families() -> tuple[str, ...]:
    """The families of events: every silver table whose contract names a topic."""
    return tuple(each.table for each in in_files() if each.topic)
