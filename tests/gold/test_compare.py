"""The comparison itself, and the arithmetic of money."""

from datetime import date
from fractions import Fraction

import polars as pl
import pytest

from tests.gold.compare import differences
from tests.gold.second.costs import rounded, split

DAY = date(2026, 6, 1)
ROWS = pl.DataFrame(
    [{"called_on": DAY, "service": service, "method": "GET", "route": "/routes", "requests": 5} for service in ("charging", "consents")]
)


def test_equal_tables_have_no_difference_whatever_their_order():
    assert differences("service_route_days", ROWS, ROWS.reverse()) == []


def test_a_difference_names_mart_key_column_and_both_values():
    other = ROWS.with_columns(requests=pl.when(pl.col("service") == "consents").then(6).otherwise("requests"))
    assert differences("service_route_days", ROWS, other) == [
        "service_route_days (2026-06-01, consents, GET, /routes) requests: dbt 5, second 6"
    ]
    null = ROWS.with_columns(requests=pl.lit(None, pl.Int64))
    assert differences("service_route_days", ROWS[:1], null[:1]) == [
        "service_route_days (2026-06-01, charging, GET, /routes) requests: dbt 5, second None"
    ]


def test_rows_that_one_side_has_alone_or_twice_are_named():
    assert differences("service_route_days", ROWS, ROWS[:1]) == ["service_route_days (2026-06-01, consents, GET, /routes): only dbt has it"]
    assert differences("service_route_days", ROWS[:1], ROWS) == ["service_route_days (2026-06-01, consents, GET, /routes): dbt lacks it"]
    assert differences("service_route_days", pl.concat([ROWS, ROWS[:1]]), ROWS)[0] == "service_route_days: 3 rows, but 2 keys (dbt)"


@pytest.mark.parametrize(
    ("number", "weights", "parts"),
    [(10, [1, 1, 1], [4, 3, 3]), (-10, [1, 1, 1], [-4, -3, -3]), (1, [1, 2], [0, 1]), (0, [3, 4], [0, 0]), (7, [0, 5], [0, 7])],
)
def test_what_is_split_by_largest_remainder_sums_to_the_whole(number, weights, parts):
    assert split(number, weights) == parts


def test_half_is_rounded_away_from_zero():
    half = Fraction(5, 10**19)
    assert (rounded(half), rounded(-half), rounded(half - Fraction(1, 10**30))) == (Fraction(1, 10**18), Fraction(-1, 10**18), 0)
