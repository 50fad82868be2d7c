"""CSV that a spreadsheet only shows: what vehicles sent is text there, never a formula."""

import json
from typing import Any

import polars as pl

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"  # how spreadsheets know one, in full width, too
NESTED = (pl.List, pl.Array, pl.Struct)


def neutral(column: pl.Expr) -> pl.Expr:
    """Text with an apostrophe before what a spreadsheet would take for a formula."""
    return pl.when(column.str.contains(FORMULA)).then(pl.format("'{}", column)).otherwise(column)


def csv(frame: pl.DataFrame) -> bytes:
    """Any frame as CSV in UTF-8: numbers as they are, nested values as JSON, bytes in hex; text and headings without formulas."""
    headings = _neutral(pl.Series(frame.columns, dtype=pl.String)).to_list()
    return pl.DataFrame([_text(column).alias(heading) for column, heading in zip(frame, headings, strict=True)]).write_csv().encode()


def _text(column: pl.Series) -> pl.Series:
    """By its values and not by its name, which may be a pattern to polars."""
    if isinstance(column.dtype, NESTED):
        return _neutral(pl.Series([_json(value) for value in column.to_list()], dtype=pl.String))
    if column.dtype == pl.Binary:
        return column.bin.encode("hex")
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        return _neutral(column.cast(pl.String))
    return column


def _neutral(column: pl.Series) -> pl.Series:
    return pl.select(neutral(pl.lit(column))).to_series()


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str, ensure_ascii=False)
