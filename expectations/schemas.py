"""Schemas that follow from a contract: Arrow for the workers, Delta for the log, DDL for Spark."""

import re
from collections.abc import Iterable

import pyarrow as pa
from deltalake import Schema

from expectations.contract import Column, Contract

ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "decimal(38,18)": pa.decimal128(38, 18),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "binary": pa.binary(),
    "map<string,double>": pa.map_(pa.string(), pa.float64()),
    "array<struct<name:string,value:binary>>": pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())])),
}


def arrow_type(word: str) -> pa.DataType:
    """Arrow's type for Spark's word; raises KeyError for one that no contract has."""
    if parts := re.fullmatch(r"decimal\((\d+),(\d+)\)", word):
        return pa.decimal128(int(parts[1]), int(parts[2]))
    if word not in ARROW and (inner := re.fullmatch(r"array<(\w+)>", word)):
        return pa.list_(ARROW[inner[1]])
    return ARROW[word]


def arrow_schema(contract: Contract) -> pa.Schema:
    """All columns in table order; not nullable where required."""
    return _schema(contract.columns)


def body_schema(contract: Contract) -> pa.Schema:
    """A family's own columns only, as a body carries them."""
    return _schema(contract.own_columns)


def delta_schema(contract: Contract) -> Schema:
    """The same in Delta's own types, for the commit that makes a table."""
    return Schema.from_arrow(arrow_schema(contract))


def spark_ddl(contract: Contract) -> str:
    """The same as Spark reads it: "`event_id` string NOT NULL, …"."""
    return ", ".join(f"`{each.name}` {each.physical_type}{' NOT NULL' if each.required else ''}" for each in contract.columns)


def statistics_columns(contract: Contract) -> tuple[str, ...]:
    """Columns that get file statistics: what readers filter by and the place in Kafka; no personal value, and not the partition columns, which need none."""
    return tuple(column.name for column in contract.columns if column.is_filter and column.name not in contract.partition_by)


def _schema(columns: Iterable[Column]) -> pa.Schema:
    return pa.schema([pa.field(column.name, arrow_type(column.physical_type), nullable=not column.required) for column in columns])
