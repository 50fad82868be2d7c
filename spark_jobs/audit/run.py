"""One audit of a whole lake: every family, every topic-partition, and the row in ops.audits that the next one begins at."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from expectations.contract import contract, families
from expectations.schemas import arrow_schema, statistics_columns
from fleetlake.names import family_of, topic
from spark_jobs.audit import events, log, positions
from spark_jobs.audit.bodies import Bodies
from spark_jobs.audit.findings import Finding, merged
from spark_jobs.audit.kafka import Source
from spark_jobs.audit.lake import Lake, of_log, opened, rows
from spark_jobs.audit.marks import Types
from spark_jobs.audit.plan import LogPlan, Pending, Upto, last_audit, pending, plans
from spark_jobs.tables import Table

TWINS: Types = events.EVENT | {
    "occurred_on": pl.Date,
    "kept_topic_id": pl.String,
    "kept_partition": pl.Int32,
    "kept_offset": pl.Int64,
    "run": pl.Int64,
}
Watched = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass
class Report:
    """What an audit found. `number` is its row in ops.audits."""

    number: int
    full: bool
    audited: list[log.Audited] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing is broken."""
        return not self.findings

    def table(self) -> list[dict[str, Any]]:
        """A row per family and topic-partition."""
        broken = {each.log for each in self.findings}
        return [_row(each, is_broken=each.plan.log in broken) for each in self.audited]


def audited_families(lake: str, kafka: Source) -> list[str]:
    """Families with a contract, and whatever else has a topic or has landed: bronze needs no contract."""
    landed = rows(lake, "ops.ledger").frame(["table"], {"table": pl.String})["table"].unique().to_list()
    bronze = {table.removeprefix("bronze.") for table in landed if table.startswith("bronze.")}
    return sorted({*families(), *bronze, *map(family_of, kafka.logs())})


def audit(lake: str, listed: Sequence[str], kafka: Source, *, full: bool, watched: Watched) -> Report:
    """Audits the families that are `listed` and writes ops.audits; `watched` gets the number of offsets and gives what is to be called as they pass."""
    upto = last_audit(rows(lake, "ops.audits"))
    full = full or not upto.number
    tables = opened(lake, listed, pruned=not full)
    logs, unclosed = kafka.logs(), pending(tables.runs)
    planned = {family: plans(family, tables, logs.get(topic(family), {}), upto, unclosed, full=full) for family in listed}
    report = Report(upto.number + 1, full, notes=_pending_notes(unclosed))
    with watched(sum(max(0, plan.last - plan.first + 1) for of_family in planned.values() for plan in of_family)) as tick:
        for family, of_family in planned.items():
            _family(family, of_family, tables, kafka, upto, unclosed, report, tick)
    _remember(lake, report, planned, tables, upto)
    return report


def _family(
    family: str,
    listed: list[LogPlan],
    lake: Lake,
    kafka: Source,
    upto: Upto,
    unclosed: Pending | None,
    report: Report,
    tick: Callable[[int], None],
) -> None:
    twins = _twins(family, listed, lake, unclosed)
    with TemporaryDirectory(prefix="fleet-audit-") as folder:
        side = log.Side(lake, kafka, Bodies(Path(folder), twins), unclosed)
        audited = [log.audit(plan, side, full=report.full, tick=tick) for plan in listed]
        side.bodies.fetch(lake.bronze[family])
        bodies = side.bodies.compare()
    days = set().union(*(each.days for each in audited))
    silver = lake.silver[family]
    across = bodies + events.doubled(silver, days) + events.kept_missing(silver, twins)
    report.audited += audited
    report.findings += merged(
        [*(found for each in audited for found in each.findings), *across, *(bad for plan in listed for bad in positions.check(plan, upto))]
    )
    report.notes += [note for plan in listed for note in _notes(plan)]


