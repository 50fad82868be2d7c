"""What a build reads, as temporary views of its session: sources pinned to a release, seeds, and tables of gold.

`gold.vehicles` is the view gold__vehicles (macros/bound.sql): temporary views have no schema.
"""

import csv
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from expectations.contract import contract
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.releases import Published
from spark_jobs import pinned
from spark_jobs.build.project import Model, Seed
from spark_jobs.tables import Table

SEEDS, BEFORE = "work", "before"  # in place of a layer: files of rows, and tables as the base of a build has them


def size(lake: str, state: Published, read: Mapping[str, int]) -> int:
    """Bytes on disk of what is released of silver and is not in the versions that were `read`, by table, before."""
    release = state.releases.get("silver")
    return sum(_bytes_beside(lake, pin.table, pin.version, read.get(pin.table)) for pin in (release.pins.values() if release else ()))


def _bytes_beside(lake: str, name: str, version: int, other: int | None) -> int:
    """Of the files of a version that another does not have."""
    if version == other:
        return 0
    files = _bytes(lake, name, version)
    known = _bytes(lake, name, other) if other is not None else {}
    return sum(size for path, size in files.items() if path not in known)


def _bytes(lake: str, name: str, version: int) -> dict[str, int]:
    actions = pa.table(DeltaTable(table_path(lake, name), version=version).get_add_actions())
    return dict(zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True))


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


def pin(spark: Any, lake: str, versions: Mapping[str, int], names: Iterable[str]) -> None:
    """A view per source, with all columns of its contract: those that its version does not have yet are null."""
    for name in names:
        table = Table.existing(lake, name, versions[name]) if name in versions else None
        columns = {each.name: each.physical_type for each in contract(name).columns}
        bind(spark, name, columns, table)


def plant(spark: Any, seeds: Iterable[Seed]) -> None:
    """A view per seed; an empty field is null."""
    for seed in seeds:
        with seed.file.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in seed.columns.items())
        values = ", ".join(f"({', '.join(map(_literal, (row[name] for name in seed.columns)))})" for row in rows)
        empty = f"({', '.join('null' for _ in seed.columns)})"
        spark.sql(
            f"create or replace temporary view {view(f'{SEEDS}.{seed.name}')} as "
            f"select {columns} from values {values or empty} as rows({', '.join(seed.columns)})" + ("" if rows else " where false")
        )


def register(spark: Any, lake: str, models: Iterable[Model], versions: Mapping[str, int] | None = None) -> None:
    """A view per table of gold that models read, at `versions` where none is to be written. Raises Failure for one that nobody has built yet."""
    for model in models:
        table = Table.existing(lake, model.table, versions[model.table] if versions else None)
        if table is None:
            raise Failure(f"{model.table} is not built yet", "fleet build gold builds all that is missing")
        bind(spark, model.table, model.columns, table)


def remember(spark: Any, lake: str, model: Model, version: int) -> str:
    """A view of a table at the version that a build starts from; returns its name."""
    name = f"{BEFORE}.{model.layer}__{model.name}"
    bind(spark, name, model.columns, Table.existing(lake, model.table, version))
    return view(name)


def bind(spark: Any, name: str, columns: Mapping[str, str], table: Table | None) -> None:
    """A view of a table as this instance sees it; without table it is empty."""
    found = pinned.rows(spark, table.path, columns, sorted(table.files())) if table else pinned.rows(spark, "", columns, ())
    found.createOrReplaceTempView(view(name))


def view(name: str) -> str:
    """The view of `layer.table`."""
    return name.replace(".", "__")


def _literal(text: str) -> str:
    return "null" if text == "" else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
