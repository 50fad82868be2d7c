"""What an index finds is what a person finds who reads all rows, one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetlake.features.asof import LAST_SECOND, MOST_VEHICLES, NOWHERE, Index

HOUR, DAY = 3_600, 86_400
Row = tuple[int, int, int]  # vehicle, event, known
few = st.integers(0, 12)  # few values: ties, gaps and edges come up in most cases
rows_of_few = st.lists(st.tuples(st.integers(0, 2), few, few), max_size=14, unique=True)
labels_of_few = st.lists(st.tuples(st.integers(0, 3), few), min_size=1, max_size=8)


def index(rows: list[Row]) -> Index:
    table = np.array(rows, np.int64).reshape(-1, 3)
    return Index(table[:, 0], table[:, 1], table[:, 2])


def found(rows: list[Row], labels: list[tuple[int, int]], tolerance: int = LAST_SECOND) -> list[int]:
    asked = np.array(labels, np.int64)
    return index(rows).rows(asked[:, 0], asked[:, 1], tolerance).tolist()


def naive(rows: list[Row], vehicle: int, at: int, tolerance: int) -> int:
    """Of the rows of the vehicle whose event was over and known, that of the newest event, known last; if it is not too old."""
    known = [(event, known, place) for place, (whose, event, known) in enumerate(rows) if whose == vehicle and event <= at and known <= at]
    if not known or at - max(known)[0] > tolerance:
        return NOWHERE
    return max(known)[2]


@settings(max_examples=6_000)
@given(rows_of_few, labels_of_few, st.integers(0, 13))
def test_each_label_gets_the_row_that_a_naive_reading_finds(rows, labels, tolerance):
    assert found(rows, labels, tolerance) == [naive(rows, vehicle, at, tolerance) for vehicle, at in labels]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.sampled_from([0, 1, 3, 28])), min_size=50, max_size=400, unique=True),
    st.lists(st.tuples(st.integers(0, 42), st.integers(0, 70 * DAY)), min_size=20, max_size=200),
    st.integers(0, 40 * DAY),
)
def test_days_with_corrections_after_1_3_and_28_days_are_found_as_a_naive_reading_finds_them(days, labels, tolerance):
    rows = [(vehicle, (day + 1) * DAY, (day + 1 + later) * DAY + 2 * HOUR) for vehicle, day, later in days]
    assert found(rows, labels, tolerance) == [naive(rows, vehicle, at, tolerance) for vehicle, at in labels]


def test_a_correction_of_an_old_day_does_not_hide_a_newer_day():
    monday, tuesday, monday_corrected = (1, 10, 11), (1, 20, 21), (1, 10, 30)
    assert found([monday, tuesday, monday_corrected], [(1, 29), (1, 30), (1, 31)]) == [1, 1, 1]


def test_a_value_that_was_corrected_later_is_as_it_was_known_then():
    first, corrected = (1, 10, 12), (1, 10, 40)
    assert found([corrected, first], [(1, 39), (1, 40)]) == [1, 0]


def test_a_label_does_not_see_a_day_that_is_over_but_not_known_yet():
    assert found([(1, 10, 15), (1, 20, 25)], [(1, 14), (1, 15), (1, 24), (1, 25)]) == [NOWHERE, 0, 0, 1]


def test_a_row_that_was_known_before_its_event_counts_from_the_event():
    assert found([(1, 10, 5)], [(1, 9), (1, 10)]) == [NOWHERE, 0]


def test_a_day_as_old_as_the_tolerance_counts_and_one_second_more_does_not():
    assert found([(1, 10, 10)], [(1, 15), (1, 16)], tolerance=5) == [0, NOWHERE]


def test_a_newest_day_that_is_too_old_is_not_replaced_by_an_older_one():
    assert found([(1, 5, 5), (1, 10, 10)], [(1, 20)], tolerance=9) == [NOWHERE]


def test_no_vehicle_gets_what_is_its_neighbour_s():
    last = MOST_VEHICLES - 1
    rows = [(last - 1, LAST_SECOND, LAST_SECOND), (last - 1, 0, 0)]
    assert found(rows, [(last, 0), (last, LAST_SECOND), (last - 1, LAST_SECOND)]) == [NOWHERE, NOWHERE, 0]


def test_a_table_without_rows_has_nothing_for_anybody():
    assert found([], [(0, 5)]) == [NOWHERE]


@pytest.mark.parametrize("row", [(-1, 0, 0), (MOST_VEHICLES, 0, 0), (0, LAST_SECOND + 1, 0), (0, 0, -1)])
def test_numbers_that_do_not_fit_are_refused(row):
    with pytest.raises(ValueError, match="is not within"):
        index([row])


def test_more_labels_than_a_chunk_are_all_answered():
    vehicles = np.arange(70_000) % 3
    answered = index([(0, 1, 1), (1, 2, 2)]).rows(vehicles, np.full(70_000, 5))
    assert answered.tolist() == [(0, 1, NOWHERE)[vehicle] for vehicle in vehicles]
