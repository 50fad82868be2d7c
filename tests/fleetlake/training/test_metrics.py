import numpy as np
import pytest

from fleetlake.training.metrics import absolute_error, compare, hit_rate


def predictions(vehicles: int, each: int, right: float, seed: int):
    """Scores of two classes whose first place is the target with probability `right`; the targets, and the vehicles."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, vehicles * each)
    is_right = rng.random(vehicles * each) < right
    scores = np.zeros((vehicles * each, 2))
    scores[np.arange(len(target)), np.where(is_right, target, 1 - target)] = 1
    return scores, target, np.repeat(np.arange(vehicles), each)


def test_a_hit_is_a_target_among_the_classes_of_highest_score_and_equal_ones_count_in_their_order():
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]])
    assert hit_rate(1).of(scores, np.array([1, 2, 2])).tolist() == [1, 0, 0]
    assert hit_rate(2).of(scores, np.array([2, 2, 2])).tolist() == [1, 1, 0]


def test_a_smaller_error_is_a_gain():
    target, vehicle = np.zeros(100), np.arange(100)
    found = compare(absolute_error("points"), np.full(100, 1.0), np.full(100, -2.0), target, vehicle)
    assert (found.model.value, found.baseline.value) == (1.0, 2.0)
    assert (found.gain.value, found.gain.low, found.gain.high) == (0.5, 0.5, 0.5)
    assert found.beats(0.5)
    assert not found.beats(0.51)


def test_nineteen_of_twenty_bounds_hold_the_truth():
    held = 0
    for seed in range(60):
        scores, target, vehicle = predictions(vehicles=80, each=5, right=0.7, seed=seed)
        found = compare(hit_rate(1), scores, scores[:, ::-1], target, vehicle, seed).model
        held += found.low <= 0.7 <= found.high
    assert 51 <= held <= 60  # 57 are expected; fewer than 51 come by chance once in 300


def test_bounds_are_as_wide_as_chance_makes_a_mean():
    scores, target, vehicle = predictions(vehicles=2_000, each=1, right=0.7, seed=3)
    found = compare(hit_rate(1), scores, scores, target, vehicle).model
    assert found.high - found.low == pytest.approx(2 * 1.96 * (0.7 * 0.3 / 2_000) ** 0.5, rel=0.1)


def test_a_gain_that_may_as_well_be_smaller_than_the_margin_does_not_count():
    scores, target, vehicle = predictions(vehicles=60, each=5, right=0.6, seed=4)
    found = compare(hit_rate(1), scores, np.tile([1.0, 0.0], (300, 1)), target, vehicle)
    assert found.gain.low < found.gain.value < found.gain.high
    assert found.beats(found.gain.low)
    assert not found.beats(found.gain.value)


def test_vehicles_that_are_alike_in_themselves_make_bounds_wider():
    scores, target, _ = predictions(vehicles=1, each=400, right=0.5, seed=1)
    one_by_one = compare(hit_rate(1), scores, scores, target, np.arange(400)).model
    order = np.argsort(hit_rate(1).of(scores, target), kind="stable")
    alike = compare(hit_rate(1), scores[order], scores, target[order], np.arange(400) // 20).model
    assert alike.high - alike.low > 2 * (one_by_one.high - one_by_one.low)


def test_a_model_that_is_its_baseline_gains_nothing():
    scores, target, vehicle = predictions(vehicles=50, each=4, right=0.6, seed=2)
    found = compare(hit_rate(1), scores, scores, target, vehicle)
    assert (found.gain.low, found.gain.high) == pytest.approx((0, 0))
    assert not found.beats(0.01)
