"""Two computations of the same table, row by row and to the last digit."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl
import yaml

from fleetlake.names import table_path
from tests.gold.second import MODELS

KINDS: Mapping[str, Any] = {
    "string": pl.String,
    "boolean": pl.Boolean,
    "int": pl.Int32,
    "bigint": pl.Int64,
    "double": pl.Float64,
    "date": pl.Date,
    "timestamp": pl.Datetime("us", "UTC"),
    "array<string>": pl.List(pl.String),
}
SHOWN = 5


@cache
def described(mart: str) -> dict[str, Any]:
    """A model as its yml file has it: `columns` (kinds by name), `key`, `schema`, `kind`."""
    [path] = MODELS.rglob(f"{mart}.yml")
    model = next(each for each in yaml.safe_load(path.read_text())["models"] if each["name"] == mart)
    columns = {column["name"]: KINDS.get(column["data_type"]) or _decimal(column["data_type"]) for column in model["columns"]}
    config = model["config"]
    return {"columns": columns, "key": config["meta"]["key"], "schema": config["schema"], "kind": config.get("materialized", "days")}


def differences(mart: str, of_dbt: pl.DataFrame, second: pl.DataFrame) -> list[str]:
    """A sentence for each row that only one of them has and each value that differs: mart, key, column, both values; the first few, then their number."""
    model = described(mart)
    ours, theirs = (_typed(frame, model["columns"]) for frame in (of_dbt, second))
    found = [f"{mart}: {len(frame)} rows, but {frame[model['key']].n_unique()} keys ({who})" for frame, who in ((ours, "dbt"), (theirs, "second"))
             if frame[model["key"]].n_unique() != len(frame)]  # fmt: skip
    found += _alone(mart, model["key"], ours, theirs, "only dbt has it") + _alone(mart, model["key"], theirs, ours, "dbt lacks it")
    both = ours.join(theirs, on=model["key"], how="inner", suffix="/second", nulls_equal=True)
    for column in [name for name in model["columns"] if name not in model["key"]]:
        wrong = both.filter(pl.col(column).ne_missing(pl.col(f"{column}/second")))
        found += _few(
            [
                f"{mart} {_key(row, model['key'])} {column}: dbt {row[column]!r}, second {row[f'{column}/second']!r}"
                for row in wrong.to_dicts()
            ]
        )
    return found


def written(lake: str, mart: str) -> pl.DataFrame:
    """What dbt made, as it is now."""
    return pl.read_delta(table_path(lake, f"{described(mart)['schema']}.{mart}"))


def _decimal(kind: str) -> Any:
    precision, scale = kind.removeprefix("decimal(").removesuffix(")").split(",")
    return pl.Decimal(int(precision), int(scale))


def _typed(frame: pl.DataFrame, columns: Mapping[str, Any]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind, strict=True) for name, kind in columns.items())


def _alone(mart: str, key: Sequence[str], frame: pl.DataFrame, other: pl.DataFrame, what: str) -> list[str]:
    rows = frame.join(other, on=key, how="anti", nulls_equal=True).sort(key)
    return _few([f"{mart} {_key(row, key)}: {what}" for row in rows.to_dicts()])


def _key(row: Mapping[str, Any], key: Sequence[str]) -> str:
    return "(" + ", ".join(str(row[name]) for name in key) + ")"


def _few(sentences: list[str]) -> list[str]:
    return [*sentences[:SHOWN], *([f"… and {len(sentences) - SHOWN:,} more like the last one"] if len(sentences) > SHOWN else [])]