def _twins(family: str, listed: list[LogPlan], lake: Lake, unclosed: Pending | None) -> pl.DataFrame:
    """Duplicates among the audited places."""
    ours = ds.field("family") == family
    columns = list(TWINS)
    found = [lake.duplicates.frame(columns, TWINS, ours & of_log(plan.log, plan.first, plan.last)) for plan in listed]
    twins = pl.concat([pl.DataFrame(schema=TWINS), *found])
    return twins if unclosed is None else twins.filter(pl.col("run") != unclosed.run)


def _row(each: log.Audited, *, is_broken: bool) -> dict[str, Any]:
    plan, counts = each.plan, each.counts
    ahead = max(0, plan.held.end - 1 - (-1 if plan.position is None else plan.position)) if plan.held else 0
    return {
        "family": plan.family,
        "topic-partition": str(plan.log),
        "from": plan.first,
        "kafka": counts.kafka,
        "by ledger": counts.by_ledger,
        "bronze": counts.bronze,
        "silver": counts.silver,
        "duplicates": counts.duplicates,
        "open quarantine": counts.open,
        "not landed": ahead,
        "not refined": counts.unrefined,
        "ok": "no" if is_broken else "yes",
    }


def _pending_notes(unclosed: Pending | None) -> list[str]:
    finish = "fleet refine --once finishes it"
    return [f"run {unclosed.run} ({unclosed.kind}) is pending: {finish}; its rows count as not refined"] if unclosed else []


def _notes(plan: LogPlan) -> Iterator[str]:
    where = f"{plan.topic} {plan.log}"
    if plan.held is None:
        yield f"{where}: Kafka has no such topic any more: the ledger stands for all of its offsets"
    elif plan.held.start > plan.start.landed + 1:
        yield f"{where}: Kafka begins at offset {plan.held.start}: bytes were compared from there on, the ledger stands for what was before"
    if plan.is_copying:
        yield f"{where}: the newest commits are not in ops.ledger yet: fleet land --once copies them"
    for first, version in plan.landings.filter("baseline").sort("first_offset").select("first_offset", "version").rows()[1:]:
        yield f"{where}: landing began anew at offset {first} (version {version}): what Kafka had let go of before that was given up"


def _remember(lake: str, report: Report, planned: Mapping[str, list[LogPlan]], tables: Lake, upto: Upto) -> None:
    """A family with findings is audited again from where it was: the next audit must not begin behind what is broken."""
    broken = {_family_of(found, planned) for found in report.findings}
    settled: dict[str, dict[str, int]] = dict(upto.tables)
    for family in planned.keys() - broken:
        for layer in ("bronze", "silver"):
            held = {str(plan.log): plan.position if layer == "bronze" else plan.refined for plan in planned[family]}
            settled[f"{layer}.{family}"] = {name: offset for name, offset in held.items() if offset is not None}
    closed = _closed(tables)
    ended = Upto(report.number, upto.runs if broken else closed, settled)
    promise = contract("ops.audits")
    row = {
        "audit": report.number,
        "at": datetime.now(UTC),
        "ok": report.ok,
        "full": report.full,
        "findings": json.dumps([each.plain() for each in report.findings]),
        "upto": ended.to_json(),
    }
    schema = arrow_schema(promise)
    table = Table.open(lake, "ops.audits", schema, promise.partition_by, statistics_columns(promise))
    table.append(pa.Table.from_pylist([row], schema), {"audits": report.number})


def _closed(tables: Lake) -> int:
    """The last run that was closed."""
    states = tables.runs.frame(["run", "state"], {"run": pl.Int64, "state": pl.String})
    return max(states.filter(pl.col("state") == "closed")["run"].to_list(), default=0)


def _family_of(found: Finding, planned: Mapping[str, list[LogPlan]]) -> str:
    """The family that a finding is about; duplicates and quarantine are shared, so it goes by the topic-partition."""
    layer, _, name = found.table.partition(".")
    if name in planned and layer in ("bronze", "silver"):
        return name
    return next((family for family, listed in planned.items() if any(plan.log == found.log for plan in listed)), name)
