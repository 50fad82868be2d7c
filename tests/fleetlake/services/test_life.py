"""What the supervisor decides, turn by turn."""

import pytest

from fleetlake.services.life import LONGEST_PAUSE_S, STEADY_S, Life, Seen, begun, failed, has_died, next_deed, observed, pause_s

START_S = 90


def seen(now=100.0, *, is_alive=False, is_healthy=False, may_begin=True):
    return Seen(now, is_alive, is_healthy, may_begin)


def deed(life, look):
    return next_deed(life, look, START_S)


def test_pauses_double_up_to_a_minute():
    assert [pause_s(failures) for failures in range(9)] == [0, 1, 2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_a_service_waits_for_what_it_needs():
    assert deed(Life(), seen(may_begin=False)) == "nothing"
    assert deed(Life(), seen()) == "start"


def test_one_that_starts_is_well_when_it_answers():
    starting = begun(Life(), 100)
    assert observed(starting, seen(is_alive=True), ends=False).stage == "starting"
    assert observed(starting, seen(101, is_alive=True, is_healthy=True), ends=False) == Life("healthy", since=101)


def test_one_that_died_is_started_again_after_its_pause():
    life = failed(Life("healthy", since=90), 100, "out of memory")
    assert (life.stage, life.in_a_row, life.last_error) == ("failed", 1, "out of memory")
    assert deed(life, seen(100.9)) == "nothing"
    assert deed(life, seen(101)) == "start"
    assert begun(life, 101).restarts == 1


def test_failures_in_a_row_wait_longer_until_it_was_well_for_a_while():
    again = failed(failed(Life("starting"), 100, "x"), 110, "x")
    assert again.in_a_row == 2
    well = Life("healthy", since=200, in_a_row=again.in_a_row)
    assert failed(well, 200 + STEADY_S - 1, "x").in_a_row == 3
    assert failed(well, 200 + STEADY_S + 1, "x").in_a_row == 1


def test_a_first_start_is_no_restart():
    assert begun(Life(), 100).restarts == 0


def test_a_start_that_takes_too_long_is_given_up():
    starting = begun(Life(), 100)
    assert deed(starting, seen(100 + START_S, is_alive=True)) == "nothing"
    assert deed(starting, seen(101 + START_S, is_alive=True)) == "give up"
    assert deed(Life("healthy", since=100), seen(101 + START_S, is_alive=True)) == "nothing", "who was well may take its time to answer"


def test_only_what_was_meant_to_run_can_have_died():
    assert has_died(Life("healthy"), seen(), ends=False)
    assert has_died(begun(Life(), 90), seen(), ends=False)
    assert not has_died(Life("waiting"), seen(), ends=False)
    assert not has_died(Life("failed"), seen(), ends=False)


def test_what_outlived_its_supervisor_is_taken_over():
    assert observed(Life(), seen(is_alive=True, is_healthy=True), ends=False).stage == "starting"
    assert deed(Life(), seen(is_alive=True)) == "nothing"


@pytest.mark.parametrize(("is_healthy", "stage"), [(True, "done"), (False, "starting")])
def test_one_that_ends_is_done_when_it_ended_well(is_healthy, stage):
    starting, look = begun(Life(), 90), seen(is_healthy=is_healthy)
    assert has_died(starting, look, ends=True) is not is_healthy
    assert observed(starting, look, ends=True).stage == stage


def test_one_that_is_done_is_not_started_again():
    assert deed(Life("done"), seen(is_healthy=True)) == "nothing"
    assert Life("done").is_ready


def test_a_life_survives_being_written_down():
    life = failed(begun(Life(), 1.5), 2.5, "why")
    assert Life.of(life.plain) == life
