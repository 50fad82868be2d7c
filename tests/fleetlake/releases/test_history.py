"""What the rows of ops.releases mean."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetlake.console import Failure
from fleetlake.releases import moment
from fleetlake.releases.history import current, releases, state, upto, withdrawn, withdrawn_base
from fleetlake.releases.model import Published, Release, Waiver, from_json, in_force, near, to_json

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)


def row(release: int, layer: str = "silver", **changes: object) -> dict[str, object]:
    """A row of ops.releases, an hour after the release before."""
    who = {"actor": "ann", "note": "", "code_version": "0.1.0", "contract_version": "1.0.0", "gate_run": release, "rows": 10}
    return (
        {
            "release": release,
            "at": BEGIN + timedelta(hours=release),
            "layer": layer,
            "table_name": f"{layer}.charging",
            "version": release,
            "kind": "release",
            "of_release": None,
            "built_from": None,
        }
        | who
        | changes
    )


def back(release: int, to: int, layer: str = "silver") -> dict[str, object]:
    return row(release, layer, kind="rollback", of_release=to, version=to)


def published(*rows: dict[str, object], at: datetime = BEGIN) -> Published:
    return state(releases(rows), (), at, (len(rows), -1))


def test_the_newest_release_of_each_layer_is_in_force():
    seen = published(row(1, "bronze"), row(2), row(3, table_name="silver.consents"), row(3))
    assert {layer: release.number for layer, release in seen.releases.items()} == {"bronze": 1, "silver": 3}
    assert seen.tables == ("bronze.charging", "silver.charging", "silver.consents")
    assert seen.number == 3


def test_a_rollback_holds_the_layer_and_shows_the_old_version():
    seen = published(row(1), row(2), back(3, to=1))
    assert seen.pin("silver.charging").version == 1
    assert seen.releases["silver"].is_held
    assert not published(row(1), row(2), back(3, to=1), row(4, kind="resume")).releases["silver"].is_held


def test_one_release_may_take_two_layers_back():
    seen = published(row(1), row(2, "gold"), row(3), row(4, "gold"), back(5, to=1), back(5, to=2, layer="gold"))
    assert {layer: (each.number, each.of_release) for layer, each in seen.releases.items()} == {"silver": (5, 1), "gold": (5, 2)}


def test_what_a_rollback_went_behind_is_withdrawn_until_it_is_pinned_again():
    history = releases([row(1), row(2), row(3), back(4, to=1)])
    assert withdrawn(history, "silver") == {2, 3}
    assert withdrawn([*history, *releases([back(5, to=3)])], "silver") == {2}
    assert withdrawn([*history, *releases([row(5, kind="resume")])], "silver") == {2, 3}


@pytest.mark.parametrize(
    ("gold", "found"),
    [
        (row(3, "gold"), 2),  # silver 2 was in force when it came
        (row(3, "gold", built_from=1), None),
        (row(5, "gold", built_from=2), 2),  # its build had begun before the rollback
        (row(5, "gold"), None),
    ],
    ids=["came before", "built from older", "built from withdrawn", "came after"],
)
def test_gold_is_marked_when_what_it_was_built_from_is_withdrawn(gold: dict[str, object], found: int | None):
    seen = published(row(1), row(2), back(4, to=1), gold)
    assert seen.releases["gold"].withdrawn == found


def test_gold_that_was_taken_back_stands_on_what_it_was_built_from_then():
    history = releases([row(1), row(2, "gold"), row(3), row(4, "gold"), back(5, to=1), back(5, to=2, layer="gold")])
    assert withdrawn_base(current(history, "gold"), history) is None


def test_gold_that_was_taken_back_alone_stands_on_older_silver_still():
    rows = [row(1), row(2, "gold"), row(3), row(4, "gold"), back(5, to=2, layer="gold"), back(6, to=1)]
    assert published(*rows[:4], rows[5]).releases["gold"].withdrawn == 3
    assert published(*rows).releases["gold"].withdrawn is None


steps = st.lists(st.tuples(st.sampled_from(["silver", "gold", "gold_internal", "bronze"]), st.booleans(), st.integers(0, 20)), max_size=25)


def told(steps: list[tuple[str, bool, int]]) -> list[dict[str, object]]:
    """A history that the writer could have made: a rollback goes to a release of its layer that is there."""
    rows: list[dict[str, object]] = []
    for number, (layer, is_back, choice) in enumerate(steps, 1):
        own = [each["release"] for each in rows if each["layer"] == layer and each["kind"] == "release"]
        rows.append(back(number, to=own[choice % len(own)], layer=layer) if is_back and own else row(number, layer))
    return rows


@given(steps)
def test_what_readers_saw_is_told_the_same_ever_after(steps: list[tuple[str, bool, int]]):
    rows = told(steps)
    history = releases(rows)
    for number in range(len(rows) + 1):
        then = state(upto(history, number), (), BEGIN, (0, -1))
        assert then == state(releases(rows[:number]), (), BEGIN, (0, -1))
        assert then == state(upto(history, BEGIN + timedelta(hours=number, minutes=1)), (), BEGIN, (0, -1))
        assert then.number == number


@given(steps)
def test_what_is_in_force_is_never_withdrawn(steps: list[tuple[str, bool, int]]):
    history = releases(told(steps))
    for layer in {release.layer for release in history}:
        newest = current(history, layer)
        assert newest.effective not in withdrawn(history, layer)
        assert all(each.pins[f"{layer}.charging"].version == each.effective for each in history if each.layer == layer)


@given(steps, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=5))
def test_a_state_survives_its_journey_as_json(steps: list[tuple[str, bool, int]], ends: list[tuple[int, int]]):
    waivers = [waiver(f"e{name}", at=number, until=BEGIN + timedelta(hours=hours)) for number, (name, hours) in enumerate(ends)]
    seen = state(releases(told(steps)), waivers, BEGIN, (len(steps), len(ends)))
    assert from_json(json.loads(json.dumps(to_json(seen)))) == seen


def waiver(expectation: str, at: int, until: datetime) -> Waiver:
    return Waiver("silver.charging", expectation, "ann", BEGIN - timedelta(hours=9 - at), until, "because")


def test_a_waiver_ends_by_itself_and_the_newest_one_counts():
    hour = timedelta(hours=1)
    first, second = waiver("freshness", 1, BEGIN + 5 * hour), waiver("freshness", 2, BEGIN + hour)
    other = waiver("volume", 1, BEGIN + 2 * hour)
    assert set(in_force([second, first, other], BEGIN)) == {second, other}
    assert in_force([second, first, other], BEGIN + hour) == (other,)
    assert in_force([first], BEGIN - 10 * hour) == ()


def test_a_table_without_release_is_refused_with_near_names():
    seen = published(row(1), row(2, "bronze"), row(2, "bronze", table_name="bronze.consents"))
    with pytest.raises(Failure, match=r"silver.chargin is not released\nnear it are silver.charging, bronze.charging"):
        seen.pin("silver.chargin")
    with pytest.raises(Failure, match=r"gold.consents is not released\nnear it are bronze.consents"):
        seen.origin("gold.consents")
    with pytest.raises(Failure, match=r"released are bronze.charging, bronze.consents, silver.charging"):
        seen.pin("xyz")
    with pytest.raises(Failure, match="nothing is released yet"):
        published().pin("silver.charging")


def test_near_names_are_like_the_whole_or_like_the_last_part():
    assert near("charging", ["silver.charging", "bronze.charging", "silver.consents"]) == ["silver.charging", "bronze.charging"]
    assert near("zzz", ["silver.charging"]) == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("42", 42),
        (42, 42),
        ("2026-06-01", BEGIN),
        ("2026-06-01T02:00:00+02:00", BEGIN),
        (BEGIN.date(), BEGIN),
        (BEGIN.replace(tzinfo=None), BEGIN),
    ],
    ids=str,
)
def test_as_of_is_a_release_or_a_time_in_utc(said: object, meant: object):
    assert moment(said) == meant


def test_as_of_that_is_neither_is_refused():
    with pytest.raises(Failure, match="neither a release nor a time"):
        moment("yesterday")


def test_a_release_tells_its_age():
    assert isinstance(one := current(releases([row(1)]), "silver"), Release)
    assert one.age > timedelta(0)
