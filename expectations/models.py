"""Contracts of what is built: dbt's own ymls, one beside each model, which the gate, readers and releases take as they take an ODCS file.

Beside dbt's words a model's `meta` says: version, key, day (the partition column of a model of days), `clustered` (columns that its rows are sorted
by within a day), `ordered` (columns of which each is at most the next), `holds` (boolean SQL over a row, for DuckDB and Spark) and `equations`
(between tables: a query, for DuckDB, of the rows that break it); a column's `meta` unit, minimum, maximum, enum, personal.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from expectations.contract import Check, Column, Contract
from expectations.odcs import LOADER
from fleetlake.console import Failure

HOME = Path(__file__).parents[1] / "dbt_project" / "models" / "marts"
LAYERS = ("gold", "gold_internal", "features")


def read_models(folder: Path) -> tuple[Contract, ...]:
    """The contracts of all models under `folder`, by id; raises Failure with file and column."""
    found = {one.id: one for path in sorted(folder.rglob("*.yml")) for one in _read(path)}
    return tuple(found[id] for id in sorted(found))


def _read(path: Path) -> Iterator[Contract]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - both loaders are safe ones
        for model in document.get("models", ()):
            yield _contract(model, path)
    except yaml.YAMLError as error:
        raise Failure(f"{path} is not YAML: {error}", "correct it") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Failure(f"{path} is no contract of gold: {type(error).__name__} {error}", "compare it with another yml beside it") from error


def _contract(model: Mapping[str, Any], path: Path) -> Contract:
    meta, layer, name = model["config"]["meta"], model["config"].get("schema", LAYERS[0]), model["name"]
    columns = tuple(_column(each) for each in model["columns"])
    purpose = " ".join(model["description"].split())
    if "One row per" not in purpose:
        raise Failure(f"{path} does not say what a row of {name} is", "end the description with: One row per …")
    return Contract(
        id=f"{layer}.{name}",
        layer=layer,
        table=name,
        version=str(meta["version"]),
        purpose=purpose,
        columns=columns,
        own_columns=columns,
        checks=(*map(_ordered, meta.get("ordered", ())), *map(_held, meta.get("holds", ()))),
        key=tuple(meta["key"]),
        partition_by=(meta["day"],) if "day" in meta else (),
        topic=None,
        path=path,
        equations=tuple(map(_equation, meta.get("equations", ()))),
    )


def _column(told: Mapping[str, Any]) -> Column:
    meta = told.get("meta", {})
    return Column(
        name=told["name"],
        physical_type=told["data_type"].replace(" ", ""),
        required=any(each["type"] == "not_null" for each in told.get("constraints", ())),
        description=" ".join(told["description"].split()),
        unit=meta.get("unit"),
        minimum=meta.get("minimum"),
        maximum=meta.get("maximum"),
        enum=tuple(meta["enum"]) if "enum" in meta else None,
        personal=meta.get("personal", False),
    )


def _ordered(names: list[str]) -> Check:
    pairs = [f"{one} <= {other}" for one, other in pairwise(names)]
    return Check(f"{'_'.join(names)}_ordered", " and ".join(pairs), f"{' ≤ '.join(names)}")


def _equation(told: Mapping[str, Any]) -> Check:
    return Check(told["name"], told["sql"], told["says"])


def _held(told: Mapping[str, Any]) -> Check:
    return Check(told["name"], " ".join(told["expression"].split()), told["says"])
