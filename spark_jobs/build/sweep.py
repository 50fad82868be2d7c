"""On which days the state of things differs between two tables of intervals: SQL for Spark and DuckDB alike."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from spark_jobs.build.days import Change

FROM, TO = "from_on", "to_on"  # a state holds from the one day to before the other; null is ever
EVER = "date '0001-01-01'"


def sweep(before: str, after: str, columns: Sequence[str]) -> str:
    """Ranges (begins_on, ends_on: exclusive, null for ever) on which a thing's state is in one of two relations and not in the other.

    Each state counts +1 from where it begins and -1 from where it ends, of the older relation the other way round: what both hold cancels
    out, however it is cut into rows, and what remains is looked at in the order of days.
    """
    names = [name for name in columns if name not in (FROM, TO)]
    state = ", ".join(names)
    edges = " union all ".join(
        f"select {state}, {day} as at_on, {weight} as weight from {relation} where {TO} is not null or {weight} = {sign}"
        for relation, sign in ((before, -1), (after, 1))
        for day, weight in ((f"coalesce({FROM}, {EVER})", sign), (TO, -sign))
    )
    return f"""
        with edges as ({edges}),
        net as (select {state}, at_on, sum(weight) as weight from edges group by {state}, at_on having sum(weight) <> 0),
        running as (
            select at_on as begins_on,
                sum(weight) over (partition by {state} order by at_on) as differs,
                lead(at_on) over (partition by {state} order by at_on) as ends_on
            from net
        )
        select begins_on, ends_on, count(*) as states from running where differs <> 0 group by begins_on, ends_on"""


def changed(found: Iterable[Mapping[str, date | None]], days: Sequence[date], reasons: frozenset[str]) -> Change:
    """The days within those ranges."""
    held = [(row["begins_on"], row["ends_on"]) for row in found]
    inside = (day for day in days if any(first <= day and (end is None or day < end) for first, end in held))  # type: ignore[operator]
    return Change(dict.fromkeys(inside, reasons))


def unequal(before: str, after: str, columns: Sequence[str]) -> str:
    """A row if two relations hold other rows."""
    names = ", ".join(columns)
    one, other = (f"select {names} from {relation}" for relation in (before, after))
    return f"select 1 as differs from (({one} except all {other}) union all ({other} except all {one})) limit 1"
