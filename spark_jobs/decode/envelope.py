"""The envelope of events: what Kafka's headers say, and what is wrong with them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contract import Contract
from spark_jobs.decode.verdicts import Verdicts

Ints = npt.NDArray[np.int64]

BRONZE = {
    "ce_id": "event_id",
    "ce_source": "source",
    "ce_type": "type",
    "ce_time": "occurred_at",
    "ce_subject": "vehicle_key",
    "ce_dataschema": "dataschema",
    "content-type": "content_type",
}
"""Required headers that bronze has as columns."""
OPTIONAL = {"ce_bootid": "boot_id", "ce_sequence": "sequence", "ce_modelcode": "model", "ce_market": "market", "ce_swversion": "sw_version"}
SPECVERSION, RESEND = "ce_specversion", "ce_isresend"
ATTRIBUTES = (SPECVERSION, *(name for name in BRONZE if name.startswith("ce_")), *OPTIONAL, RESEND)
GREATEST_SEQUENCE = 2**63 - 1
FORMATS = {"application/json": "json", "application/protobuf": "protobuf"}


@dataclass(frozen=True)
class Envelope:
    """Of n rows: the optional columns of silver, and which format the body has ("json", "protobuf" or null)."""

    columns: dict[str, pa.Array]
    formats: pa.StringArray


def read_envelope(bronze: pa.Table, contract: Contract, verdicts: Verdicts) -> Envelope:
    """Reads the headers and rejects rows for missing_envelope, then for unknown_schema."""
    headers = _Headers(bronze.column("headers").combine_chunks())
    found = {name: headers.texts(name) for name in (SPECVERSION, *OPTIONAL, RESEND)}
    verdicts.reject(_rows(pc.not_equal(found[SPECVERSION].array, "1.0"), if_null=True), "missing_envelope", f"{SPECVERSION}: 1.0")
    for header, column in BRONZE.items():
        verdicts.reject(_rows(pc.equal(bronze.column(column), ""), if_null=True), "missing_envelope", f"{header}: required")
    is_same = pc.equal(bronze.column("key"), bronze.column("vehicle_key").cast(pa.binary()))
    verdicts.reject(_rows(pc.invert(is_same), if_null=True), "missing_envelope", "key: is ce_subject")
    for name in (*OPTIONAL, RESEND):
        verdicts.reject(found[name].broken, "missing_envelope", f"{name}: UTF-8")
    sequence, no_numbers = _sequences(found["ce_sequence"].array)
    verdicts.reject(no_numbers, "missing_envelope", "ce_sequence: 0 to 9223372036854775807")
    for name in ATTRIBUTES:
        verdicts.reject(headers.repeated(name), "missing_envelope", f"{name}: once")
    _reject_unknown_schemas(bronze, contract, verdicts)
    columns = {column: found[name].array for name, column in OPTIONAL.items()} | {"sequence": sequence}
    columns["is_resend"] = pc.fill_null(pc.equal(found[RESEND].array, "true"), False)
    return Envelope(columns, _by_value(bronze.column("content_type"), _format))


def _reject_unknown_schemas(bronze: pa.Table, contract: Contract, verdicts: Verdicts) -> None:
    schema = re.compile(rf"urn:fleetlake:{re.escape(contract.table)}:{contract.major}\.[0-9]+")
    judged = (
        ("dataschema", schema.fullmatch, f"ce_dataschema: urn:fleetlake:{contract.table}:{contract.major}.*"),
        ("content_type", _format, f"content-type: {' or '.join(FORMATS)}"),
        ("type", lambda text: text == f"fleet.{contract.table}.v{contract.major}", f"ce_type: fleet.{contract.table}.v{contract.major}"),
    )
    for column, is_known, rule in judged:
        known = _by_value(bronze.column(column), lambda text, is_known=is_known: "known" if is_known(text) else None)
        verdicts.reject(_rows(known.is_null()), "unknown_schema", rule)


def _format(content_type: str) -> str | None:
    return FORMATS.get(content_type.partition(";")[0].strip().lower())


@dataclass(frozen=True)
class _Texts:
    array: pa.StringArray
    broken: list[int]
    """Rows whose value is not UTF-8."""


class _Headers:
    """Headers of n rows, by name. One producer writes the same names in the same order, so that mostly one row tells where all stand."""

    def __init__(self, headers: pa.ListArray) -> None:
        offsets = headers.offsets.to_numpy().astype(np.int64)
        self.starts: Ints = offsets[:-1] - offsets[0]
        self.sizes: Ints = np.diff(offsets)
        flat = headers.flatten()
        self.names, self.values = flat.field("name"), flat.field("value")
        self.layout = self.names.slice(0, int(self.sizes[0])).to_pylist() if self._has_one_layout() else None

    def _has_one_layout(self) -> bool:
        size = int(self.sizes[0])
        if not size or self.names.null_count or not (self.sizes == size).all():
            return False
        table = self.names.dictionary_encode().indices.to_numpy().reshape(-1, size)
        return bool((table == table[0]).all())

    def repeated(self, name: str) -> list[int]:
        """Rows that have a header more than once."""
        if self.layout:
            return list(range(len(self.starts))) if self.layout.count(name) > 1 else []
        rows = self._rows(self._places(name))
        return sorted(set(rows[1:][rows[1:] == rows[:-1]].tolist()))

    def texts(self, name: str) -> _Texts:
        """The first value of that name in each row as text; null if absent, null or not UTF-8."""
        values = self.values.take(self._first(name))
        try:
            return _Texts(values.cast(pa.string()), [])
        except pa.ArrowInvalid:
            return _texts_one_by_one(values.to_pylist())

    def _first(self, name: str) -> pa.Int64Array:
        if self.layout and name in self.layout:
            return pa.array(self.starts + self.layout.index(name))
        places = self._places(name)
        index = np.full(len(self.starts), -1, np.int64)
        index[self._rows(places)[::-1]] = places[::-1]  # so that the first is written last
        return pa.array(index, mask=index < 0)

    def _places(self, name: str) -> Ints:
        """Where headers of that name stand among all headers; ascending."""
        return cast(Ints, np.flatnonzero(np.asarray(pc.fill_null(pc.equal(self.names, name), False))))

    def _rows(self, places: Ints) -> Ints:
        return np.searchsorted(self.starts, places, side="right") - 1


def _texts_one_by_one(values: Iterable[bytes | None]) -> _Texts:
    texts: list[str | None] = []
    broken: list[int] = []
    for row, value in enumerate(values):
        try:
            texts.append(None if value is None else value.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append(None)
            broken.append(row)
    return _Texts(pa.array(texts, pa.string()), broken)


def _sequences(texts: pa.StringArray) -> tuple[pa.Int64Array, list[int]]:
    """Sequence numbers, and the rows that have something else."""
    if pc.all(pc.match_substring_regex(texts, r"\A[0-9]{1,18}\z"), min_count=0).as_py():
        return texts.cast(pa.int64()), []
    numbers = [
        int(text) if text and text.isascii() and text.isdecimal() and len(text.lstrip("0")) < 20 else None for text in texts.to_pylist()
    ]
    fitting = [number if number is not None and number <= GREATEST_SEQUENCE else None for number in numbers]
    given = texts.is_valid().to_pylist()
    return pa.array(fitting, pa.int64()), [row for row, number in enumerate(fitting) if number is None and given[row]]


def _by_value(column: pa.ChunkedArray, meaning: object) -> pa.StringArray:
    """What each value means, asked once per distinct value; null stays null."""
    coded = column.combine_chunks().dictionary_encode()
    meanings = pa.array([meaning(value) for value in coded.dictionary.to_pylist()], pa.string())  # type: ignore[operator]
    return meanings.take(coded.indices)


def _rows(mask: pa.Array | pa.ChunkedArray, *, if_null: bool = False) -> list[int]:
    return cast(list[int], pc.indices_nonzero(pc.fill_null(mask, if_null)).to_pylist())
