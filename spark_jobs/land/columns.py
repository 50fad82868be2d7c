"""Arrow columns of bytes as NumPy and memory views: what per-row hashing needs, without a Python object per value."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]


def offsets(column: pa.Array) -> npt.NDArray[np.int32]:
    """Where each value of a string or binary column begins in its buffer, and where the last one ends."""
    buffer = column.buffers()[1]
    return np.frombuffer(buffer, np.int32)[column.offset : column.offset + len(column) + 1] if buffer else np.zeros(1, np.int32)


def lengths(column: pa.Array) -> npt.NDArray[np.int32]:
    """Bytes of each value; of a null whatever it covers."""
    return np.diff(offsets(column))


def views(column: pa.Array) -> Iterator[memoryview]:
    """The bytes of each value, not copied."""
    bounds = offsets(column).tolist()
    data = memoryview(column.buffers()[2] or b"")
    return (data[start:end] for start, end in pairwise(bounds))


def fixed(matrix: npt.NDArray[Any]) -> pa.Array:
    """A binary column whose values are the rows of a byte matrix."""
    rows, width = matrix.shape
    bounds = np.arange(0, (rows + 1) * width, width, dtype=np.int32) if width else np.zeros(rows + 1, np.int32)
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(bounds), pa.py_buffer(np.ascontiguousarray(matrix))])


def packed(*parts: tuple[str, Any], rows: int) -> pa.Array:
    """A binary column of NumPy-typed numbers laid side by side: packed(("<u4", lengths), rows=n) is each length as four bytes."""
    record = np.empty(rows, np.dtype([(f"f{place}", kind) for place, (kind, _) in enumerate(parts)]))
    for place, (_, values) in enumerate(parts):
        record[f"f{place}"] = values
    return fixed(record.view(np.uint8).reshape(rows, record.dtype.itemsize))


def joined(*columns: pa.Array) -> pa.Array:
    """The bytes of several columns, row by row; a null is no bytes."""
    return pc.binary_join_element_wise(*columns, b"", null_handling="replace", null_replacement=b"")


def marked(column: pa.Array, length: str = "<u4") -> tuple[pa.Array, pa.Array]:
    """Two columns that, joined, spell a value unmistakably: 0 for null, else 1, the length, the bytes."""
    head = packed(("u1", 1), (length, lengths(column)), rows=len(column))
    return pc.if_else(column.is_valid(), head, b"\0") if column.null_count else head, column
