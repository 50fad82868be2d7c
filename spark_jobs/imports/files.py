"""Delivered files as text: every value as it was written, a bit after another."""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fleetlake.console import Failure

ROWS = 5_000  # that are in memory at once
LONGEST_FIELD = 10_000_000  # characters; bills carry tags of some kilobytes


@dataclass(frozen=True)
class Batch:
    """Rows of a file that follow one another. A row that does not fit the header is all null in `texts` and told in `malformed`."""

    first: int  # row number of the first one; the file's first row is 1
    texts: pl.DataFrame  # the file's columns, all text
    fields: list[str]  # each row as JSON
    malformed: dict[int, str]  # place in the batch to the rule that is broken


def batches(path: Path) -> Iterator[Batch]:
    """A CSV (also .csv.gz) or Parquet file. Raises Failure for what is neither, or breaks off."""
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="") as file
        ):
            yield from _csv(path, file)
    except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise Failure(f"{path} is no whole CSV file in UTF-8: {error}", "nothing was imported; ask for the file again") from error
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error}", "nothing was imported; name a file that is there") from error


def digest(path: Path) -> str:
    """SHA-256 of the file's bytes. Raises Failure for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error}", "nothing was imported; name a file that is there") from error


def _csv(path: Path, file: TextIO) -> Iterator[Batch]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(file, strict=True)
    header = next(reader, [])
    _sound(path, header)
    first, rows = 1, list[list[str]]()
    for row in reader:
        if row:  # an empty line is none
            rows.append(row)
        if len(rows) == ROWS:
            yield _batch(first, header, rows)
            first, rows = first + len(rows), []
    yield _batch(first, header, rows)


def _batch(first: int, header: Sequence[str], rows: list[list[str]]) -> Batch:
    malformed = {place: f"{len(header)} fields, not {len(row)}" for place, row in enumerate(rows) if len(row) != len(header)}
    nothing = [None] * len(header)
    whole: list[list[Any]] = [nothing if place in malformed else row for place, row in enumerate(rows)]
    texts = pl.DataFrame(whole, schema=dict.fromkeys(header, pl.String), orient="row")
    fields = [_json(row if place in malformed else dict(zip(header, row, strict=True))) for place, row in enumerate(rows)]
    return Batch(first, texts, fields, malformed)


def _parquet(path: Path) -> Iterator[Batch]:
    first = 1
    try:
        file = pq.ParquetFile(path)
        _sound(path, file.schema_arrow.names)
        for rows in file.iter_batches(ROWS):
            texts = pl.DataFrame([_text(name, rows[name]) for name in rows.schema.names])
            yield Batch(first, texts, [_json(row) for row in texts.iter_rows(named=True)], {})
            first += len(rows)
    except (pa.ArrowException, OSError) as error:
        raise Failure(f"{path} is no Parquet file: {error}", "nothing was imported; ask for the file again") from error


def _text(name: str, values: pa.Array) -> pl.Series:
    """A column as a CSV file would have it: times in UTC, decimals with all their places, maps and lists as JSON."""
    if pa.types.is_nested(values.type):
        return pl.Series(name, [None if each is None else _json(_plain(each)) for each in values.to_pylist()], pl.String)
    column = pl.Series(name, pl.Series(values))
    if isinstance(column.dtype, pl.Datetime):
        zoned = column.dt.convert_time_zone("UTC") if column.dtype.time_zone else column
        return zoned.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    return column.cast(pl.String)


def _plain(value: Any) -> Any:
    """A map, or a list of keys and values, as an object."""
    if isinstance(value, list) and all(isinstance(each, tuple) and len(each) == 2 for each in value):
        return dict(value)
    if isinstance(value, list) and all(isinstance(each, dict) and set(each) == {"key", "value"} for each in value):
        return {each["key"]: each["value"] for each in value}
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _sound(path: Path, header: Sequence[str]) -> None:
    if twice := {name for name in header if list(header).count(name) > 1}:
        raise Failure(
            f"{path} has the column {min(twice)} twice", "nothing was imported; ask for a file whose columns have names of their own"
        )
    if not header:
        raise Failure(f"{path} is empty", "nothing was imported; a file begins with the names of its columns")
