import pytest

from fleetlake.console import Failure
from fleetlake.training.budget import Budget, Machine, Rates, Size, Watch, estimate, largest, nearest

LAPTOP = Machine(cores=2, memory_bytes=10**12, core_hour_eur=0.04)
RATES = Rates(gather_s=1.0, fit_s=2.0, of="a test")  # a million values a second; a thousand million in two
SIZE = Size(rows=1_000_000, features=30, trees=100)


def test_an_estimate_follows_from_rows_features_trees_and_measured_rates():
    found = estimate(SIZE, RATES, LAPTOP)
    assert found.seconds == pytest.approx(30 * 1.0 + 3 * 2.0)
    assert found.eur == pytest.approx(36 / 3600 * 2 * 0.04)
    assert found.memory_bytes == 30_000_000 * 13


@pytest.mark.parametrize(
    ("budget", "machine", "binds"),
    [
        (Budget(minutes=30, eur=5), LAPTOP, "minutes"),
        (Budget(minutes=30, eur=0.001), LAPTOP, "cost"),
        (Budget(minutes=30, eur=5), Machine(2, 10**8, 0.04), "memory"),
    ],
)
def test_the_largest_set_fits_and_one_that_is_a_little_larger_is_refused(budget, machine, binds):
    rows, by = largest(SIZE, RATES, machine, budget)
    assert by == binds
    budget.refuse(estimate(Size(rows, SIZE.features, SIZE.trees), RATES, machine), machine, rows)
    with pytest.raises(Failure, match="this would take"):
        budget.refuse(estimate(Size(int(rows * 1.01) + 1, SIZE.features, SIZE.trees), RATES, machine), machine, rows)


def test_a_refusal_says_every_number_that_is_too_large():
    with pytest.raises(Failure) as refused:
        Budget(minutes=0.5, eur=0.0001).refuse(estimate(SIZE, RATES, LAPTOP), LAPTOP, 7)
    assert "0.6 minutes of 0.5 and EUR 0.0008 of 0.0001" in refused.value.what
    assert "7 examples would fit" in refused.value.remedy


def test_a_machine_that_costs_nothing_is_bound_by_time():
    assert largest(SIZE, RATES, Machine(2, 10**12, 0.0), Budget(30, 5))[1] == "minutes"


def test_a_watch_says_when_time_or_money_is_used_up():
    now = [100.0]
    watch = Watch(Budget(minutes=1, eur=5), LAPTOP, clock=lambda: now[0])
    assert watch.over() == ""
    now[0] += 60.0
    assert (watch.over(), watch.seconds) == ("", 60.0)
    now[0] += 0.6
    assert watch.over() == "1.01 minutes of 1 are over"
    dear = Watch(Budget(minutes=60, eur=0.001), Machine(4, 1, 3.6), clock=lambda: now[0])
    now[0] += 1.0
    assert dear.eur == pytest.approx(0.004)
    assert dear.over() == "EUR 0.004000 of 0.001 are spent"


def test_rates_are_those_of_the_run_that_is_nearest_in_size():
    runs = [(Size(900_000, 30, 100), 45.0, 5.4), (Size(300_000, 30, 100), 9.0, 9.0)]
    found = nearest(SIZE, runs)
    assert found == Rates(45 / 27, 2.0, "a run of 900,000 examples")


def test_a_run_of_quite_another_size_tells_nothing():
    assert nearest(SIZE, [(Size(1_000, 30, 100), 1.0, 1.0), (Size(1_000_000, 30, 0), 1.0, 0.0)]) is None
