"""Maintenance of what a late tail leaves: every batch touches a month of days in every topic-partition, a small file each."""

import sys
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from fleetlake.names import table_path
from spark_jobs.audit.digest import HEADERS, RECORDS, body_hashes, record_digests
from spark_jobs.maintain import job
from spark_jobs.refine.job import refine
from spark_jobs.runs import opened
from tests.spark_jobs.refine.events import NOON, InProcess, bronze, land_rows, record

PARTITIONS, DAYS, BATCHES = 64, 30, 10
BRONZE, SILVER = "bronze.consents", "silver.consents"


@pytest.mark.drill
@pytest.mark.end_to_end
@pytest.mark.timeout(1800)
def test_a_late_tail_over_64_partitions_and_30_days_becomes_few_files_and_no_byte_changes(lake):
    for batch in range(BATCHES):
        for partition in range(PARTITIONS):
            land_rows(lake, bronze(*tail(batch, partition), partition=partition))
        assert list(refine(InProcess(), lake))
    before = {name: (len(files(lake, name)), opening(lake, name), content(lake, name)) for name in (BRONZE, SILVER)}
    for name, (count, open_s, held) in before.items():
        began = time.monotonic()
        job.carry_out(lake, InProcess, [job.due(lake, name, {}, timedelta(days=7), datetime.now(UTC))], lambda text: None)
        took, now = time.monotonic() - began, len(files(lake, name))
        print(
            f"{name}: {count:,} files, open {open_s * 1000:.0f} ms; after maintain ({took:.1f} s) {now:,} files, open {opening(lake, name) * 1000:.0f} ms,"
            f" commit of the next batch {committing(lake, name) * 1000:.0f} ms",
            file=sys.stderr,
        )
        assert content(lake, name) == held
        assert now <= count / 5


def tail(batch: int, partition: int) -> list[dict]:
    """One event of each of the days before, all received within a minute."""
    received = NOON + timedelta(minutes=batch)
    return [
        record(batch * DAYS + day, id=f"{partition}/{batch}/{day}", vehicle=f"v{day}", at=NOON - timedelta(days=day), received=received)
        for day in range(DAYS)
    ]


def files(lake: str, name: str) -> list[str]:
    return DeltaTable(table_path(lake, name)).file_uris()


def opening(lake: str, name: str) -> float:
    began = time.monotonic()
    files(lake, name)
    return time.monotonic() - began


def committing(lake: str, name: str) -> float:
    table = opened(lake, name)
    began = time.monotonic()
    table.commit([], {"drill": 1})
    return time.monotonic() - began


def content(lake: str, name: str) -> tuple[int, int]:
    """Rows, and their sum: of bronze the auditor's checksum over every byte, of silver a hash of every value."""
    rows = pl.read_delta(table_path(lake, name)).sort("partition", "offset")
    if name != BRONZE:
        return rows.height, hash(tuple(rows.hash_rows()))
    records = rows.with_columns(timestamp_ms=pl.col("received_at").dt.epoch("ms")).select(RECORDS.names).to_arrow()
    batch = (
        pa.Table.from_arrays(
            [records[field.name].combine_chunks().cast(HEADERS if field.name == "headers" else field.type) for field in RECORDS],
            schema=RECORDS,
        )
        .combine_chunks()
        .to_batches()[0]
    )
    high, low = record_digests(batch, body_hashes(batch["body"]))
    total = sum((int(upper) << 64) + int(lower) for upper, lower in zip(high, low, strict=True))
    return rows.height, total % (1 << 128)
