"""What the auditor keeps of a row: its place, and hashes made anew from the row's own bytes.

A mark is about 60 bytes, so a window of half a million rows fits into memory whatever the bodies weigh.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.audit.digest import RECORDS, body_hashes, event_hashes, record_digests

Types = dict[str, type[pl.DataType]]

PLACE: Types = {"topic_id": pl.String, "partition": pl.Int32, "offset": pl.Int64}
RECORD: Types = PLACE | {"high": pl.UInt64, "low": pl.UInt64}
TOLD: Types = PLACE | {"event_hash": pl.Int64, "body_hash": pl.Binary, "occurred_on": pl.Date, "agrees": pl.Boolean}
RAW: Types = RECORD | TOLD

RAW_COLUMNS = (
    *PLACE,
    "received_at",
    "key",
    "headers",
    "body",
    "event_id",
    "vehicle_key",
    "occurred_at",
    "occurred_on",
    "event_hash",
    "body_hash",
)
TOLD_COLUMNS = (*PLACE, "event_id", "vehicle_key", "occurred_on", "event_hash", "body_hash")
BELIEVED_COLUMNS = (*PLACE, "occurred_on", "event_hash", "body_hash")


def of_records(records: pa.RecordBatch) -> pl.DataFrame:
    """Marks (RECORD) of a batch (`digest.RECORDS`) as Kafka gave it."""
    high, low = record_digests(records, body_hashes(records["body"]))
    return pl.DataFrame(_places(records) | {"high": high, "low": low}, schema=RECORD)


def of_raw(rows: pa.RecordBatch) -> pl.DataFrame:
    """Marks (RAW) of rows that carry a record's bytes: bronze and quarantine.

    `agrees` is false where a column that was taken from the bytes does not say what the bytes say.
    """
    at_ms = pc.divide(rows["received_at"].cast(pa.int64()), 1000)
    records = pa.record_batch([*(rows[name] for name in PLACE), at_ms, rows["key"], rows["headers"], rows["body"]], schema=RECORDS)
    bodies = body_hashes(rows["body"])
    high, low = record_digests(records, bodies)
    ids, vehicles, times = first_texts(rows["headers"], ("ce_id", "ce_subject", "ce_time"))
    events = event_hashes(vehicles, ids)
    told = pl.DataFrame(
        {
            "event_id": rows["event_id"],
            "vehicle_key": rows["vehicle_key"],
            "occurred_at": rows["occurred_at"],
            "event": rows["event_hash"],
            "body": rows["body_hash"],
        }
    )
    seen = pl.DataFrame({"event_id": ids, "vehicle_key": vehicles, "occurred_at": times, "event": events, "body": bodies})
    marks = _places(records) | {"high": high, "low": low, "event_hash": seen["event"], "body_hash": seen["body"]}
    days = pl.Series("occurred_on", rows["occurred_on"])
    return pl.DataFrame(marks | {"occurred_on": days, "agrees": _same(told, seen) & _same_day(days, seen["occurred_at"])}, schema=RAW)


def of_told(rows: pa.RecordBatch) -> pl.DataFrame:
    """Marks (TOLD) of rows that say which event they are and no longer carry its bytes: silver and duplicates."""
    events = pl.Series(event_hashes(rows["vehicle_key"], rows["event_id"]))
    columns = [pl.Series(name, rows[name]) for name in (*PLACE, "occurred_on", "body_hash")]
    agrees = events.eq_missing(pl.Series(rows["event_hash"])).alias("agrees")
    return pl.DataFrame([*columns, events.alias("event_hash"), agrees]).select(list(TOLD))


def of_believed(rows: pa.RecordBatch) -> pl.DataFrame:
    """Marks (RAW) of bronze rows that an earlier audit has read byte by byte: their hashes are taken as they stand."""
    marks = pl.DataFrame([pl.Series(name, rows[name]) for name in BELIEVED_COLUMNS])
    return marks.select(
        *PLACE,
        pl.lit(None, pl.UInt64).alias("high"),
        pl.lit(None, pl.UInt64).alias("low"),
        "event_hash",
        "body_hash",
        "occurred_on",
        pl.lit(True).alias("agrees"),
    )


def first_texts(headers: pa.Array, names: tuple[str, ...]) -> list[pa.Array]:
    """Per name the value of each row's first header of that name; null where it is absent, null or not UTF-8."""
    flat = headers.flatten()
    rows = np.repeat(np.arange(len(headers)), pc.fill_null(pc.list_value_length(headers), 0).to_numpy())
    called, values = pc.struct_field(flat, "name"), pc.struct_field(flat, "value")
    return [_text(values.take(_first(rows, pc.equal(called, name), len(headers)))) for name in names]


def _places(rows: pa.RecordBatch) -> dict[str, pl.Series]:
    return {name: pl.Series(name, rows[name]) for name in PLACE}


def _first(rows: npt.NDArray[np.int64], hit: pa.Array, count: int) -> pa.Array:
    hits = np.flatnonzero(hit.to_numpy(zero_copy_only=False))
    found, at = np.unique(rows[hits], return_index=True)
    index = np.full(count, -1)
    index[found] = hits[at]
    return pa.array(index, mask=index < 0)


def _text(values: pa.Array) -> pa.Array:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:  # some value is not UTF-8: find out which
        return pa.array([_decoded(value) for value in values.to_pylist()], pa.string())


def _decoded(value: bytes | None) -> str | None:
    try:
        return value if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _same(told: pl.DataFrame, seen: pl.DataFrame) -> pl.Series:
    agree = pl.repeat(True, told.height, eager=True)
    for name in told.columns:
        agree = agree & told[name].eq_missing(seen[name])
    return agree


def _same_day(days: pl.Series, times: pl.Series) -> pl.Series:
    """Where this reader, too, can read the time, the day must be that of its instant in UTC; what both cannot read has no day."""
    read = times.cast(pl.String).str.to_datetime("%+", strict=False, time_zone="UTC").dt.date()
    return days.is_null() | read.is_null() | (days == read)
