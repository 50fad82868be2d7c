"""Bodies: typed columns become JSON or Protobuf, many at once."""

from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa
from ptars import HandlerPool

from fleetlake.simulator.events import OWN
from fleetlake.wire import message_class, signal_numbers

KINDS = {
    pl.String: "string",
    pl.Int32: "integer",
    pl.Int64: "integer",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    pl.Datetime: "timestamp",
    pl.List: "signals",
}


def columns(events: pl.DataFrame) -> list[str]:
    """The family's own columns."""
    return [name for name in events.columns if name not in OWN and name not in ("vehicle", "at", "row")]


def kinds(own: pl.DataFrame) -> dict[str, str]:
    """string, integer, double, boolean, timestamp or signals of each column."""
    return {name: KINDS[kind.base_type()] for name, kind in own.schema.items()}


def bodies(own: pl.DataFrame, family: str, form: str) -> pl.Series:
    """One body (binary) per row of a family's own columns."""
    return _json(own) if form == "json" else _protobuf(own, family)


def _json(own: pl.DataFrame) -> pl.Series:
    texts = [pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ") for name, kind in kinds(own).items() if kind == "timestamp"]
    return own.with_columns(texts).select(pl.struct(pl.all()).struct.json_encode().cast(pl.Binary)).to_series()


def _protobuf(own: pl.DataFrame, family: str) -> pl.Series:
    handler, values = _handler(family), own.with_columns(pl.col(pl.Datetime).cast(pl.Int64))
    if "signals" in own.columns:
        numbers = pl.element().struct.field("path").replace_strict(signal_numbers(), return_dtype=pl.UInt32)
        values = values.with_columns(pl.col("signals").list.eval(pl.struct(signal=numbers, value=pl.element().struct.field("value"))))
    schema = handler.schema()
    arrays = [_arrow(values, field) for field in schema]
    encoded = handler.record_batch_to_array(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pl.Series(encoded).cast(pl.Binary)


def _arrow(values: pl.DataFrame, field: pa.Field) -> pa.Array:
    if field.name not in values.columns:
        return pa.nulls(len(values), field.type)
    array = values[field.name].to_arrow()
    if pa.types.is_list(field.type):
        signal, value = (array.values.field(name) for name in ("signal", "value"))
        flat = pa.StructArray.from_arrays([signal, value], fields=list(field.type.value_type))
        return pa.ListArray.from_arrays(array.offsets.cast(pa.int32()), flat, type=field.type)
    return array.cast(field.type)


@cache
def _handler(family: str) -> Any:
    descriptor = message_class(family).DESCRIPTOR
    return HandlerPool([descriptor.file]).get_for_message(descriptor)
