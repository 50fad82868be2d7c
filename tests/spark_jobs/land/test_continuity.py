"""Holes are no loss where the log still reaches down to them; everything else stops the landing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetlake.console import Failure
from spark_jobs.land.continuity import Span, Start, holes, require_continuous, starts
from spark_jobs.land.logs import Log, Place, require_landable
from spark_jobs.land.partition import Report

PLACE = Place("fleet.charging", 2)


def begun(positions, log, **options):
    return starts("fleet.charging", positions, {2: log}, **options)[2]


def report(first, last, hole=(None, None)):
    return Report("fleet.charging", 2, rows=1, first_offset=first, last_offset=last, hole_from=hole[0], hole_to=hole[1])


def test_landing_goes_on_after_the_position():
    assert begun({2: 9}, Log(0, 50)) == Start(10, False)


def test_a_new_topic_begins_where_its_log_does():
    assert begun({}, Log(30, 50)) == Start(30, True)


def test_a_new_partition_of_a_known_topic_begins_at_zero():
    assert begun({0: 9}, Log(0, 50)) == Start(0, True)


def test_what_was_deleted_before_it_landed_stops_the_start_and_is_named():
    with pytest.raises(Failure, match=r"fleet\.charging/2: offsets 10 to 29 are gone.*\n.*--accept-topic fleet\.charging"):
        begun({2: 9}, Log(30, 50))
    with pytest.raises(Failure, match="offset 0 are gone"):
        begun({0: 9}, Log(1, 50))


def test_an_accepted_loss_is_a_new_baseline():
    assert begun({2: 9}, Log(30, 50), is_accepted=True) == Start(30, True)
    assert begun({2: 9}, Log(5, 50), is_accepted=True) == Start(10, False)


def test_all_landed_and_all_deleted_is_no_loss():
    assert begun({2: 49}, Log(50, 50)) == Start(50, False)


@pytest.mark.parametrize("is_accepted", [False, True])
def test_a_log_that_ends_below_the_position_stops_the_start(is_accepted):
    with pytest.raises(Failure, match="landed up to offset 50, but Kafka's log now ends before 50"):
        begun({2: 50}, Log(0, 50), is_accepted=is_accepted)


def test_holes_that_the_log_still_covers_are_control_or_aborted_records():
    require_continuous(PLACE, Span(10, 20), report(12, 18, (14, 15)), Log(10, 21))
    require_continuous(PLACE, Span(10, 20), None, Log(0, 21))


@pytest.mark.parametrize(
    ("found", "log_start", "gone"),
    [
        (report(12, 20), 11, "offset 10 "),
        (report(12, 20), 15, "offsets 10 to 11 "),
        (report(10, 20, (14, 15)), 15, "offset 14 "),
        (report(10, 18), 20, "offset 19 "),
        (None, 13, "offsets 10 to 12 "),
    ],
)
def test_holes_below_the_log_are_lost(found, log_start, gone):
    with pytest.raises(Failure, match=rf"fleet\.charging/2: {gone}are gone"):
        require_continuous(PLACE, Span(10, 20), found, Log(log_start, 21))


def test_a_log_that_shrank_while_it_was_read_stops_the_landing():
    with pytest.raises(Failure, match="landed up to offset 20, but Kafka's log now ends before 20"):
        require_continuous(PLACE, Span(10, 20), report(10, 20), Log(0, 20))


def test_rows_outside_of_what_was_asked_for_are_refused():
    with pytest.raises(Failure, match="offsets 10 to 21 were read where offsets 10 to 20 were asked for"):
        require_continuous(PLACE, Span(10, 20), report(10, 21), Log(0, 30))


@given(st.sets(st.integers(0, 30), min_size=1), st.integers(0, 31))
def test_landing_stops_exactly_when_a_missing_offset_is_below_the_log(read, log_start):
    offsets = sorted(read)
    gaps = [(low + 1, high - 1) for low, high in pairwise(offsets) if high > low + 1]
    found = report(offsets[0], offsets[-1], gaps[0] if gaps else (None, None))
    is_lost = any(offset not in read and offset < log_start for offset in range(31))
    try:
        require_continuous(PLACE, Span(0, 30), found, Log(log_start, 31))
        assert not is_lost
    except Failure:
        assert is_lost


def test_holes_are_named_in_order():
    assert list(holes(Span(0, 9), report(2, 7, (4, 5)))) == [Span(0, 1), Span(4, 5), Span(8, 9)]
    assert list(holes(Span(0, 9), report(0, 9))) == []


def test_a_compacted_topic_is_refused():
    with pytest.raises(Failure, match="compaction takes records out of the log"):
        require_landable("fleet.charging", {"cleanup.policy": "compact,delete"})
    require_landable("fleet.charging", {"cleanup.policy": "delete"})


def test_a_topic_that_no_table_can_be_named_after_is_refused():
    with pytest.raises(Failure, match=r"'charging\.retry' is no name for a table"):
        require_landable("fleet.charging.retry", {})
    with pytest.raises(Failure, match="'' is no name for a table"):
        require_landable("fleet.", {})
