"""Models as a test names them."""

from datetime import date, timedelta
from typing import Any

from spark_jobs.build.days import Calendar, Change
from spark_jobs.build.project import Model

FIRST = date(2026, 6, 1)


def model(name: str, *inputs: str, kind: str = "days", **changes: Any) -> Model:
    """A model of days that reads the same day of each input, unless it says otherwise."""
    plain = {
        "layer": "gold",
        "day": "used_on" if kind == "days" else None,
        "days_from": dict.fromkeys(inputs, (0, 0)),
        "is_intervals": False,
        "is_beyond": False,
        "key": ("used_on",),
        "columns": {"used_on": "date"},
        "required": frozenset({"used_on"}),
        "version": "1.0.0",
        "path": f"models/{name}.sql",
        "code": "a",
    }
    return Model(name=name, kind=kind, inputs=inputs, **plain | changes)


def day(number: int) -> date:
    """Days of the calendar count from 0."""
    return FIRST + timedelta(days=number)


def june(last: int = 29, before: tuple[int, int] | None = (0, 29)) -> Calendar:
    """A calendar of June, or up to another day, and which days it had before."""
    return Calendar(FIRST, day(last), before and (day(before[0]), day(before[1])))


def changed(*numbers: int, why: str = "late data") -> Change:
    """Some days differ."""
    return Change({day(number): frozenset({why}) for number in numbers})


def numbers(change: Change) -> list[int]:
    """The days of a change, as numbers."""
    return sorted((each - FIRST).days for each in change.days)
