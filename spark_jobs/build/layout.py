"""Whether a table of gold looks as its model says: names and types of columns, in order, and what it is partitioned by."""

from collections.abc import Iterable

from deltalake import DeltaTable

from fleetlake.names import table_path
from spark_jobs.build.project import Model

WORDS = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}  # Spark's word for Delta's


def other(lake: str, models: Iterable[Model]) -> list[str]:
    """Models whose table is there and looks otherwise: it is made anew."""
    return [model.name for model in models if _differs(table_path(lake, model.table), model)]


def _differs(path: str, model: Model) -> bool:
    if not DeltaTable.is_deltatable(path):
        return False
    delta = DeltaTable(path)
    held = [(field.name, _word(field.type), not field.nullable) for field in delta.schema().fields]
    wanted = [(name, kind.replace(" ", ""), name in model.required) for name, kind in model.columns.items()]
    return held != wanted or delta.metadata().partition_columns != ([model.day] if model.day else [])


def _word(kind: object) -> str:
    plain = getattr(kind, "type", None)
    if isinstance(plain, str) and plain != "array":
        return WORDS.get(plain, plain)
    element = getattr(kind, "element_type", None)
    return f"array<{_word(element)}>" if element is not None else str(kind)
