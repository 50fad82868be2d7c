"""Kafka records become bronze rows: nothing is rejected, nothing is changed, the envelope and the hashes are laid beside."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from spark_jobs.land.columns import Ints
from spark_jobs.land.envelope import Headers, envelope
from spark_jobs.land.hashes import body_hashes, canonical_rows, checksum, event_hashes
from spark_jobs.land.times import INSTANT, parse_rfc3339

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Landed:
    """Bronze rows of one topic-partition, and the sum of their checksums."""

    rows: pa.RecordBatch
    checksum: int


def land(records: pa.RecordBatch, topic_id: str, schema: pa.Schema) -> Landed:
    """Rows as `schema` (the contract of bronze) orders them.

    `records` are Spark's columns of Kafka, all of one topic-partition: key, value, topic, partition, offset, timestamp (µs), headers.
    """
    count = records.num_rows
    partition = records["partition"][0].as_py()
    offset, received_us = _numbers(records["offset"]), _numbers(records["timestamp"].cast(INSTANT))
    key, body, headers = records["key"], records["value"], Headers.of(records["headers"])
    fields = envelope(headers)
    body_hash = body_hashes(body)
    columns = {
        "topic": records["topic"],
        "topic_id": pa.repeat(topic_id, count),
        "partition": records["partition"],
        "offset": records["offset"],
        "received_at": records["timestamp"],
        "received_on": _days(received_us),
        "key": key,
        "body": body,
        "headers": headers.column(schema.field("headers").type),
        **fields,
        "occurred_on": _day_of(fields["occurred_at"]),
        "event_hash": event_hashes(fields["vehicle_key"], fields["event_id"]),
        "body_hash": body_hash,
    }
    canonical = canonical_rows((topic_id, partition), offset, received_us // 1000, key, headers, body, body_hash)
    return Landed(pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema), checksum(canonical))


def _numbers(column: pa.Array) -> Ints:
    return np.asarray(column.cast(pa.int64()))


def _days(instants_us: Ints) -> pa.Array:
    return pa.array((instants_us // DAY_US).astype(np.int32), pa.int32()).cast(pa.date32())


def _day_of(texts: pa.Array) -> pa.Array:
    """The UTC day of RFC 3339 date-times; null where they cannot be read."""
    instants = parse_rfc3339(texts)
    days = np.asarray(instants.cast(pa.int64()).fill_null(0)) // DAY_US
    return pa.array(days.astype(np.int32), pa.int32(), mask=~np.asarray(instants.is_valid())).cast(pa.date32())
