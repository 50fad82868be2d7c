"""The days on which the state of things differs between two tables of intervals, beside a look at each thing on each day."""

from contextlib import closing
from itertools import zip_longest

import duckdb
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.build.sweep import changed, sweep
from tests.spark_jobs.build.models import day, numbers

DAYS = 12
SCHEMA = {"vehicle_key": pl.String, "state": pl.String, "from_on": pl.Date, "to_on": pl.Date}
CALENDAR = [day(number) for number in range(DAYS)]
States = dict[str, list[str | None]]  # by vehicle, its state on each day


@st.composite
def intervals(draw: st.DrawFn) -> tuple[list[tuple[str, str | None, int, int | None]], States]:
    """Rows of one or two vehicles, cut at any days, equal neighbours among them; and the state of each vehicle on each day."""
    rows, states = [], {}
    for vehicle in ("v", "w")[: draw(st.integers(1, 2))]:
        cuts = sorted(draw(st.sets(st.integers(0, DAYS - 1), max_size=4)))
        states[vehicle] = [None] * DAYS
        for begin, end in zip_longest(cuts, cuts[1:]):
            stops = end if end is not None else draw(st.sampled_from([None, DAYS - 1]))
            if stops is not None and stops <= begin:
                continue
            state = draw(st.sampled_from("ab"))
            rows.append((vehicle, state, begin, stops))
            states[vehicle][begin:stops] = [state] * ((DAYS if stops is None else stops) - begin)
    return rows, states


def found(before, after) -> list[int]:
    with closing(duckdb.connect()) as connection:
        for name, rows in (("one", before), ("other", after)):
            dated = [(vehicle, state, day(begin), None if end is None else day(end)) for vehicle, state, begin, end in rows]
            connection.register(name, pl.DataFrame(dated, SCHEMA, orient="row"))
        answer = connection.execute(sweep("one", "other", list(SCHEMA)).replace("`", '"'))
        names = [each[0] for each in answer.description]
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return numbers(changed(rows, CALENDAR, frozenset({"late data"})))


@given(intervals(), intervals())
def test_the_sweep_finds_the_days_on_which_some_state_differs_and_no_others(before, after):
    (old, was), (new, now) = before, after
    nobody = [None] * DAYS
    expected = [n for n in range(DAYS) if any(was.get(v, nobody)[n] != now.get(v, nobody)[n] for v in ("v", "w"))]
    assert found(old, new) == expected


def test_a_change_reported_late_changes_the_days_up_to_the_next_one():
    before = [("v", "2025.10.0", 0, 8), ("v", "2025.12.0", 8, None)]
    after = [("v", "2025.10.0", 0, 3), ("v", "2025.11.0", 3, 8), ("v", "2025.12.0", 8, None)]
    assert found(before, after) == [3, 4, 5, 6, 7]


def test_rows_that_are_cut_otherwise_and_say_the_same_change_nothing():
    assert found([("v", "a", 0, None)], [("v", "a", 0, 5), ("v", "a", 5, None)]) == []
