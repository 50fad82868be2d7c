"""A row per column: the type that the contract promised, and the one that the table has."""

import json
from datetime import datetime

import polars as pl
from deltalake import Schema

from expectations.schemas import delta_schema
from spark_jobs.gate.snapshot import Snapshot
from spark_jobs.gate.versions import Lake

NOT_THERE = "(not there)"


def frame(lake: Lake, snapshot: Snapshot, clock: datetime) -> pl.DataFrame:
    """column, promised, found."""
    promised, found = _types(delta_schema(snapshot.contract)), _types(snapshot.table.delta.schema())
    names = list(promised | found)
    return pl.DataFrame(
        {
            "column": names,
            "promised": [promised.get(name, NOT_THERE) for name in names],
            "found": [found.get(name, NOT_THERE) for name in names],
        }
    )


def _types(schema: Schema) -> dict[str, str]:
    return {field.name: _plain(json.loads(field.type.to_json())) for field in schema.fields}


def _plain(kind: object) -> str:
    """A type without what it says of nulls: a column that came later is nullable in the table."""
    if isinstance(kind, dict):
        parts = {name: _plain(part) for name, part in kind.items() if name in ("elementType", "keyType", "valueType")}
        fields = [f"{field['name']}:{_plain(field['type'])}" for field in kind.get("fields", ())]
        return f"{kind['type']}<{','.join([*parts.values(), *fields])}>"
    return str(kind)
