"""What the simulator expects of each record is what the decoder makes of it: two that know nothing of each other."""

import json

import polars as pl
import pyarrow as pa
import pytest

from expectations.contract import contract, families
from expectations.schemas import arrow_schema
from fleetlake.simulator.records import WIRE, to_records
from spark_jobs.decode import Judged, Limits, judge
from spark_jobs.land.rows import land

HEADERS = pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))
SHARED = (
    "event_id",
    "vehicle_key",
    "occurred_at",
    "received_at",
    "is_late",
    "is_resend",
    "boot_id",
    "sequence",
    "model",
    "market",
    "sw_version",
)


def judged(records: pl.DataFrame, family: str, max_body_bytes: int) -> Judged:
    """The verdicts on records as if one partition had held them all."""
    made = list(to_records(records.select(WIRE)))
    kafka = {
        "key": pa.array([record.key for record in made], pa.binary()),
        "value": pa.array([record.value for record in made], pa.binary()),
        "topic": pa.array([record.topic for record in made]),
        "partition": pa.array([0] * len(made), pa.int32()),
        "offset": pa.array(range(len(made)), pa.int64()),
        "timestamp": pa.array([record.timestamp_ms * 1000 for record in made], pa.timestamp("us", "UTC")),
        "headers": pa.array([[{"key": name, "value": value} for name, value in record.headers] for record in made], HEADERS),
    }
    bronze = land(pa.RecordBatch.from_pydict(kafka), "topic-id", arrow_schema(contract(f"bronze.{family}"))).rows
    return judge(pa.Table.from_batches([bronze]), contract(f"silver.{family}"), Limits(body_bytes=max_body_bytes))


@pytest.mark.parametrize("family", families())
def test_every_record_gets_the_verdict_and_the_values_that_were_meant(faulty, family):
    records = faulty.records[family]
    found = judged(records, family, faulty.plan.max_body_bytes)
    alone = records["expected"].replace({"duplicate": "silver", "conflict": "silver"})  # only twins are duplicates or conflicts
    verdicts = records.with_columns(alone=alone, verdict=pl.Series(found.reasons.to_pylist(), dtype=pl.String).fill_null("silver"))
    assert verdicts.filter(pl.col("alone") != pl.col("verdict")).select("fault", "way", "alone", "verdict").rows() == []
    silver, meant = pl.DataFrame(pl.from_arrow(found.silver)), records.filter(alone == "silver")
    own = [column.name for column in contract(f"silver.{family}").own_columns if column.name != "signals"]
    for name in (*SHARED, *own):
        assert silver[name].cast(meant.schema[name]).equals(meant[name]), name
    read = [[text and json.loads(text) for text in frame["unknown_fields"]] for frame in (silver, meant)]
    assert read[0] == read[1]
