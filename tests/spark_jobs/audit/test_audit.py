"""A sound lake audits green; whatever is broken in a copy of it is found, with its offsets."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import rmtree

import polars as pl
import pyarrow as pa
import pytest
import xxhash

from expectations.contract import contract
from expectations.schemas import arrow_schema
from fleetlake.console import Failure
from spark_jobs import files
from spark_jobs.audit import run, sweep
from spark_jobs.audit.run import audited_families
from spark_jobs.tables import Table
from tests.spark_jobs.audit.fabricated import (
    CONTROL,
    FAMILIES,
    LANDED,
    NOON,
    SILVER,
    bronze_row,
    quarantine_row,
    record,
    run_entry,
    run_rows,
    silver_row,
)


def test_a_sound_lake_has_no_findings(copied):
    report = copied.audit(*FAMILIES, full=True)
    assert report.findings == []
    row = report.table()[0]
    assert row == {
        "family": "charging",
        "topic-partition": "topic-of-charging/0",
        "from": 0,
        "kafka": 59,
        "by ledger": 0,
        "bronze": 59,
        "silver": 45,
        "duplicates": 2,
        "open quarantine": 2,
        "not landed": 5,
        "not refined": 10,
        "ok": "yes",
    }
    assert len(report.table()) == 6


def at(offset: int, partition: int = 0, family: str = "charging") -> pl.Expr:
    """That place."""
    return (pl.col("topic_id") == f"topic-of-{family}") & (pl.col("partition") == partition) & (pl.col("offset") == offset)


def flipped(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


def body_hash(body: bytes) -> bytes:
    return xxhash.xxh3_128_digest(body)


# The six mutants


def test_a_row_removed_from_bronze_is_lost(copied):
    copied.change("bronze.charging", lambda rows: rows.filter(~at(55)))
    assert copied.broken() == {("lost", "bronze.charging", 0): [55], ("ledger_rows", "bronze.charging", 0): [30]}


def test_a_row_doubled_in_bronze_is_named(copied):
    copied.change("bronze.charging", lambda rows: pl.concat([rows, rows.filter(at(55, partition=1))]))
    assert copied.broken() == {("doubled", "bronze.charging", 1): [55], ("ledger_rows", "bronze.charging", 1): [30]}


def test_a_flipped_byte_is_found_even_when_the_hash_beside_it_was_made_to_fit(copied):
    copied.change(
        "bronze.charging",
        lambda rows: rows.with_columns(body=pl.when(at(55)).then(pl.col("body").map_elements(flipped, pl.Binary)).otherwise("body")),
    )
    broken = {("changed", "bronze.charging", 0): [55], ("ledger_checksum", "bronze.charging", 0): [30]}
    assert copied.broken() == broken | {("disagrees", "bronze.charging", 0): [55]}
    fitting = pl.col("body").map_elements(body_hash, pl.Binary)
    copied.change("bronze.charging", lambda rows: rows.with_columns(body_hash=pl.when(at(55)).then(fitting).otherwise("body_hash")))
    assert copied.broken() == broken


def test_two_bodies_swapped_change_both_places_but_no_count(copied):
    def swapped(rows: pl.DataFrame) -> pl.DataFrame:
        one, other = (rows.filter(at(offset))[column].item() for offset, column in ((51, "body"), (54, "body")))
        return rows.with_columns(body=pl.when(at(51)).then(pl.lit(other)).when(at(54)).then(pl.lit(one)).otherwise("body"))

    copied.change("bronze.charging", swapped)
    assert copied.broken() == {
        ("changed", "bronze.charging", 0): [51, 54],
        ("disagrees", "bronze.charging", 0): [51, 54],
        ("ledger_checksum", "bronze.charging", 0): [30],
    }


@pytest.mark.parametrize(
    ("position", "broken"),
    [
        (57, {("position", "bronze.charging", 0): [57], ("above_position", "bronze.charging", 0): [58, 59]}),
        (62, {("lost", "bronze.charging", 0): [60, 61, 62], ("position", "bronze.charging", 0): [62]}),
        (90, {("lost", "bronze.charging", 0): [60, 61, 62, 63, 64], ("position", "bronze.charging", 0): [90]}),
    ],
)
def test_a_moved_position_of_bronze_is_found_both_ways(copied, position, broken):
    copied.move("bronze.charging", position)
    assert copied.broken() == broken


@pytest.mark.parametrize(
    ("position", "kinds"),
    [(47, {"position", "above_position"}), (52, {"position", "nowhere", "unrecorded"}), (70, {"position", "nowhere", "unrecorded"})],
)
def test_a_moved_position_of_silver_is_found_both_ways(copied, position, kinds):
    copied.move("silver.charging", position)
    assert {kind for kind, _, _ in copied.broken()} == kinds


def test_a_distinct_event_booked_as_a_duplicate_is_found_by_its_body(copied):
    """Even when every count, id and hash was made to fit: the bytes of bronze decide."""
    victim = record("charging", 0, 33)
    copied.change("silver.charging", lambda rows: rows.filter(~at(33)))
    booked = bronze_row(victim) | {
        "family": "charging",
        "kept_topic_id": victim.log.topic_id,
        "kept_partition": 0,
        "kept_offset": 34,
        "run": 1,
    }
    copied.add("ops.duplicates", booked)
    found = copied.broken()
    assert found[("not_a_duplicate", "ops.duplicates", 0)] == [33]
    assert found[("kept_missing", "ops.duplicates", 0)] == [33]
    assert found[("run_counts", "silver.charging", 0)] == [0]


# More of them


def test_a_silver_row_that_is_missing_is_nowhere(copied):
    copied.change("silver.charging", lambda rows: rows.filter(~at(25)))
    assert copied.broken() == {("nowhere", "silver.charging", 0): [25], ("run_counts", "silver.charging", 0): [0]}


def test_a_missing_duplicate_is_nowhere(copied):
    copied.change("ops.duplicates", lambda rows: rows.filter(~at(30)))
    assert copied.broken() == {("nowhere", "silver.charging", 0): [30], ("run_counts", "silver.charging", 0): [0]}


def test_a_missing_open_rejection_is_nowhere(copied):
    copied.change("silver.quarantine", lambda rows: rows.filter(~at(15)))
    assert copied.broken() == {("nowhere", "silver.charging", 0): [15], ("run_counts", "silver.charging", 0): [0]}


def test_a_row_in_silver_and_in_duplicates_is_found(copied):
    copied.add("silver.charging", silver_row(record("charging", 0, 10)))
    found = copied.broken()
    assert found[("silver_and_duplicate", "silver.charging", 0)] == [10]
    assert found[("event_doubled", "silver.charging", 0)] == [10]


def test_a_quarantined_row_in_silver_without_a_replay_is_found(copied):
    copied.add("silver.charging", silver_row(record("charging", 0, 12)))
    assert set(copied.broken()) == {("closed_unaccounted", "silver.charging", 0)}


def test_an_event_twice_in_silver_is_found_across_partitions(copied):
    copied.change("ops.duplicates", lambda rows: rows.filter(~at(30, partition=1)))
    copied.add("silver.charging", silver_row(record("charging", 1, 30)))
    assert copied.broken() == {("event_doubled", "silver.charging", 1): [30], ("run_counts", "silver.charging", 1): [0]}


def test_a_place_twice_in_silver_is_doubled(copied):
    copied.change("silver.charging", lambda rows: pl.concat([rows, rows.filter(at(26))]))
    assert {("doubled", "silver.charging", 0), ("event_doubled", "silver.charging", 0)} <= set(copied.broken())


def test_a_place_that_bronze_does_not_have_is_named(copied):
    copied.add("silver.charging", silver_row(record("charging", 0, CONTROL)))
    assert copied.broken()[("unknown_place", "silver.charging", 0)] == [CONTROL]


def test_silver_that_tells_of_another_event_is_found(copied):
    copied.change("silver.charging", lambda rows: rows.with_columns(event_id=pl.when(at(26)).then(pl.lit("another")).otherwise("event_id")))
    assert copied.broken() == {("disagrees", "silver.charging", 0): [26], ("other_event", "silver.charging", 0): [26]}


def test_silver_on_another_day_is_found(copied):
    copied.change(
        "silver.charging", lambda rows: rows.with_columns(occurred_on=pl.when(at(26)).then(date(2026, 1, 1)).otherwise("occurred_on"))
    )
    assert copied.broken() == {("other_event", "silver.charging", 0): [26]}


def test_bronze_on_another_day_than_its_time_says_is_found(copied):
    copied.change(
        "bronze.charging", lambda rows: rows.with_columns(occurred_on=pl.when(at(55)).then(date(2026, 1, 1)).otherwise("occurred_on"))
    )
    assert copied.broken() == {("disagrees", "bronze.charging", 0): [55]}


@pytest.mark.parametrize("column", ["key", "body"])
def test_quarantine_with_other_bytes_than_bronze_is_found(copied, column):
    copied.change(
        "silver.quarantine", lambda rows: rows.with_columns(pl.when(at(12)).then(pl.lit(b"other")).otherwise(column).alias(column))
    )
    assert copied.broken()[("other_bytes", "silver.quarantine", 0)] == [12]


@pytest.mark.parametrize(
    ("column", "value"), [("kept_offset", 6), ("kept_offset", 999), ("kept_partition", 1), ("kept_topic_id", "another")]
)
def test_a_kept_place_that_points_nowhere_is_found(copied, column, value):
    def moved(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(pl.when(at(10)).then(pl.lit(value, rows.schema[column])).otherwise(column).alias(column))

    copied.change("ops.duplicates", moved)
    assert copied.broken()[("kept_missing", "ops.duplicates", 0)] == [10]


@pytest.mark.parametrize(("column", "kind"), [("rows", "ledger_rows"), ("checksum", "ledger_checksum")])
def test_a_changed_ledger_of_bronze_is_found(copied, column, kind):
    changed = pl.lit(31) if column == "rows" else pl.lit("0" * 32)
    ours = (pl.col("table") == "bronze.charging") & (pl.col("first_offset") == 30) & (pl.col("partition") == 0)
    copied.change("ops.ledger", lambda rows: rows.with_columns(pl.when(ours).then(changed).otherwise(column).alias(column)))
    assert copied.broken() == {(kind, "bronze.charging", 0): [30]}


@pytest.mark.parametrize("column", ["rows", "silver", "duplicates", "quarantined"])
def test_a_changed_ledger_of_a_run_is_found(copied, column):
    ours = (pl.col("table") == "silver.charging") & (pl.col("run") == 1) & (pl.col("partition") == 0)
    copied.change("ops.ledger", lambda rows: rows.with_columns(pl.when(ours).then(pl.col(column) + 1).otherwise(column).alias(column)))
    assert copied.broken() == {("run_counts", "silver.charging", 0): [0]}


def test_rows_without_an_entry_in_the_ledger_are_found(copied):
    copied.change("ops.ledger", lambda rows: rows.filter(~((pl.col("table") == "bronze.charging") & (pl.col("first_offset") == 0))))
    unrecorded = {("unrecorded", "bronze.charging", partition): list(range(20)) for partition in (0, 1)}
    assert copied.broken() == unrecorded | {("ledger_gap", "bronze.charging", partition): [0] for partition in (0, 1)}


def test_a_baseline_is_where_landing_began_and_no_gap(copied):
    """Landing of both topic-partitions began at 30: Kafka had let go of what was before."""
    begins = (pl.col("table") == "bronze.charging") & (pl.col("first_offset") == 30)
    copied.change("ops.ledger", lambda rows: rows.with_columns(baseline=pl.when(begins).then(True).otherwise("baseline")))
    copied.change("ops.ledger", lambda rows: rows.filter(~((pl.col("table") == "bronze.charging") & (pl.col("first_offset") == 0))))
    assert not [kind for kind, _, _ in copied.broken() if kind == "ledger_gap"]


def test_a_run_that_the_ledger_does_not_have_is_found(copied):
    copied.change("ops.ledger", lambda rows: rows.filter(~((pl.col("table") == "silver.charging") & (pl.col("run") == 2))))
    assert copied.broken()[("unrecorded", "silver.charging", 0)] == list(range(40, 50))


def test_more_than_twenty_offsets_are_counted_and_the_first_twenty_named(copied):
    copied.change("silver.charging", lambda rows: rows.filter(pl.col("partition") == 1))
    lost = next(each for each in copied.audit(full=True).findings if each.kind == "nowhere")
    assert (lost.rows, len(lost.offsets), lost.offsets[0]) == (44, 20, 0)


def test_a_missing_data_file_stops_the_audit_and_is_named(copied):
    path = sorted(Path(copied.root, "bronze/charging").rglob("*.parquet"))[0]
    path.unlink()
    with pytest.raises(Failure, match=f"bronze.charging version 2: a data file cannot be read.*{path.name}"):
        copied.audit(full=True)


@pytest.mark.parametrize("table", ["ops.duplicates", "silver.quarantine"])
def test_a_row_booked_under_another_family_is_nowhere_in_its_own(copied, table):
    place = at(30 if table == "ops.duplicates" else 12)
    copied.change(table, lambda rows: rows.with_columns(family=pl.when(place).then(pl.lit("consents")).otherwise("family")))
    report = copied.audit(*FAMILIES, full=True)
    assert [each.offsets for each in report.findings if (each.kind, each.table) == ("nowhere", "silver.charging")] == [
        (30 if table == "ops.duplicates" else 12,)
    ]


@pytest.mark.parametrize("offsets", [13, 70])
def test_sweeps_of_a_few_offsets_count_and_find_the_same(copied, monkeypatch, offsets):
    """13: a topic-partition in several stretches; 70: several topic-partitions in one sweep, and families apart."""
    whole = copied.audit(*FAMILIES, full=True)
    monkeypatch.setattr(sweep, "SWEEP", offsets)
    monkeypatch.setattr(run, "SWEEP", offsets)
    copied.kafka.asked.clear()
    assert copied.audit(*FAMILIES, full=True).table() == whole.table()
    assert len(copied.kafka.asked) == {13: 30, 70: 6}[offsets]
    copied.change("bronze.charging", lambda rows: rows.filter(~at(55)))
    assert copied.broken() == {("lost", "bronze.charging", 0): [55], ("ledger_rows", "bronze.charging", 0): [30]}


# What is no finding


def test_what_kafka_has_let_go_of_stands_in_the_ledger(copied):
    copied.kafka.start = 33
    report = copied.audit(full=True)
    assert report.ok
    assert {(row["kafka"], row["by ledger"]) for row in report.table()} == {(27, 32)}
    assert any("Kafka begins at offset 33" in note for note in report.notes)


def test_what_kafka_has_let_go_of_is_still_held_against_the_ledger(copied):
    copied.kafka.start = 33
    copied.change("bronze.charging", lambda rows: rows.filter(~at(2)))
    assert copied.broken()[("ledger_rows", "bronze.charging", 0)] == [0]


def test_a_topic_that_is_gone_stands_in_the_ledger(copied):
    copied.kafka.gone = ("navigation",)
    report = copied.audit("navigation", full=True)
    assert report.ok
    assert [row["by ledger"] for row in report.table() if row["family"] == "navigation"] == [59, 59]


def test_a_pending_run_is_said_and_its_rows_are_not_settled(copied):
    copied.add("ops.refine_runs", *run_rows(4, states=("intent",)))
    copied.add("silver.charging", *(silver_row(record("charging", 0, offset)) for offset in (50, 51)))
    copied.move("silver.charging", 52)  # its duplicates and quarantine are not committed yet
    report = copied.audit(full=True)
    assert report.findings == []
    assert any("run 4 (refine) is pending: fleet refine --once finishes it" in note for note in report.notes)


def test_the_same_state_is_broken_once_the_run_is_closed(copied):
    copied.add("ops.refine_runs", *run_rows(4))
    copied.add("silver.charging", *(silver_row(record("charging", 0, offset)) for offset in (50, 51)))
    copied.move("silver.charging", 52)
    assert copied.broken()[("nowhere", "silver.charging", 0)] == [52]


def reprocessed(lake, *, silver: int, quarantined: int) -> None:
    """What the ledger says of a reprocess, run 5."""
    told = run_entry(5, silver, 0, quarantined) | {"kind": "reprocess", "table": "silver.charging", "version": 9, "at": NOON}
    nowhere = {"topic": "fleet.charging", "topic_id": "topic-of-charging", "partition": 0, "first_offset": None, "last_offset": None}
    lake.add("ops.ledger", told | nowhere)


def test_rows_that_a_reprocess_took_out_of_silver_are_accounted_for(copied):
    reprocessed(copied, silver=-2, quarantined=2)
    copied.change("silver.charging", lambda rows: rows.filter(~(at(7) | at(44))))
    copied.add("silver.quarantine", *(quarantine_row("charging", record("charging", 0, offset)) | {"run": 5} for offset in (7, 44)))
    report = copied.audit(full=True)
    assert report.findings == []
    assert (report.table()[0]["silver"], report.table()[0]["open quarantine"]) == (43, 4)


def test_a_row_that_a_reprocess_lost_is_found(copied):
    reprocessed(copied, silver=-2, quarantined=2)
    copied.change("silver.charging", lambda rows: rows.filter(~(at(7) | at(44))))
    copied.add("silver.quarantine", quarantine_row("charging", record("charging", 0, 7)) | {"run": 5})
    broken = copied.broken()
    assert broken[("nowhere", "silver.charging", 0)] == [44]
    assert broken[("run_counts", "silver.charging", 0)] == [40]


def test_a_row_that_was_replayed_and_reprocessed_stands_once_in_quarantine(copied):
    reprocessed(copied, silver=-1, quarantined=0)
    copied.change("silver.charging", lambda rows: rows.filter(~at(18)))
    copied.change("silver.quarantine", lambda rows: rows.with_columns(run=pl.when(at(18)).then(5).otherwise("run")))
    assert copied.audit(full=True).findings == []


def test_rows_between_the_commits_of_a_reprocess_are_not_missed(copied):
    copied.add("ops.refine_runs", *run_rows(5, kind="reprocess", states=("intent",)))
    reprocessed(copied, silver=-1, quarantined=1)
    copied.change("silver.charging", lambda rows: rows.filter(~at(7)))
    report = copied.audit(full=True)
    assert [each.kind for each in report.findings] == []


# From where the last audit ended


def test_the_next_audit_reads_only_what_is_new(copied):
    assert copied.audit().full
    copied.kafka.asked.clear()
    report = copied.audit()
    assert (report.ok, report.full, report.number) == (True, False, 2)
    assert copied.kafka.asked == []
    assert {(row["from"], row["bronze"], row["not refined"]) for row in report.table()} == {(50, 10, 10)}


def test_a_broken_lake_is_still_broken_in_the_next_audit(copied):
    copied.change("silver.charging", lambda rows: rows.filter(~at(25)))
    assert copied.broken(full=False) == copied.broken(full=False) != {}


def test_a_position_below_what_the_last_audit_saw_is_found(copied):
    copied.audit()
    copied.move("bronze.charging", 40)
    assert copied.broken(full=False)[("moved_back", "bronze.charging", 0)] == [59]


def test_a_replay_brings_its_old_places_back_into_the_next_audit(copied):
    copied.audit()
    replay = run_entry(3, 1, 0, 0) | {"run": 4, "table": "silver.charging", "version": 9, "topic_id": "topic-of-charging", "partition": 0}
    copied.add("ops.ledger", replay | {"topic": "fleet.charging", "first_offset": None, "last_offset": None, "at": NOON})
    copied.add("silver.charging", silver_row(record("charging", 0, 12)))
    report = copied.audit()
    assert report.ok
    assert report.table()[0]["from"] == 12
    copied.add("silver.charging", silver_row(record("charging", 0, 12)))
    assert copied.broken(full=True)[("doubled", "silver.charging", 0)] == [12]


def test_each_audit_is_remembered_with_what_it_found(copied):
    copied.change("silver.charging", lambda rows: rows.filter(~at(25)))
    copied.audit("charging", "navigation")
    row = pl.read_delta(f"{copied.root}/ops/audits").row(0, named=True)
    assert (row["audit"], row["ok"], row["full"]) == (1, False, True)
    assert json.loads(row["findings"])[0]["offsets"] == [25]
    assert sorted(json.loads(row["upto"])["tables"]) == ["bronze.navigation", "silver.navigation"]


def test_what_landed_without_a_contract_is_audited_too(copied):
    entry = run_entry(1, 0, 0, 0) | {
        "kind": "land",
        "run": None,
        "table": "bronze.diagnostics",
        "version": 1,
        "topic_id": "d",
        "partition": 0,
    }
    copied.add("ops.ledger", entry | {"checksum": "0" * 32, "topic": "fleet.diagnostics", "first_offset": 0, "last_offset": 9, "at": NOON})
    assert "diagnostics" in audited_families(copied.root, copied.kafka)
    report = copied.audit("diagnostics", full=True)
    assert [(each.kind, each.table) for each in report.findings] == [("position", "bronze.diagnostics")]


def test_a_bronze_table_that_is_gone_is_found(copied):
    rmtree(Path(copied.root, "bronze/charging"))
    assert {("position", "bronze.charging", 0), ("unknown_place", "silver.charging", 0), ("ledger_rows", "bronze.charging", 0)} <= set(
        copied.broken()
    )


@pytest.mark.parametrize("bounds", [None, {"minValues": {"partition": 0, "offset": 900}, "maxValues": {"partition": 0, "offset": 999}}])
def test_no_row_hides_behind_what_the_log_says_of_its_file(copied, bounds):
    """A file without statistics, and one whose statistics lie, hold the same row again."""
    row = pa.Table.from_pylist(
        [silver_row(record("charging", 0, 26))], arrow_schema(contract("silver.charging")).empty_table().select(list(SILVER)).schema
    )
    table = Table.existing(copied.root, "silver.charging")
    assert table is not None
    file = files.write(table.path, row, {"occurred_on": row["occurred_on"][0].as_py()}, ())
    stats = json.dumps({"numRecords": 1} | (bounds or {}))
    table.commit([replace(file, stats=stats)], {})
    assert copied.broken()[("doubled", "silver.charging", 0)] == [26]


def test_a_file_without_statistics_is_read_by_the_next_audit_too(copied):
    copied.audit()
    row = bronze_row(record("charging", 0, LANDED + 1))
    table = Table.existing(copied.root, "bronze.charging")
    assert table is not None
    file = files.write(
        table.path, pa.Table.from_pylist([row], arrow_schema(contract("bronze.charging"))), {"received_on": row["received_on"]}, ()
    )
    table.commit([file], {})
    assert copied.broken(full=False)[("above_position", "bronze.charging", 0)] == [LANDED + 1]
