"""CSV that a spreadsheet only shows: what vehicles sent is text there, never a formula."""

from typing import Any

import polars as pl

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"  # how spreadsheets know one, in full width, too
NESTED = (pl.List, pl.Array, pl.Struct)


def neutral(column: pl.Expr) -> pl.Expr:
    """Text with an apostrophe before what a spreadsheet would take for a formula."""
    return pl.when(column.str.contains(FORMULA)).then(pl.format("'{}", column)).otherwise(column)


def csv(frame: pl.DataFrame) -> bytes:
    """Any frame as CSV in UTF-8: numbers as they are, nested values as JSON, bytes in hex; text and headings without formulas."""
    texts = frame.select(_text(name, kind) for name, kind in frame.schema.items())
    headings = pl.DataFrame({"name": texts.columns}, schema={"name": pl.String}).select(neutral(pl.col("name")))["name"].to_list()
    return texts.rename(dict(zip(texts.columns, headings, strict=True))).write_csv().encode()


def _text(name: str, kind: Any) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, NESTED):
        return neutral(pl.struct(column).map_elements(lambda row: _json(row[name]), pl.String)).alias(name)
    if kind == pl.Binary:
        return column.bin.encode("hex")
    if kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum):
        return neutral(column.cast(pl.String)).alias(name)
    return column


def _json(value: Any) -> str | None:
    import json

    return None if value is None else json.dumps(value, default=str, ensure_ascii=False)
