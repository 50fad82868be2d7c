"""Of the accepted rows of an identity the first is kept; how runs, items and chunks cut the input makes no difference."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spark_jobs.refine import twins
from tests.spark_jobs.refine.events import NOON

Event = tuple[int, int, int, bool]  # identity, body, partition, whether it holds by itself


def row(offset: int, **changes: Any) -> dict[str, Any]:
    identity = {"family": "charging", "vehicle_key": "v1", "event_id": "e1", "occurred_on": date(2026, 6, 1)}
    place = {"topic_id": "T", "partition": 0, "offset": offset, "received_at": NOON + timedelta(seconds=offset)}
    return identity | place | {"body_hash": b"a", "held": False, "item": 0, "turn": 0} | changes


def groups(*rows: dict[str, Any]) -> pl.DataFrame:
    return twins.grouped(pl.DataFrame(rows, schema=twins.FOUND))


def offsets(rows: pl.DataFrame) -> list[int]:
    return sorted(rows["offset"])


def outcomes(*rows: dict[str, Any]) -> dict[int, str]:
    known = groups(*rows)
    new = known.filter(~pl.col("held"))
    decided = twins.decide(new, twins.kept_before(known, pl.DataFrame(schema=twins.HELD)))
    return dict(decided.select("offset", "outcome").iter_rows())


def test_the_first_received_is_kept_the_same_body_a_duplicate_and_another_a_conflict():
    assert outcomes(row(0), row(1), row(2, body_hash=b"b")) == {0: "kept", 1: "duplicate", 2: "conflict"}


def test_the_first_is_the_one_received_first_wherever_it_stands():
    assert outcomes(row(0, received_at=NOON + timedelta(days=1)), row(0, partition=1, body_hash=b"b") | {"offset": 7}) == {
        0: "conflict",
        7: "kept",
    }


def test_a_row_in_silver_is_first_whenever_it_was_received():
    held = row(9, held=True, received_at=NOON + timedelta(days=9), item=None, turn=None)
    assert outcomes(held, row(0), row(1, body_hash=b"b")) == {0: "duplicate", 1: "conflict"}


def test_equal_hashes_of_different_ids_are_no_twins():
    assert groups(row(0), row(1, event_id="e2"), row(2, vehicle_key="v2"), row(3, occurred_on=date(2026, 6, 2))).is_empty()


def test_rows_of_silver_alone_are_nobodys_twins():
    assert groups(row(0, held=True), row(1, held=True)).is_empty()


def test_a_row_whose_own_place_is_in_silver_was_refined_before():
    known = groups(row(5, held=True), row(5), row(6))
    assert offsets(twins.refined(known)) == [5]


def test_twins_of_one_item_in_reading_order_wait_for_their_worker():
    assert twins.premature(groups(row(0), row(1))).is_empty()


def test_twins_of_two_items_are_judged_first():
    assert offsets(twins.premature(groups(row(0), row(1, item=1)))) == [0, 1]


def test_twins_that_were_not_received_in_the_order_of_reading_are_judged_first():
    late = row(0, received_at=NOON + timedelta(days=1))
    assert offsets(twins.premature(groups(late, row(1)))) == [0, 1]
    assert offsets(twins.premature(groups(row(0, turn=1), row(1)))) == [0, 1]


def test_a_group_that_silver_holds_needs_no_judgement_before():
    assert twins.premature(groups(row(0), row(1, item=1), row(9, held=True))).is_empty()


def test_a_broken_first_copy_does_not_hide_its_good_resend():
    known = groups(row(0), row(1, item=1), row(2, item=1))
    accepted = pl.DataFrame([{"topic_id": "T", "partition": 0, "offset": offset} for offset in (1, 2)], schema=twins.PLACED)
    assert offsets(twins.settled(twins.premature(known), accepted)) == [1]


@hypothesis_settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 1), st.booleans()), max_size=14), st.data())
def test_cuts_into_runs_items_and_chunks_change_no_outcome(events: list[Event], data: st.DataObject):
    rows = [_event(at, event) for at, event in enumerate(events)]
    run_ends = data.draw(st.sets(st.integers(0, len(rows))), label="runs")
    item_ends = data.draw(st.sets(st.integers(0, len(rows))), label="items")
    chunk_ends = data.draw(st.sets(st.integers(0, len(rows))), label="chunks")
    assert _in_runs(rows, run_ends, item_ends, chunk_ends) == _plainly(rows)


def _event(at: int, event: Event) -> dict[str, Any]:
    identity, body, partition, holds = event
    return row(at, event_id=f"e{identity}", body_hash=bytes([body]), partition=partition) | {"holds": holds}


def _plainly(rows: list[dict[str, Any]]) -> dict[int, str]:
    """The rule in a few lines: rows are received in the order of their offsets."""
    kept: dict[str, bytes] = {}
    said = {}
    for each in (each for each in rows if each["holds"]):
        first = each["event_id"] not in kept
        same = kept.setdefault(each["event_id"], each["body_hash"]) == each["body_hash"]
        said[each["offset"]] = "kept" if first else "duplicate" if same else "conflict"
    return said


def _in_runs(rows: list[dict[str, Any]], run_ends: set[int], item_ends: set[int], chunk_ends: set[int]) -> dict[int, str]:
    silver: list[dict[str, Any]] = []
    said: dict[int, str] = {}
    for run in _cut(rows, run_ends):
        items = [part for partition in (0, 1) for part in _cut([each for each in run if each["partition"] == partition], item_ends)]
        new = [each | {"item": number} for number, item in enumerate(items) for each in item]
        decided = _run(new, silver, items, chunk_ends)
        said |= decided
        silver += [each | {"held": True, "item": None, "turn": None} for each in run if decided.get(each["offset"]) == "kept"]
    return said


def _run(
    new: list[dict[str, Any]], silver: list[dict[str, Any]], items: list[list[dict[str, Any]]], chunk_ends: set[int]
) -> dict[int, str]:
    holds = {each["offset"] for each in new if each["holds"]}
    known = twins.grouped(pl.DataFrame([*new, *silver], schema=twins.FOUND))
    early = twins.premature(known)
    held_before = twins.kept_before(known, twins.settled(early, early.filter(pl.col("offset").is_in(list(holds))).select(twins.PLACE)))
    said = dict.fromkeys(holds, "kept")
    for item in items:
        held = held_before
        for chunk in _cut(item, chunk_ends):
            here = [each["offset"] for each in chunk if each["holds"]]
            decided = twins.decide(known.filter(~pl.col("held") & pl.col("offset").is_in(here)), held)
            held = twins.remembered(held, decided)
            said |= dict(decided.select("offset", "outcome").iter_rows())
    return said


def _cut(rows: list[dict[str, Any]], ends: set[int]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for each in rows:
        if each["offset"] in ends and part:
            yield part
            part = []
        part.append(each)
    yield part


def test_the_property_test_sees_every_outcome():
    rows = [_event(at, event) for at, event in enumerate([(0, 0, 0, False), (0, 0, 0, True), (0, 0, 1, True), (0, 1, 0, True)])]
    assert Counter(_in_runs(rows, {2}, {3}, set()).values()) == {"kept": 1, "duplicate": 1, "conflict": 1}
