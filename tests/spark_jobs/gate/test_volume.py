"""The band of volumes stops a release where the weeks before kept to it, and warns where they did not."""

from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from expectations.suites.volume import LEAST, MOST
from spark_jobs.gate.frames.volume import beside_weekdays, frame
from tests.spark_jobs.gate.lakes import DAY, WEEK
from tests.spark_jobs.gate.rows import NOON

QUIET = [100, 110, 90, 100, 105, 95, 100, 100]  # rows of yesterday's weekday in the weeks before, newest first
WAVES = [400, 0, 0, 380, 10, 0, 390, 0]


def yesterday(rows: int, before: list[int]) -> dict[str, Any]:
    """How a gate sees yesterday; another weekday has had a row from the beginning on."""
    days = [NOON - DAY, *(NOON - DAY - WEEK * week for week in range(1, len(before) + 1))]
    held = {day.date(): count for day, count in zip(days, [rows, *before], strict=True) if count} | {days[-1].date(): max(before[-1], 1)}
    files = pl.DataFrame({"day": list(held), "num_records": list(held.values())})
    return beside_weekdays(files, NOON).row(0, named=True)


def outcome(rows: int, before: list[int]) -> str:
    """stop, warn or pass."""
    found = yesterday(rows, before)
    ratios = {"stop": found["ratio"], "warn": found["unsteady_ratio"]}
    return next((what for what, ratio in ratios.items() if ratio is not None and not LEAST <= ratio <= MOST), "pass")


def test_silence_after_steady_weeks_stops():
    assert (outcome(100, QUIET), outcome(0, QUIET), outcome(201, QUIET)) == ("pass", "stop", "stop")


def test_one_bank_holiday_of_four_weekdays_does_not_blind_the_gate():
    assert outcome(0, [100, 8, 100, 100]) == "stop"
    assert outcome(0, [100, 8, 100, 9]) == "warn"


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ([100, 110, 90], "three weekdays are too few"),
        ([20, 22, 18, 20, 21, 19], "of twenty rows chance takes half"),
        ([*WAVES[:1], *WAVES[2:]], "they come in waves"),
    ],
)
def test_a_weekday_that_is_not_steady_warns(before: list[int], why: str):
    assert (outcome(0, before), outcome(900, before)) == ("warn", "warn"), why


def test_a_weekday_that_never_had_rows_is_not_judged():
    assert outcome(500, [0, 0, 0, 0, 0]) == "pass"


@pytest.mark.parametrize(("reached", "newest"), [(NOON, NOON - DAY), (NOON - DAY, NOON - 2 * DAY), (None, NOON - DAY)])
def test_a_day_that_the_layer_has_not_come_to_the_end_of_is_not_judged(reached: Any, newest: Any):
    files = pl.DataFrame({"day": [(NOON - DAY).date()], "num_records": [1]})
    lake, snapshot = SimpleNamespace(reached={"silver": reached}.get), SimpleNamespace(name="silver.charging", files=files)
    assert frame(cast(Any, lake), cast(Any, snapshot), NOON)["day"].max() == newest.date()
