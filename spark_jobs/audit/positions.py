"""Positions against the ledger, against Kafka and against the last audit: pure, on a plan."""

from collections.abc import Iterator

from spark_jobs.audit.findings import Finding, finding
from spark_jobs.audit.plan import NOTHING, LogPlan, Upto


def check(plan: LogPlan, upto: Upto) -> list[Finding]:
    """Every way in which a position can be wrong that no row shows."""
    return [*_bronze(plan), *_silver(plan), *_moved_back(plan, upto)]


def _bronze(plan: LogPlan) -> Iterator[Finding]:
    end, position = _end(plan), NOTHING if plan.position is None else plan.position
    where = f"position {plan.position}, ledger {end}, Kafka {tuple(plan.held) if plan.held else 'has no such topic-partition'}"
    is_beyond_kafka = plan.held is not None and position >= plan.held.end
    if position < end or is_beyond_kafka or (position > end and not plan.is_copying and not _is_shown_by_kafka(plan, end)):
        yield from finding("position", f"bronze.{plan.family}", plan.log, [max(position, NOTHING)], where)


def _silver(plan: LogPlan) -> Iterator[Finding]:
    refined, position = (NOTHING if offset is None else offset for offset in (plan.refined, plan.position))
    end = max(plan.runs["last_offset"].to_list(), default=NOTHING)
    if refined < end or refined > position:
        where = f"position {plan.refined}, ledger {end}, bronze {plan.position}"
        yield from finding("position", f"silver.{plan.family}", plan.log, [refined], where)


def _moved_back(plan: LogPlan, upto: Upto) -> Iterator[Finding]:
    for table, position in ((f"bronze.{plan.family}", plan.position), (f"silver.{plan.family}", plan.refined)):
        before = upto.of(table, plan.log)
        if before > (NOTHING if position is None else position):
            yield from finding("moved_back", table, plan.log, [before], f"position {position}, the last audit saw {before}")


def _is_shown_by_kafka(plan: LogPlan, end: int) -> bool:
    """Between the ledger's end and the position Kafka can still be asked: a record there is a loss, a control record is none."""
    return plan.held is not None and plan.held.start <= end + 1


def _end(plan: LogPlan) -> int:
    return max(plan.landings["last_offset"].to_list(), default=NOTHING)
