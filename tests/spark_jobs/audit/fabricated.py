"""A small lake that holds what the broker held, made without land and refine, and copies of it to break.

Per family two topic-partitions of 60 landed offsets: 20 is a control record; 10 and, across partitions, 30 are duplicates of 5; 12 and
15 are quarantined; 18 was quarantined and came into silver by a replay; refine stands at 49; Kafka has five records more than bronze.
"""

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pyarrow as pa
import xxhash
from deltalake import DeltaTable, write_deltalake

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.names import position_id, table_path
from spark_jobs import files
from spark_jobs.audit.digest import RECORDS
from spark_jobs.audit.findings import Log
from spark_jobs.audit.kafka import Asked, Held
from spark_jobs.audit.run import Report, audit
from spark_jobs.tables import Table

FAMILIES = ("charging", "navigation", "consents")
SILVER = (
    "event_id",
    "vehicle_key",
    "occurred_at",
    "occurred_on",
    "received_at",
    "event_hash",
    "body_hash",
    "topic_id",
    "partition",
    "offset",
)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LANDED, REFINED, CONTROL = 59, 49, 20
COPIES, REJECTED, REPLAYED = (10, 30), (12, 15), 18
ENVELOPE = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject")


@dataclass(frozen=True)
class Record:
    """A record as the broker held it."""

    log: Log
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    body: bytes | None

    def header(self, name: str) -> str | None:
        return next((value.decode() for called, value in self.headers if called == name and value is not None), None)

    def digest(self) -> int:
        def optional(value: bytes | None) -> bytes:
            return b"\0" if value is None else b"\1" + struct.pack("<I", len(value)) + value

        topic_id = self.log.topic_id.encode()
        parts = [
            struct.pack("<I", len(topic_id)),
            topic_id,
            struct.pack("<iqq", self.log.partition, self.offset, self.timestamp_ms),
            optional(self.key),
        ]
        parts.append(struct.pack("<I", len(self.headers)))
        parts += [struct.pack("<I", len(name)) + name.encode() + optional(value) for name, value in self.headers]
        parts.append(b"\0" if self.body is None else b"\1" + struct.pack("<Q", len(self.body)) + xxhash.xxh3_128_digest(self.body))
        return xxhash.xxh3_128_intdigest(b"".join(parts))


