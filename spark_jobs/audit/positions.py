"""Positions against the ledger, against Kafka and against the last audit: pure, on a plan."""

from collections.abc import Iterator

import polars as pl

from spark_jobs.audit.findings import Finding, finding
from spark_jobs.audit.plan import NOTHING, LogPlan, Upto


def check(plan: LogPlan, upto: Upto) -> list[Finding]:
    """Every way in which a position can be wrong that no row shows."""
    return [*_bronze(plan), *_silver(plan), *_moved_back(plan, upto)]


def _bronze(plan: LogPlan) -> Iterator[Finding]:
    end, position = _end(plan.landings), _offset(plan.position)
    is_behind_kafka = plan.held is not None and position >= plan.held.end
    if position < end or (position > end and not plan.is_copying) or is_behind_kafka:
        kafka = f"Kafka holds {plan.held.start}–{plan.held.end - 1}" if plan.held else "Kafka has no such topic any more"
        yield from finding("position", f"bronze.{plan.family}", plan.log, [position], f"position {plan.position}, ledger {end}, {kafka}")


def _silver(plan: LogPlan) -> Iterator[Finding]:
    end, refined = _end(plan.runs), _offset(plan.refined)
    if refined != end or refined > _offset(plan.position):
        where = f"position {plan.refined}, ledger {end}, bronze {plan.position}"
        yield from finding("position", f"silver.{plan.family}", plan.log, [refined], where)


def _moved_back(plan: LogPlan, upto: Upto) -> Iterator[Finding]:
    for table, position in ((f"bronze.{plan.family}", plan.position), (f"silver.{plan.family}", plan.refined)):
        before = upto.of(table, plan.log)
        if before > _offset(position):
            yield from finding("moved_back", table, plan.log, [before], f"position {position}, the last audit saw {before}")


def _offset(position: int | None) -> int:
    return NOTHING if position is None else position


def _end(entries: pl.DataFrame) -> int:
    return max(entries["last_offset"].to_list(), default=NOTHING)
