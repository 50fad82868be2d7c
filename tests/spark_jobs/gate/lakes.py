"""A small sound lake of charging events, and each fact about many rows broken alone: rows written past refine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import pyarrow as pa
from deltalake import Field

from expectations.contract import contract, in_files
from expectations.schemas import arrow_schema, statistics_columns
from expectations.suites import imported, volume
from fleetlake.names import position_id
from spark_jobs.files import write
from spark_jobs.imports.log import IMPORTS
from spark_jobs.imports.log import LOG as IMPORT_LOG
from spark_jobs.ledger import Entry, metadata
from spark_jobs.runs import RUNS, opened
from tests.spark_jobs.gate.rows import NOON, sound

FAMILY, TOPIC_ID = "charging", "a"
SILVER, BRONZE, QUARANTINE = f"silver.{FAMILY}", f"bronze.{FAMILY}", "silver.quarantine"
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def event(number: int, at: datetime = NOON, **changes: Any) -> dict[str, Any]:
    """An accepted event."""
    when = {"occurred_at": at, "occurred_on": at.date(), "received_at": at}
    return sound(contract(SILVER), number, vehicle_key="v", boot_id="b", **when) | changes


def refused(number: int) -> dict[str, Any]:
    """A refused one, whose number came."""
    headers = [{"name": "ce_bootid", "value": b"b"}, {"name": "ce_sequence", "value": str(number).encode()}]
    place = {"offset": number, "family": FAMILY, "vehicle_key": "v", "headers": headers, "occurred_on": NOON.date(), "run": 1}
    return sound(contract(QUARANTINE), number) | place


@dataclass(frozen=True)
class Content:
    """What is in the lake; by default ten events of one vehicle, one of them refused, all accounted for."""

    events: tuple[dict[str, Any], ...] = tuple(event(number) for number in range(9))
    refused: tuple[dict[str, Any], ...] = (refused(9),)
    landed: int | None = None  # rows of bronze; default: those that are accounted for
    told: int | None = None  # rows that the commit to silver tells of; default: those that it brings
    registered: tuple[str, ...] = ("v",)
    bronze: tuple[dict[str, Any], ...] | None = None
    quarantine_told: int | None = None
    clock: datetime = NOON
    alter: tuple[str, ...] = field(default=())  # tables with a column that no contract knows

    def make(self, lake: str) -> None:
        """Writes the tables."""
        count = len(self.events) + len(self.refused) if self.landed is None else self.landed
        landed = self.bronze or tuple(map(landed_event, range(count)))
        commit(lake, BRONZE, landed, {}, [Entry("land", f"fleet.{FAMILY}", TOPIC_ID, 1, 0, count - 1, count)])
        accounted = {"silver": len(self.events), "duplicates": 0, "quarantined": len(self.refused)}
        rows = len(self.events) if self.told is None else self.told
        run = Entry("refine", f"fleet.{FAMILY}", TOPIC_ID, 1, 0, count - 1, rows, run=1, **accounted)
        commit(lake, SILVER, self.events, {RUNS: 1, position_id(SILVER, TOPIC_ID, 1): max(count - 1, 0)}, [run])
        told = len(self.refused) if self.quarantine_told is None else self.quarantine_told
        commit(lake, QUARANTINE, self.refused, {RUNS: 1}, [replace(run, rows=told, silver=None, duplicates=None, quarantined=None)])
        known = [sound(contract("silver.vehicle_lifecycle"), number, vehicle_key=key) for number, key in enumerate(self.registered)]
        commit(lake, "silver.vehicle_lifecycle", known, {RUNS: 1}, [])
        commit(lake, "ops.refine_runs", [sound(contract("ops.refine_runs"), 1)], {RUNS: 1, "closed": 1}, [])
        for table in self.alter:
            opened(lake, table).delta.alter.add_columns([Field("surprise", "string")])


def landed_event(offset: int) -> dict[str, Any]:
    """A row of bronze."""
    return sound(contract(BRONZE), offset)


def commit(lake: str, name: str, rows: Iterable[dict[str, Any]], transactions: dict[str, int], entries: list[Entry]) -> None:
    """One commit, past the jobs: a file per day, without any check."""
    promise = contract(name)
    table, schema = opened(lake, name), arrow_schema(promise)
    loose = pa.schema([field.with_nullable(True) for field in schema])
    files = []
    for day, part in by_day(rows, next(iter(promise.partition_by), "")):
        written = pa.Table.from_pylist(part, loose)
        files.append(write(table.path, written, {} if day is None else {promise.partition_by[0]: day}, statistics_columns(promise)))
    table.commit(files, transactions, metadata(entries))


def by_day(rows: Iterable[dict[str, Any]], column: str) -> list[tuple[date | None, list[dict[str, Any]]]]:
    ordered = sorted(rows, key=lambda row: str(row.get(column)))
    return [(day, list(part)) for day, part in groupby(ordered, key=lambda row: row.get(column))]


def weeks(count: int, rows: int = 1) -> tuple[dict[str, Any], ...]:
    """So many events on the same weekday of some weeks; then that weekday comes without any, and the next day has one."""
    days = [NOON - DAY - WEEK * (week + 1) for week in range(count) for _ in range(rows)]
    return (*(event(number, at) for number, at in enumerate(days)), event(len(days)))


@dataclass(frozen=True)
class OneTable:
    """A table of ops by itself, with as many rows as its commit tells of."""

    name: str
    rows: tuple[int, ...] = (0, 1)
    told: int = 2
    alter: tuple[str, ...] = ()
    clock: datetime = NOON

    def make(self, lake: str) -> None:
        """Writes the table."""
        rows = [sound(contract(self.name), number) for number in self.rows]
        commit(lake, self.name, rows, {}, [Entry("refine", None, None, None, None, None, self.told)])
        for table in self.alter:
            opened(lake, table).delta.alter.add_columns([Field("surprise", "string")])


def of_one_table(name: str) -> dict[str, Callable[[], OneTable]]:
    """Red fixtures of a table of ops."""
    reds: dict[str, Callable[[], OneTable]] = {
        "columns": lambda: OneTable(name, alter=(name,)),
        "key.unique": lambda: OneTable(name, rows=(1, 1)),
    }
    return reds | ({"conservation.rows": lambda: OneTable(name, told=3)} if name == "ops.duplicates" else {})


@dataclass(frozen=True)
class Imported:
    """A table of imports with the rows of one import, all accounted for."""

    name: str
    rows: tuple[int, ...] = (0, 1)
    told: int = 2
    refused: int = 0
    alter: tuple[str, ...] = ()
    clock: datetime = NOON

    def make(self, lake: str) -> None:
        """Writes the table and the log."""
        layer, _, table = self.name.partition(".")
        refused = self.told if table == "import_quarantine" else self.refused
        accepted = self.told - (refused if layer == "bronze" or table == "import_quarantine" else 0)
        counts = {"delivered": accepted + refused, "accepted": accepted, "quarantined": refused, "replaced": 0}
        kind = "recalls" if table == "recalls" else "cost_charges"
        commit(lake, IMPORT_LOG, [sound(contract(IMPORT_LOG), 1, kind=kind, **counts)], {IMPORTS: 1, "closed": 1}, [])
        commit(lake, self.name, [sound(contract(self.name), number) for number in self.rows], {IMPORTS: 1}, [])
        for each in self.alter:
            opened(lake, each).delta.alter.add_columns([Field("surprise", "string")])


def of_imports(name: str) -> dict[str, Callable[[], Imported]]:
    """Red fixtures of a table of imports."""
    reds: dict[str, Callable[[], Imported]] = {
        "columns": lambda: Imported(name, alter=(name,)),
        "key.unique": lambda: Imported(name, rows=(1, 1)),
        "imported.rows": lambda: Imported(name, told=3),
    }
    holds_what_was_accepted = name in ("silver.cost_charges", "silver.recalls")
    return reds | ({"refused.share": lambda: Imported(name, refused=1)} if holds_what_was_accepted else {})


WHOLE = Content()
REDS: dict[str, dict[str, Callable[[], Content | OneTable | Imported]]] = {  # by table and expectation
    SILVER: {
        "columns": lambda: replace(WHOLE, alter=(SILVER,)),
        "key.unique": lambda: replace(WHOLE, events=(*WHOLE.events, event(8, offset=50, sequence=8))),
        "ids.reused": lambda: replace(WHOLE, events=(*WHOLE.events, event(8, NOON - DAY, received_at=NOON))),
        "vehicle_key.known": lambda: replace(WHOLE, registered=("somebody",)),
        "late.share": lambda: replace(WHOLE, events=tuple(event(number, is_late=number < 3) for number in range(9))),
        "lost.share": lambda: replace(WHOLE, events=tuple(event(number) for number in range(20) if number not in (4, 9))),
        "quarantined.share": lambda: replace(WHOLE, events=WHOLE.events[:8], refused=(refused(8), refused(9))),
        "conservation.rows": lambda: replace(WHOLE, told=8),
        "conservation.runs": lambda: replace(WHOLE, landed=11),
        "freshness": lambda: replace(WHOLE, clock=NOON + 7 * HOUR),
        "volume": lambda: replace(WHOLE, events=weeks(5, volume.ROWS), refused=()),
        "volume.unsteady": lambda: replace(WHOLE, events=weeks(2), refused=()),
    },
    BRONZE: {
        "columns": lambda: replace(WHOLE, alter=(BRONZE,)),
        "key.unique": lambda: replace(WHOLE, landed=10, bronze=tuple(landed_event(min(offset, 8)) for offset in range(10))),
        "conservation.rows": lambda: replace(WHOLE, landed=10, bronze=tuple(map(landed_event, range(11)))),
        "freshness": lambda: replace(WHOLE, clock=NOON + 7 * HOUR),
    },
    QUARANTINE: {
        "columns": lambda: replace(WHOLE, alter=(QUARANTINE,)),
        "key.unique": lambda: replace(WHOLE, refused=(refused(9), refused(9))),
        "conservation.rows": lambda: replace(WHOLE, quarantine_told=2),
    },
    **{each.id: of_one_table(each.id) for each in in_files() if each.layer in ("ops", "gold", "ml")},  # type: ignore[dict-item]
    **{each: of_imports(each) for each in imported.TABLES},  # type: ignore[dict-item]
}