def record(family: str, partition: int, offset: int) -> Record:
    """The event of that place: a duplicate repeats another's id, time and body; 15 has neither key nor id, and no body."""
    said = (5, partition) if offset == 10 else (5, 1 - partition) if offset == 30 else (offset, partition)
    happened = NOON + timedelta(hours=said[0] // 4)
    values = (
        "1.0",
        f"e{said[0]}-{said[1]}",
        "vehicle",
        f"fleet.{family}.v1",
        happened.isoformat().replace("+00:00", "Z"),
        f"vehicle-{said[0] % 7}",
    )
    headers = tuple(zip(ENVELOPE, (value.encode() for value in values), strict=True))
    body = json.dumps({"family": family, "n": said}).encode() * (1 + said[0] % 3)
    received = int((NOON + timedelta(hours=20, seconds=offset)).timestamp() * 1000)
    whole = Record(Log(f"topic-of-{family}", partition), offset, received, values[5].encode(), (*headers, ("ce_isresend", None)), body)
    return replace(whole, key=None, headers=headers[:1], body=None) if offset == 15 else whole


def landed(family: str, partition: int) -> list[Record]:
    return [record(family, partition, offset) for offset in range(LANDED + 1) if offset != CONTROL]


def bronze_row(of: Record) -> dict:
    received = datetime.fromtimestamp(of.timestamp_ms / 1000, UTC)
    event_id, vehicle = of.header("ce_id"), of.header("ce_subject")
    named = (
        None
        if event_id is None or vehicle is None
        else b"".join(struct.pack("<I", len(text)) + text.encode() for text in (vehicle, event_id))
    )
    time = of.header("ce_time")
    return {
        "topic": "fleet." + of.log.topic_id.removeprefix("topic-of-"),
        **of.log._asdict(),
        "offset": of.offset,
        "received_at": received,
        "received_on": received.date(),
        "key": of.key,
        "body": of.body,
        "headers": [{"name": name, "value": value} for name, value in of.headers],
        "event_id": event_id,
        "source": of.header("ce_source"),
        "type": of.header("ce_type"),
        "vehicle_key": vehicle,
        "occurred_at": time,
        "occurred_on": None if time is None else datetime.fromisoformat(time).astimezone(UTC).date(),
        "event_hash": None if named is None else struct.unpack(">q", xxhash.xxh3_64_digest(named))[0],
        "body_hash": None if of.body is None else xxhash.xxh3_128_digest(of.body),
    }


def run_of(offset: int) -> int:
    return 1 if offset < 40 else 2


def silver_row(of: Record) -> dict:
    row = bronze_row(of)
    return {name: row[name] for name in SILVER} | {"occurred_at": datetime.fromisoformat(row["occurred_at"])}


def duplicate_row(family: str, of: Record) -> dict:
    kept = Log(of.log.topic_id, of.log.partition if of.offset == 10 else 1 - of.log.partition)
    return bronze_row(of) | {
        "family": family,
        "kept_topic_id": kept.topic_id,
        "kept_partition": kept.partition,
        "kept_offset": 5,
        "run": run_of(of.offset),
    }


def quarantine_row(family: str, of: Record) -> dict:
    return bronze_row(of) | {"family": family, "reason": "malformed", "rule": "JSON", "contract_version": "1.0.0", "run": run_of(of.offset)}


def land_entry(records: list[Record], first: int, last: int) -> dict:
    mine = [each for each in records if first <= each.offset <= last]
    return {"kind": "land", "rows": len(mine), "checksum": f"{sum(each.digest() for each in mine) % 2**128:032x}", "baseline": False}


def run_entry(run: int, silver: int, duplicates: int, quarantined: int) -> dict:
    kind = "replay" if run == 3 else "refine"
    return {
        "kind": kind,
        "run": run,
        "rows": silver,
        "silver": silver,
        "duplicates": duplicates,
        "quarantined": quarantined,
        "baseline": False,
    }


def ledger_rows(family: str, partition: int) -> Iterator[dict]:
    records = landed(family, partition)
    nothing = {"kind": "land", "rows": 0, "checksum": "0" * 32, "baseline": True}
    spans = [
        (f"bronze.{family}", 0, 0, -1, nothing),
        (f"bronze.{family}", 1, 0, 29, land_entry(records, 0, 29)),
        (f"bronze.{family}", 2, 30, 59, land_entry(records, 30, 59)),
    ]
    runs = [(1, 0, 39, run_entry(1, 34, 2, 3)), (2, 40, 49, run_entry(2, 10, 0, 0)), (3, None, None, run_entry(3, 1, 0, 0))]
    spans += [(f"silver.{family}", run, first, last, entry) for run, first, last, entry in runs]
    for table, version, first, last, entry in spans:
        place = {"topic": f"fleet.{family}", "topic_id": f"topic-of-{family}", "partition": partition}
        yield entry | place | {"table": table, "version": version, "first_offset": first, "last_offset": last, "at": NOON}


def fabricate(lake: str) -> None:
    """Writes all tables."""
    for family in FAMILIES:
        records = [each for partition in (0, 1) for each in landed(family, partition)]
        refined = [each for each in records if each.offset <= REFINED]
        ends = {Log(f"topic-of-{family}", partition): partition for partition in (0, 1)}
        for first, last in ((0, 29), (30, LANDED)):
            rows = (bronze_row(each) for each in records if first <= each.offset <= last)
            write(lake, f"bronze.{family}", rows, {position_id(f"bronze.{family}", *log): last for log in ends})
        accepted = [each for each in refined if each.offset not in (*COPIES, *REJECTED)]
        write(lake, f"silver.{family}", map(silver_row, accepted), {position_id(f"silver.{family}", *log): REFINED for log in ends})
        write(lake, "ops.duplicates", (duplicate_row(family, each) for each in refined if each.offset in COPIES), {})
        write(lake, "silver.quarantine", (quarantine_row(family, each) for each in refined if each.offset in (*REJECTED, REPLAYED)), {})
    entries = [row for family in FAMILIES for partition in (0, 1) for row in ledger_rows(family, partition)]
    append(lake, "ops.ledger", entries, {f"ledger:bronze.{family}": 9 for family in FAMILIES})
    write(lake, "ops.refine_runs", iter(run_rows(1, 2, 3)), {"runs": 3})


def run_rows(*runs: int, kind: str = "refine", states: tuple[str, ...] = ("intent", "closed")) -> list[dict]:
    return [{"run": run, "kind": "replay" if run == 3 else kind, "state": state, "at": NOON} for run in runs for state in states]


def write(lake: str, name: str, rows: Iterator[dict], transactions: dict[str, int]) -> None:
    """One commit of rows, a file per day."""
    promise = contract(name)
    schema = arrow_schema(promise)
    if name.startswith("silver.") and name != "silver.quarantine":
        schema = pa.schema([schema.field(column) for column in SILVER])
    frame = pa.Table.from_pylist(list(rows), schema)
    table = Table.open(lake, name, schema, promise.partition_by, statistics_columns(promise))
    table.commit(
        [files.write(table.path, part, key, statistics_columns(promise)) for key, part in by_day(frame, promise.partition_by)], transactions
    )


def append(lake: str, name: str, rows: list[dict], transactions: dict[str, int]) -> None:
    """One commit to an ops table, as its jobs make it: without file statistics."""
    promise = contract(name)
    schema = arrow_schema(promise)
    table = Table.open(lake, name, schema, promise.partition_by, statistics_columns(promise))
    table.append(pa.Table.from_pylist(rows, schema), transactions)


def by_day(frame: pa.Table, columns: tuple[str, ...]) -> Iterator[tuple[dict[str, date], pa.Table]]:
    if not columns:
        yield {}, frame
        return
    for day in frame[columns[0]].unique():
        yield {columns[0]: day.as_py()}, frame.filter(pa.compute.equal(frame[columns[0]], day))


@dataclass
class FakeKafka:
    """A broker that holds what it was given; `starts` and `gone` say what it has let go of."""

    start: int = 0
    gone: tuple[str, ...] = ()
    asked: list[tuple[Log, int, int]] = field(default_factory=list)
    more: int = 5

    def logs(self) -> dict[str, dict[Log, Held]]:
        kept = [family for family in FAMILIES if family not in self.gone]
        return {
            f"fleet.{family}": {Log(f"topic-of-{family}", p): Held(self.start, LANDED + 1 + self.more) for p in (0, 1)} for family in kept
        }

    def records(self, wanted: Sequence[Asked]) -> Iterator[pa.RecordBatch]:
        """The topic-partitions by turns, as a broker mixes them."""
        waiting = [record(each.topic.removeprefix("fleet."), each.log.partition, offset) for each in wanted for offset in self._ask(each)]
        waiting.sort(key=lambda each: each.offset)
        for at in range(0, len(waiting), 7):
            rows = [{**each.__dict__, **each.log._asdict()} for each in waiting[at : at + 7]]
            for row in rows:
                row["headers"] = [{"name": name, "value": value} for name, value in row["headers"]]
            yield pa.RecordBatch.from_pylist(rows, schema=RECORDS)

    def _ask(self, each: Asked) -> list[int]:
        assert each.first >= self.start
        self.asked.append((each.log, each.first, each.last))
        return [offset for offset in range(each.first, each.last + 1) if offset != CONTROL]


@dataclass
class TestLake:
    """A copy of the sound lake."""

    __test__ = False
    root: str
    kafka: FakeKafka = field(default_factory=FakeKafka)

    def audit(self, *families: str, full: bool = False) -> Report:
        return audit(self.root, families or ("charging",), self.kafka, full=full, watched=unwatched)

    def broken(self, *, full: bool = True) -> dict[tuple[str, str, int], list[int]]:
        """Findings of an audit: the first offsets by kind, table and partition."""
        report = self.audit(full=full)
        assert report.ok == (not report.findings)
        return {(each.kind, each.table, each.log.partition): list(each.offsets) for each in report.findings}

    def change(self, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Rewrites a table; its transaction ids stay."""
        delta = DeltaTable(table_path(self.root, table))
        held = delta.to_pyarrow_table()
        changed = change(pl.DataFrame(held)).to_arrow().cast(held.schema)
        write_deltalake(delta, changed, mode="overwrite")

    def move(self, table: str, position: int, family: str = "charging", partition: int = 0) -> None:
        """Moves a position without any row."""
        name = position_id(table, f"topic-of-{family}", partition)
        moved = Table.existing(self.root, table)
        assert moved is not None
        moved.commit([], {name: position})

    def add(self, table: str, *rows: dict, **transactions: int) -> None:
        write(self.root, table, iter(rows), transactions)


@contextmanager
def unwatched(offsets: int) -> Iterator[Callable[[int], None]]:
    yield lambda done: None
