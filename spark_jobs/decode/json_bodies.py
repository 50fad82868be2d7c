"""JSON bodies to columns: orjson parses, columns are made of its values; whatever it cannot be trusted with is read again, strictly.

orjson is strict but for three things: it keeps the last of duplicate keys, refuses numbers beyond a double, and makes a double of an integer
beyond 64 bits. Keys are counted, the others show in the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import or_
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from expectations.contract import Column
from expectations.rules import RANGES
from spark_jobs.collector import paused
from spark_jobs.decode import bodies as scan
from spark_jobs.decode import strict
from spark_jobs.decode.bodies import Bodies
from spark_jobs.decode.decoded import Decoded, joined
from spark_jobs.decode.values import Converted, convert, convert_map

BLOCK_BYTES = 200_000
EXACT = {str, int, bool, type(None)}  # what orjson reads and writes back as it was
BEYOND = float(2**63)


def decode_json(bodies: pa.BinaryArray, columns: Sequence[Column], levels: int) -> Decoded:
    """The own columns of n JSON bodies, at least one, none null."""
    with paused():
        return joined([_Block(block, columns, levels).decode() for block in scan.blocks(bodies, BLOCK_BYTES)])


@dataclass
class _Block:
    bodies: Bodies
    columns: Sequence[Column]
    levels: int
    views: list[memoryview] = field(default_factory=list)
    unknown: dict[int, str] = field(default_factory=dict)
    malformed: dict[int, str] = field(default_factory=dict)
    strictly_read: set[int] = field(default_factory=set)

    def decode(self) -> Decoded:
        self.views = self.bodies.views()
        documents = self._documents()
        values = self._by_column(documents)
        suspects = self._perhaps_repeated(documents, values)
        if suspects:
            for row in suspects:
                documents[row] = self._read_strictly(row)
            values = self._by_column(documents)
        converted = {column.name: self._convert(column, each) for column, each in zip(self.columns, values, strict=True)}
        return Decoded(
            {name: each.array for name, each in converted.items()},
            pa.array([self.unknown.get(row) for row in range(len(self.bodies))], pa.string())
            if self.unknown
            else pa.nulls(len(self.bodies), pa.string()),
            self.malformed,
            {name: each.wrong for name, each in converted.items() if each.wrong},
            {name: each.unfit for name, each in converted.items() if each.unfit},
        )

    def _documents(self) -> list[dict[str, Any]]:
        """The objects in the bodies; an empty one in place of what is none."""
        self._refuse_deep()
        documents: list[Any] = []
        for body in self.views:
            try:
                documents.append(orjson.loads(body))
            except orjson.JSONDecodeError:
                documents.append(None)
        if set(map(type, documents)) != {dict}:
            for row, document in enumerate(documents):
                if type(document) is not dict:
                    documents[row] = self._read_strictly(row)
        return documents

    def _refuse_deep(self) -> None:
        for row in scan.perhaps_deeper(self.bodies, self.levels):
            if scan.depth(bytes(self.views[row])) > self.levels:
                self.malformed[row] = f"JSON: at most {self.levels} levels"
                self.views[row] = memoryview(b"{}")

    def _perhaps_repeated(self, documents: list[dict[str, Any]], values: Sequence[Sequence[Any]]) -> list[int]:
        """Rows that have more colons than the parser found keys; not those that were read strictly already."""
        keys = np.fromiter(map(len, documents), np.int64, len(documents))
        for column, lists in zip(self.columns, values, strict=True):
            if column.physical_type.startswith("map"):
                keys += np.fromiter((2 * len(each) if type(each) is list else 0 for each in lists), np.int64, len(lists))
        return [
            row
            for row in np.flatnonzero(keys != scan.most_keys(self.bodies)).tolist()
            if row not in self.strictly_read and row not in self.malformed
        ]

    def _by_column(self, documents: list[dict[str, Any]]) -> Sequence[Sequence[Any]]:
        nulls = dict.fromkeys(column.name for column in self.columns)
        whole = list(map(or_, repeat(nulls), documents))
        sizes = list(map(len, whole))
        if max(sizes) > len(nulls):
            for row, size in enumerate(sizes):
                if size > len(nulls):
                    whole[row] = nulls | self._set_apart(row, documents[row])
        return list(zip(*map(dict.values, whole), strict=False))[: len(nulls)]

    def _set_apart(self, row: int, document: dict[str, Any]) -> dict[str, Any]:
        """The known fields of a body; the others are kept as text."""
        names = {column.name for column in self.columns}
        others = {name: value for name, value in document.items() if name not in names}
        if set(map(type, others.values())) <= EXACT:
            self.unknown[row] = orjson.dumps(others).decode()
            return {name: value for name, value in document.items() if name in names}
        return self._read_strictly(row)

    def _read_strictly(self, row: int) -> dict[str, Any]:
        self.strictly_read.add(row)
        try:
            values, unknown = strict.read(bytes(self.views[row]), self.columns)
        except strict.Malformed as malformed:
            self.malformed[row] = str(malformed)
            return {}
        if unknown is not None:
            self.unknown[row] = unknown
        return values

    def _convert(self, column: Column, values: Sequence[Any]) -> Converted:
        if column.physical_type.startswith("map"):
            converted = convert_map(values)
            return convert_map(self._again(column, values, converted.wrong)) if converted.wrong else converted
        converted = convert(values, column)
        if column.physical_type in RANGES and converted.wrong:
            large = [row for row in converted.wrong if type(values[row]) is float and abs(values[row]) >= BEYOND]
            return convert(self._again(column, values, large), column) if large else converted
        return converted

    def _again(self, column: Column, values: Sequence[Any], rows: Sequence[int]) -> list[Any]:
        """The values with those of some rows read strictly."""
        read = list(values)
        for row in rows:
            read[row] = self._read_strictly(row).get(column.name)
        return read
