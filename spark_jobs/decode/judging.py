"""The verdict on each bronze row, and the silver columns of the accepted ones."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contract import Contract
from expectations.rules import rules
from expectations.schemas import ARROW, arrow_schema
from spark_jobs.decode.decoded import Decoded, joined, nothing
from spark_jobs.decode.envelope import read_envelope
from spark_jobs.decode.json_bodies import decode_json
from spark_jobs.decode.protobuf_bodies import decode_protobuf
from spark_jobs.decode.row_rules import broken, broken_checks
from spark_jobs.decode.values import repeated_keys
from spark_jobs.decode.verdicts import Rows, Verdicts
from spark_jobs.land.times import parse_rfc3339

LATENESS_US = 2 * 3_600_000_000  # the longest underground parking that still counts as on time
AHEAD_US = 3_600_000_000  # how far a sender's clock may run ahead of reception
BEHIND_US = 400 * 86_400_000_000  # a car that stood for a year still tells its story
FROM_BRONZE = ("event_id", "vehicle_key", "event_hash", "body_hash", "topic_id", "partition", "offset")


@dataclass(frozen=True)
class Limits:
    """What is refused before any parser sees it."""

    body_bytes: int = 1_000_000
    levels: int = 64


@dataclass(frozen=True)
class Judged:
    """Verdicts of a chunk of n bronze rows, of which m were accepted."""

    silver: pa.Table
    """m rows: every column of the silver contract, in its order and types (occurred_on and the place included)."""
    rows: pa.Int64Array
    """m indices into the chunk, ascending: `chunk.take(rows)` stands beside `silver`."""
    reasons: pa.StringArray
    """n reasons out of the closed list; null = accepted. Never `conflict`: only twins can tell that."""
    rules: pa.StringArray
    """n rules, such as "soc_end: maximum 100"; null where accepted."""


def judge(bronze: pa.Table, contract: Contract, limits: Limits = Limits()) -> Judged:
    """Judges a chunk of bronze rows of one family by its silver contract; JSON and Protobuf bodies may be mixed.

    bronze: the columns of bronze in any order, extra ones ignored; at most ~16 MB of raw bodies a chunk keeps a worker below 250 MB.
    Raises nothing for what a sender did: each row gets its verdict, and one bad body never costs its neighbours.
    """
    if not len(bronze):
        return Judged(arrow_schema(contract).empty_table(), pa.array([], pa.int64()), pa.array([], pa.string()), pa.array([], pa.string()))
    chunk = bronze.combine_chunks()
    verdicts = Verdicts(len(chunk))
    bodies = chunk.column("body").combine_chunks().cast(pa.binary())
    verdicts.reject(_rows(pc.greater(pc.binary_length(bodies), limits.body_bytes)), "too_large", f"body: at most {limits.body_bytes} bytes")
    envelope = read_envelope(chunk, contract, verdicts)
    verdicts.reject(_rows(pc.fill_null(pc.equal(pc.binary_length(bodies), 0), True)), "malformed", "body: empty")
    decoded, rows = _decode(bodies, envelope.formats, contract, limits, verdicts.accepted())
    judge_bodies(decoded, rows, contract, verdicts)
    times = _times(chunk, verdicts)
    shared = {name: chunk.column(name) for name in FROM_BRONZE} | envelope.columns | times
    accepted = verdicts.accepted()
    reasons, names = verdicts.columns()
    return Judged(_silver(contract, shared, decoded, rows, accepted), pa.array(accepted), reasons, names)


def _decode(bodies: pa.BinaryArray, formats: pa.StringArray, contract: Contract, limits: Limits, among: Rows) -> tuple[Decoded, Rows]:
    """Columns of the bodies among these rows, JSON first, and which row of the chunk each belongs to."""
    is_json = np.asarray(pc.fill_null(pc.equal(formats, "json"), False))
    json_rows, protobuf_rows = among[is_json[among]], among[~is_json[among]]
    parts = []
    if len(json_rows):
        parts.append(decode_json(_taken(bodies, json_rows), contract.own_columns, limits.levels))
    if len(protobuf_rows):
        parts.append(decode_protobuf(_taken(bodies, protobuf_rows), contract.table, contract.own_columns))
    none = nothing({column.name: column.physical_type for column in contract.own_columns})
    return joined(parts or [none]), np.concatenate([json_rows, protobuf_rows])


def judge_bodies(decoded: Decoded, rows: Rows, contract: Contract, verdicts: Verdicts) -> None:
    """Rejects rows for what their bodies hold; `rows` are the places of the bodies in the chunk."""
    for row, what in decoded.malformed.items():
        verdicts.reject([rows[row]], "malformed", what)
    for column in contract.own_columns:
        verdicts.reject(rows[decoded.wrong.get(column.name, [])], "wrong_type", f"{column.name}: {column.physical_type}")
    checks = [rule for rule in rules(contract) if rule.kind == "check"]
    for rule in rules(contract):
        if rule.kind != "check":
            verdicts.reject(rows[broken(rule, decoded)], rule.reason, rule.name)
    for column in contract.own_columns:
        if column.physical_type.startswith("map"):
            verdicts.reject(rows[repeated_keys(decoded.columns[column.name])], "not_allowed", f"{column.name}: each path once")
    if checks and len(rows):
        found = broken_checks([cast(str, rule.argument) for rule in checks], decoded)
        for rule, broken_rows in zip(checks, found, strict=True):
            verdicts.reject(rows[broken_rows], rule.reason, rule.name)


def _times(chunk: pa.Table, verdicts: Verdicts) -> dict[str, pa.Array]:
    """When each event occurred and was received, and how late that was; rejects clocks that cannot be right."""
    occurred_at = parse_rfc3339(chunk.column("occurred_at"))
    received_at = chunk.column("received_at").combine_chunks().cast(ARROW["timestamp"])
    delay = pc.subtract(received_at.cast(pa.int64()), occurred_at.cast(pa.int64()))
    verdicts.reject(_rows(occurred_at.is_null()), "bad_time", "ce_time: RFC 3339")
    verdicts.reject(_rows(pc.less(delay, -AHEAD_US)), "bad_time", "ce_time: at most 1 h after reception")
    verdicts.reject(_rows(pc.greater(delay, BEHIND_US)), "bad_time", "ce_time: at most 400 days before reception")
    is_late = pc.greater(delay, LATENESS_US)
    return {"occurred_at": occurred_at, "occurred_on": occurred_at.cast(pa.date32()), "received_at": received_at, "is_late": is_late}


def _silver(contract: Contract, shared: dict[str, pa.Array], decoded: Decoded, rows: Rows, accepted: Rows) -> pa.Table:
    """The accepted rows of the chunk; `decoded` holds the bodies of `rows`, `shared` has a value for every row."""
    places = np.full(len(shared["is_late"]), -1, np.int64)
    places[rows] = np.arange(len(rows))
    bodies = decoded.columns | {"unknown_fields": decoded.unknown_fields}
    schema = arrow_schema(contract)
    columns = [
        _taken(bodies[field.name], places[accepted]) if field.name in bodies else _taken(shared[field.name], accepted).cast(field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _taken(column: pa.Array | pa.ChunkedArray, rows: Rows) -> pa.Array:
    """The values of these rows; without a copy if they are all."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole if len(rows) == len(whole) and (rows == np.arange(len(whole))).all() else whole.take(pa.array(rows))


def _rows(mask: pa.Array) -> list[int]:
    return cast(list[int], pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist())
