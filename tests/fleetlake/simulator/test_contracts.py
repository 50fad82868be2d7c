"""What the simulator says is right must be right by the contracts, which it does not know."""

import duckdb
import polars as pl
import pytest

from expectations.contract import Check, Column, contract, families
from fleetlake.simulator.family import registry
from fleetlake.simulator.world import body_kinds

KINDS = {
    "string": "string",
    "int": "integer",
    "bigint": "integer",
    "double": "double",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "map<string,double>": "signals",
}


def broken(column: Column) -> pl.Expr:
    """Where a value breaks what the contract asks of its column."""
    value, rules = pl.col(column.name), [pl.lit(False)]
    rules += [value.is_null()] if column.required else []
    rules += [value < column.minimum] if column.minimum is not None else []
    rules += [value > column.maximum] if column.maximum is not None else []
    rules += [~value.is_in(column.enum)] if column.enum else []
    rules += [~value.str.contains(column.pattern)] if column.pattern else []
    return pl.any_horizontal(rule.fill_null(False) for rule in rules)


def breaking(events: pl.DataFrame, check: Check) -> int:
    """How many rows break a cross-field check."""
    return duckdb.sql(f"select count(*) from events where not ({check.expression})").fetchall()[0][0]


def test_every_family_with_a_contract_has_a_generator():
    assert families()
    assert set(families()) <= set(registry())


@pytest.mark.parametrize("family", families())
def test_a_generator_makes_exactly_the_columns_of_the_contract(family):
    assert body_kinds(family) == {column.name: KINDS[column.physical_type] for column in contract(f"silver.{family}").own_columns}


@pytest.mark.parametrize("family", families())
def test_a_generator_knows_which_columns_are_required(family):
    assert registry()[family].required == tuple(column.name for column in contract(f"silver.{family}").own_columns if column.required)


@pytest.mark.parametrize("family", families())
def test_events_for_silver_satisfy_the_contract(calm, family):
    events, asked = calm.records[family], contract(f"silver.{family}")
    for column in asked.own_columns:
        assert events.filter(broken(column)).is_empty(), column.name
    for check in asked.checks:
        assert breaking(events, check) == 0, check.name


@pytest.mark.parametrize("family", families())
def test_what_is_to_be_out_of_range_or_not_allowed_breaks_the_contract(calm, family):
    events, asked, made = calm.records[family][:1], contract(f"silver.{family}"), registry()[family]
    for reason, ways in (("out_of_range", made.out_of_range), ("not_allowed", made.not_allowed)):
        for changes in ways:
            row = events.with_columns(pl.lit(value, events.schema[name]).alias(name) for name, value in changes.items())
            ranges = [column for column in asked.own_columns if column.minimum is not None or column.maximum is not None]
            is_out = any(len(row.filter(broken(column))) for column in ranges)
            others = [column for column in asked.own_columns if column.enum or column.pattern]
            is_forbidden = any(len(row.filter(broken(column))) for column in others)
            is_forbidden |= any(breaking(row, check) for check in asked.checks)
            assert is_out if reason == "out_of_range" else is_forbidden and not is_out, changes
