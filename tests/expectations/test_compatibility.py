"""Additive changes pass, breaking ones are named; the version says which."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.compatibility import Change, changes, versioned
from expectations.contract import Check, Column, Contract, contracts

STEP = Column("step", "string", required=True, description="What happened.", enum=("started", "stopped"), number=1)
ENERGY = Column("energy_wh", "bigint", required=False, description="Energy.", unit="Wh", minimum=0, maximum=100, number=2)
BIT = Column("bit", "int", required=False, description="A bit.", number=3)


def charging(*columns: Column, version: str = "1.0.0", checks: tuple[Check, ...] = (), key: tuple[str, ...] = ()) -> Contract:
    own = columns or (STEP, ENERGY)
    return Contract(
        "silver.charging", "silver", "charging", version, "One row per step.", own, own, checks, key, (), None, Path("charging.odcs.yaml")
    )


def only(before: Contract, after: Contract) -> Change:
    [change] = changes([before], [after])
    return change


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ([STEP], "was removed"),
        ([STEP, replace(ENERGY, name="energy_kwh")], "was renamed to energy_kwh, which has its number 2"),
        ([STEP, replace(ENERGY, physical_type="double")], "was retyped from bigint to double"),
        ([STEP, replace(ENERGY, required=True)], "became required"),
        ([STEP, replace(ENERGY, minimum=1)], "minimum narrowed from 0 to 1"),
        ([STEP, replace(ENERGY, maximum=99)], "maximum narrowed from 100 to 99"),
        ([STEP, replace(ENERGY, number=9)], "number changed from 2 to 9"),
        ([STEP, replace(ENERGY, unit="kWh")], "unit changed from Wh to kWh"),
        ([STEP, replace(ENERGY, personal=True)], "became personal"),
        ([replace(STEP, enum=("started",)), ENERGY], "no longer allows stopped"),
        ([replace(STEP, pattern="^s"), ENERGY], "pattern changed from none to ^s"),
        ([STEP, ENERGY, replace(BIT, required=True)], "was added and is required"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_a_sender_or_a_reader_is_breaking(new: list[Column], reason: str):
    found = changes([charging()], [charging(*new)])
    assert reason in [change.reason for change in found if change.breaking and change.column]


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ([STEP, ENERGY, BIT], "was added"),
        ([replace(STEP, enum=("started", "stopped", "paused")), ENERGY], "allows paused too"),
        ([replace(STEP, enum=None), ENERGY], "allows any word too"),
        ([replace(STEP, required=False), ENERGY], "is no longer required"),
        ([STEP, replace(ENERGY, minimum=-1)], "minimum widened from 0 to -1"),
        ([STEP, replace(ENERGY, maximum=None)], "maximum widened from 100 to none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_lets_everybody_go_on_is_additive(new: list[Column], reason: str):
    change = only(charging(), charging(*new))
    assert (change.breaking, change.reason) == (False, reason)


def test_a_changed_key_or_grain_is_breaking():
    assert only(charging(key=("a",)), charging(key=("a", "b"))).reason == "key changed from a to a, b"
    assert only(charging(), replace(charging(), purpose="One row per session.")).breaking


def test_a_check_that_comes_is_breaking_and_one_that_goes_is_not():
    with_check = charging(checks=(Check("c", "energy_wh > 1", "…"),))
    assert only(charging(), with_check).breaking
    assert not only(with_check, charging()).breaking


def test_a_table_that_goes_is_breaking_and_no_version_can_say_so():
    found = changes([charging()], [])
    assert [change.reason for change in found] == ["the table was removed"]
    assert versioned(charging(), None, found)


@pytest.mark.parametrize(
    ("version", "columns", "right"),
    [
        ("1.0.0", [STEP, ENERGY], True),
        ("0.9.0", [STEP, ENERGY], False),
        ("1.0.1", [STEP, ENERGY, BIT], False),
        ("1.1.0", [STEP, ENERGY, BIT], True),
        ("1.1.0", [STEP], False),
        ("2.0.0", [STEP], True),
    ],
)
def test_the_version_says_what_the_change_is(version: str, columns: list[Column], right: bool):
    after = charging(*columns, version=version)
    assert (versioned(charging(), after, changes([charging()], [after])) is None) == right


def test_contracts_do_not_differ_from_themselves():
    assert contracts()
    assert changes(contracts(), contracts()) == ()


@given(st.integers(-5, 5), st.integers(-5, 5), st.lists(st.integers(-8, 8)))
def test_a_moved_bound_is_breaking_only_if_a_value_could_fall_out(old: int, new: int, values: list[int]):
    before, after = (charging(STEP, replace(ENERGY, minimum=bound, maximum=None)) for bound in (old, new))
    breaking = any(change.breaking for change in changes([before], [after]))
    assert breaking or not [value for value in values if value >= old and not value >= new]


@given(st.sets(st.sampled_from("abcd"), min_size=1), st.sets(st.sampled_from("abcd"), min_size=1))
def test_changed_words_are_breaking_only_if_one_is_lost(old: set[str], new: set[str]):
    before, after = (charging(replace(STEP, enum=tuple(sorted(words))), ENERGY) for words in (old, new))
    assert any(change.breaking for change in changes([before], [after])) == bool(old - new)
