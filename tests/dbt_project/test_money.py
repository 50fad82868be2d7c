"""Money is split, summed up and divided exactly: SQL beside a second computation in Python's whole numbers and decimals."""

from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FILE = Path(__file__).parents[2] / "dbt_project" / "macros" / "money.sql"
MACROS: Any = jinja2.Environment().from_string(FILE.read_text()).module  # noqa: S701 - SQL is no HTML
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
groups = st.lists(  # units below 10^25 and weights that sum to 10^12 at most, as amounts and shares are; or 10^12 and weights of any size
    st.one_of(
        st.tuples(st.integers(0, 10**25 - 1), st.lists(st.integers(0, 10**11), min_size=1, max_size=9).filter(any)),
        st.tuples(st.just(10**12), st.lists(st.integers(1, 10**19), min_size=1, max_size=9)),
        st.tuples(st.integers(0, 20), st.lists(st.just(1), min_size=1, max_size=9)),
    ),
    min_size=20,
    max_size=60,
)


def parts(units: int, weights: list[int]) -> list[int]:
    """Largest remainder, ties in order."""
    whole = [units * weight // sum(weights) for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-(units * weights[place] % sum(weights)), place))
    return [part + (place in order[: units - sum(whole)]) for place, part in enumerate(whole)]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups)
def test_parts_are_those_of_the_largest_remainder_and_sum_to_the_whole(spark, some):
    rows = [(group, place, str(units), str(weight)) for group, (units, weights) in enumerate(some) for place, weight in enumerate(weights)]
    typed = "select id, place, cast(units as decimal(38, 0)) as units, cast(weight as decimal(38, 0)) as weight from {rows}"
    written = spark.createDataFrame(rows, "id int, place int, units string, weight string")
    split = MACROS.largest_remainder(f"({typed})", ["id"], ["place"])
    found: dict[int, list[int]] = {}
    for row in spark.sql(f"select id, part from ({split}) order by id, place", rows=written).collect():
        found.setdefault(row.id, []).append(int(row.part))
    assert found == {group: parts(units, weights) for group, (units, weights) in enumerate(some)}
    assert [sum(found[group]) for group in found] == [units for units, _ in some]


def test_what_would_not_fit_is_an_error_and_no_wrong_number(spark):
    too_much = "select 1 as id, 1 as place, cast(1e30 as decimal(38, 0)) as units, cast(1e12 as decimal(38, 0)) as weight"
    with pytest.raises(Exception, match="NUMERIC_VALUE_OUT_OF_RANGE"):
        spark.sql(MACROS.largest_remainder(f"({too_much})", ["id"], ["place"])).collect()


amounts = st.integers(-(10**25), 10**25).map(lambda units: EXACT.scaleb(Decimal(units), -18))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(amounts, st.integers(0, 10**9)), min_size=20, max_size=60), st.sampled_from([0, 6, 12]))
def test_a_unit_cost_is_the_exact_quotient_rounded_half_up(spark, some, power):
    some = [(amount / 10**power if power else amount, number) for amount, number in some]
    some = [(EXACT.quantize(amount, Decimal("1e-18")), number) for amount, number in some]
    unit = MACROS.unit_cost("amount", "number", power)
    costs = spark.createDataFrame(some, "amount decimal(38, 18), number bigint")
    found = spark.sql(f"select amount, number, {unit} as unit from {{costs}}", costs=costs).collect()
    for row in found:
        wanted = None if row.number == 0 else EXACT.quantize(EXACT.divide(row.amount * 10**power, Decimal(row.number)), Decimal("1e-18"))
        assert row.unit == wanted
    assert len(found) == len(some)


@pytest.mark.parametrize(
    ("written", "scale"), [("-0.00000080000", 11), ("1234567.890123456789012345", 18), ("-3", 2), ("99999999999999.99", 2)]
)
def test_an_amount_survives_its_units(spark, written, scale):
    units = MACROS.to_units(f"cast('{written}' as decimal(38, 18))", scale)
    [row] = spark.sql(f"select {units} as units, {MACROS.from_units(units, scale)} as back").collect()
    assert (row.units, row.back) == (int(EXACT.scaleb(Decimal(written), scale)), Decimal(written))


def test_more_than_18_decimals_are_rounded_half_up_away_from_zero(spark):
    [row] = spark.sql(
        f"select {MACROS.from_units('cast(-15 as decimal(38, 0))', 19)} as down, {MACROS.from_units('cast(14 as decimal(38, 0))', 19)} as up"
    ).collect()
    assert (row.down, row.up) == (Decimal("-2e-18"), Decimal("1e-18"))
