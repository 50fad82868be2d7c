"""The job: files that come together are one delivery, and one import."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from expectations.contract import contract
from expectations.schemas import arrow_schema, statistics_columns
from spark_jobs.files import DataFile, FileWriter
from spark_jobs.imports.files import Batch, batches, digest
from spark_jobs.imports.judging import judge
from spark_jobs.imports.kinds import Kind
from spark_jobs.imports.log import Imports, Intent, keys
from spark_jobs.phase import phase
from spark_jobs.runs import opened
from spark_jobs.without import count

QUARANTINE = "silver.import_quarantine"
UNREPEATED = ("fields", "charge_id", "row_number")  # a dictionary of what never repeats only costs


@dataclass(frozen=True)
class Came:
    """What came of an import: `facts` as ops.imports has them; `is_new` is False for a delivery that was there already."""

    facts: Mapping[str, Any]
    reasons: Mapping[str, int] = field(default_factory=dict)
    is_new: bool = True


def bring(lake: str, kind: Kind, paths: Sequence[Path], told: Callable[[str, int], None] = lambda step, rows: None) -> Came:
    """Imports a delivery; one that was imported before changes nothing. First finishes an import that was interrupted.

    Raises Failure for a file that is not whole or not of this kind: then nothing was imported.
    """
    log = Imports(lake)  # before anything is read: an import that another process makes meanwhile refuses ours
    if (finished := log.finish()) is not None:
        told(f"import {finished} was interrupted: finished", 0)
    hashes = {digest(path): path for path in paths}  # a file that is named twice comes once
    delivery = hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
    if before := log.brought(kind.table, delivery):
        return Came(before, is_new=False)
    phase("files")
    work = _Import(lake, kind, log.next, delivery, datetime.now(UTC))
    for file_hash, path in sorted(hashes.items()):
        work.take(path, file_hash, told)
    intent = work.intent([path.name for path in hashes.values()])
    log.carry_out(intent)
    return Came(intent.facts, dict(work.reasons))


class _Import:
    """One import: rows of its files on their way into three tables."""

    def __init__(self, lake: str, kind: Kind, number: int, delivery: str, at: datetime) -> None:
        self.kind, self.number, self.delivery, self.at = kind, number, delivery, at
        self.sinks = tuple(_Sink(lake, name) for name in (f"bronze.{kind.table}", f"silver.{kind.table}", QUARANTINE))
        self.reasons, self.billed = Counter[str](), dict[str, Decimal]()
        self.seen, self.replaced = set[tuple[Any, ...]](), dict[tuple[Any, ...], None]()

    def take(self, path: Path, file_hash: str, told: Callable[[str, int], None]) -> None:
        """Judges a file and writes its rows."""
        bronze, silver, quarantine = self.sinks
        for batch in batches(path):
            self.kind.refuse_strangers(batch.texts.columns)
            places = self._places(path.name, file_hash, batch)
            given = {name: places[name] for name in ("delivery", "file_hash", "row_number")}
            given["charge_id"] = places.select(pl.format("{}-{}", pl.lit(file_hash[:16]), "row_number")).to_series()
            judged = judge(self.kind, batch.texts, given, batch.malformed, self.seen)
            bronze.write(places)
            silver.write(pl.DataFrame(judged.accepted))
            quarantine.write(refused(self.kind, places, judged.rejected))
            self._count(pl.DataFrame(judged.accepted), judged.rejected)
            told(f"{path.name}: {batch.first + len(places) - 1:,} rows", len(places))

    def intent(self, names: Sequence[str]) -> Intent:
        """All files, ended, and what is said of them."""
        written = {sink.table.name: sink.close() for sink in self.sinks}
        delivered, accepted, quarantined = (sum(file.rows for file in files) for files in written.values())
        replaces = [dict(zip(self.kind.replaces, key, strict=True)) for key in self.replaced]
        silver = self.sinks[1].table
        facts = {
            "import": self.number,
            "kind": self.kind.table,
            "delivery": self.delivery,
            "file_names": json.dumps(sorted(names)),
            "delivered": delivered,
            "accepted": accepted,
            "quarantined": quarantined,
            "replaced": count(silver, keys(silver.name, replaces)) if replaces else 0,
            "billed_cost": json.dumps({name: f"{cost:f}" for name, cost in sorted(self.billed.items())}) if self.billed else None,
            "contract_version": self.kind.contract.version,
        }
        return Intent(facts, written, replaces)

    def _places(self, name: str, file_hash: str, batch: Batch) -> pl.DataFrame:
        """Rows of bronze."""
        at = pl.lit(self.at, pl.Datetime("us", "UTC"))
        return pl.DataFrame({"fields": batch.fields}, {"fields": pl.String}).select(
            delivery=pl.lit(self.delivery),
            file_hash=pl.lit(file_hash),
            row_number=pl.int_range(batch.first, batch.first + pl.len(), dtype=pl.Int64),
            file_name=pl.lit(name),
            imported_at=at,
            imported_on=at.dt.date(),
            fields="fields",
            **{"import": pl.lit(self.number, pl.Int64)},
        )

    def _count(self, accepted: pl.DataFrame, rejected: Mapping[int, tuple[str, str]]) -> None:
        self.reasons.update(reason for reason, _ in rejected.values())
        self.replaced |= dict.fromkeys(accepted.select(self.kind.replaces).unique(maintain_order=True).iter_rows())
        if "billed_cost" in accepted.columns:
            for currency, cost in accepted.group_by("billing_currency").agg(pl.sum("billed_cost")).iter_rows():
                self.billed[currency] = self.billed.get(currency, Decimal(0)) + cost


def refused(kind: Kind, places: pl.DataFrame, rejected: Mapping[int, tuple[str, str]]) -> pl.DataFrame:
    """Rows of quarantine: rows of bronze with the reason."""
    order = sorted(rejected)
    reasons, rules = ([rejected[place][part] for place in order] for part in (0, 1))
    return places[order].with_columns(
        kind=pl.lit(kind.table),
        reason=pl.Series(reasons, dtype=pl.String),
        rule=pl.Series(rules, dtype=pl.String),
        contract_version=pl.lit(kind.contract.version),
    )


class _Sink:
    """Rows of a table on their way into files: one for each partition, none without rows."""

    def __init__(self, lake: str, name: str) -> None:
        self.table, self._contract = opened(lake, name), contract(name)
        self._writers: dict[date | None, FileWriter] = {}

    def write(self, rows: pl.DataFrame) -> None:
        """Adds rows."""
        by = list(self._contract.partition_by)
        for day, part in rows.partition_by(by, as_dict=True).items() if by else [((None,), rows)]:
            if len(part):
                self._writer(day[0]).write(part.to_arrow(compat_level=pl.CompatLevel.oldest()))

    def close(self) -> list[DataFile]:
        """All files, ended and synced."""
        return [writer.close() for writer in self._writers.values()]

    def _writer(self, day: Any) -> FileWriter:
        if day not in self._writers:
            partition = dict.fromkeys(self._contract.partition_by, day)
            schema, statistics = arrow_schema(self._contract), statistics_columns(self._contract)
            self._writers[day] = FileWriter(self.table.path, schema, partition, statistics, UNREPEATED)
        return self._writers[day]
