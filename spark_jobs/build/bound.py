"""The session's catalogue for one build: sources pinned to a release, seeds, and the tables of gold that models read."""

import csv
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from expectations.contract import contract
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import Published
from spark_jobs.build.project import Model, Seed

SCHEMAS = ("silver", "ops", "gold", "gold_internal", "work")


def size(lake: str, state: Published) -> int:
    """Bytes on disk of all that is released of silver."""
    release = state.releases.get("silver")
    tables = [DeltaTable(table_path(lake, pin.table), version=pin.version) for pin in (release.pins.values() if release else ())]
    return sum(sum(pa.table(table.get_add_actions())["size_bytes"].to_pylist()) for table in tables)


def inputs(lake: str, state: Published, names: Iterable[str]) -> dict[str, int]:
    """The version of each source: of silver as it is released, of ops as released or, where the layer is not, as it is. A table that nobody
    has written yet has none: it is empty.

    Raises Failure where silver is not released.
    """
    if "silver" not in state.releases:
        raise Failure("silver is not released, and gold is built from what is", "fleet check silver, then fleet release silver")
    found: dict[str, int] = {}
    for name in names:
        release = state.releases.get(name.partition(".")[0])
        if release and name in release.pins:
            found[name] = release.pins[name].version
        elif not name.startswith("silver.") and DeltaTable.is_deltatable(table_path(lake, name)):
            found[name] = DeltaTable(table_path(lake, name)).version()
    return found


def make_schemas(spark: Any) -> None:
    """An empty catalogue: it is in memory, and a server's may hold what another build left. Tables lie elsewhere and stay."""
    for schema in SCHEMAS:
        spark.sql(f"drop schema if exists {schema} cascade")
        spark.sql(f"create schema {schema}")


def pin(spark: Any, lake: str, versions: Mapping[str, int], names: Iterable[str]) -> None:
    """A view per source, with all columns of its contract: those that its version does not have yet are null."""
    for name in names:
        path, version = table_path(lake, name), versions.get(name)
        held = set() if version is None else {field.name for field in DeltaTable(path, version=version).schema().fields}
        words = [
            f"`{each.name}`" if each.name in held else f"cast(null as {each.physical_type}) as `{each.name}`"
            for each in contract(name).columns
        ]
        source = f"from delta.`{path}` version as of {version}" if version is not None else "where false"
        spark.sql(f"create or replace view {name} as select {', '.join(words)} {source}")


def plant(spark: Any, seeds: Iterable[Seed]) -> None:
    """A view per seed; an empty field is null."""
    for seed in seeds:
        with seed.file.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in seed.columns.items())
        values = ", ".join(f"({', '.join(map(_literal, (row[name] for name in seed.columns)))})" for row in rows)
        empty = f"({', '.join('null' for _ in seed.columns)})"
        spark.sql(
            f"create or replace view work.{seed.name} as select {columns} from values {values or empty} as rows({', '.join(seed.columns)})"
            + ("" if rows else " where false")
        )


def register(spark: Any, lake: str, models: Iterable[Model], versions: Mapping[str, int] | None = None) -> None:
    """Tables of gold that models read, at `versions` where none is to be written. Raises Failure for one that nobody has built yet."""
    for model in models:
        path = table_path(lake, model.table)
        if not DeltaTable.is_deltatable(path):
            raise Failure(f"{model.table} is not built yet", "fleet build gold builds all that is missing")
        if versions is None:
            spark.sql(f"create table {model.table} using delta location '{path}'")
        else:
            spark.sql(f"create view {model.table} as select * from delta.`{path}` version as of {versions[model.table]}")


def _literal(text: str) -> str:
    return "null" if text == "" else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
