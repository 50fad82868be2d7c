"""Builders: Kafka records of consents, and bronze tables that hold them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import Row

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from spark_jobs.files import write
from spark_jobs.land.rows import land
from spark_jobs.runs import opened

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOPIC_ID = "T-consents-1"
GIVEN = {"purpose": "location", "is_given": True, "scope": "vehicle"}
HEADERS = pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))


def record(offset: int, **changes: Any) -> dict[str, Any]:
    """An accepted consent at `offset`, received one second per offset after noon."""
    event = {
        "offset": offset,
        "id": f"e{offset}",
        "vehicle": "v1",
        "at": NOON,
        "received": NOON + timedelta(seconds=offset),
        "body": GIVEN,
    } | changes
    return event | {"body": event["body"] if isinstance(event["body"], bytes | None) else json.dumps(event["body"]).encode()}


def bronze(*records: dict[str, Any], partition: int = 0, family: str = "consents") -> pa.Table:
    """Records as bronze rows of one topic-partition."""
    columns = {
        "key": pa.array([each["vehicle"].encode() for each in records], pa.binary()),
        "value": pa.array([each["body"] for each in records], pa.binary()),
        "topic": pa.array([f"fleet.{family}"] * len(records)),
        "partition": pa.array([partition] * len(records), pa.int32()),
        "offset": pa.array([each["offset"] for each in records], pa.int64()),
        "timestamp": pa.array([each["received"] for each in records], pa.timestamp("us", tz="UTC")),
        "headers": pa.array([_headers(family, each) for each in records], HEADERS),
    }
    schema = arrow_schema(contract(f"bronze.{family}"))
    return pa.Table.from_batches([land(pa.record_batch(columns), TOPIC_ID, schema).rows])


def land_rows(lake: str, rows: pa.Table, family: str = "consents") -> None:
    """Commits rows to the bronze table, one file per day of reception."""
    table = opened(lake, f"bronze.{family}")
    days: list[date] = sorted(set(rows["received_on"].to_pylist()))
    parts = [(day, rows.filter(pa.array([each == day for each in rows["received_on"].to_pylist()]))) for day in days]
    table.commit(
        [write(table.path, part, {"received_on": day}, statistics_columns(contract(table.name)), ["body"]) for day, part in parts], {}
    )


class InProcess:
    """Does in this process what Spark does in its workers: the whole job without a JVM."""

    def range(self, start: int, end: int, step: int, partitions: int) -> "InProcess":
        self.numbers = range(start, end, step)
        assert partitions == len(self.numbers), "one task each"
        return self

    def mapInArrow(self, function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]], schema: str) -> "InProcess":
        shipped = cloudpickle.loads(cloudpickle.dumps(function))
        self.rows = [
            Row(**row)
            for number in self.numbers
            for answers in shipped(iter([pa.record_batch({"id": [number]})]))
            for row in answers.to_pylist()
        ]
        return self

    def collect(self) -> list[Row]:
        return self.rows


def _headers(family: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    named = {
        "ce_specversion": "1.0",
        "ce_id": event["id"],
        "ce_source": "vehicle",
        "ce_type": f"fleet.{family}.v1",
        "ce_time": event["at"].isoformat(),
        "ce_subject": event["vehicle"],
        "ce_dataschema": f"urn:fleetlake:{family}:1.0",
        "content-type": "application/json",
    }
    return [{"key": name, "value": value.encode()} for name, value in named.items()]
