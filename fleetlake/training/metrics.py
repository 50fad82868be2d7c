"""How good predictions are, with bounds: a value per example, then a mean that is drawn again and again from the vehicles."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fleetlake.training.examples import Array

DRAWS, MOST_GROUPS = 1000, 4096  # vehicles beyond that are drawn in groups: the bounds are no narrower for it
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Metric:
    """`of(predictions, targets)` gives a value per example; the metric is their mean."""

    name: str
    unit: str
    of: Callable[[Array, Array], Array]
    more_is_better: bool


@dataclass(frozen=True)
class Bounds:
    """A mean and the interval that holds it with 95 % confidence."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


@dataclass(frozen=True)
class Comparison:
    """A model beside a baseline on the same examples; `gain`: by which share of the baseline's value the model is better."""

    metric: str
    model: Bounds
    baseline: Bounds
    gain: Bounds

    def beats(self, margin: float) -> bool:
        """Whether the gain is at least the margin even at its lower bound."""
        return self.gain.low >= margin


def hit_rate(first: int) -> Metric:
    """Share of examples whose target is among the `first` classes of highest score; equal scores count in the order of the classes."""

    def hits(scores: Array, target: Array) -> Array:

        best = np.argsort(-scores, axis=1, kind="stable")[:, :first]
        found: Array = (best == target[:, None]).any(axis=1).astype(np.float64)
        return found

    return Metric(f"hit_rate_at_{first}", "share", hits, more_is_better=True)


def absolute_error(unit: str) -> Metric:
    """Mean absolute error."""

    def errors(predicted: Array, target: Array) -> Array:
        found: Array = abs(predicted - target)
        return found

    return Metric("mean_absolute_error", unit, errors, more_is_better=False)


def compare(metric: Metric, model: Array, baseline: Array, target: Array, vehicle: Array, seed: int = 0) -> Comparison:
    """Predictions of both beside each other. Vehicles are drawn and not examples: those of one vehicle are alike."""

    values = np.stack([metric.of(model, target), metric.of(baseline, target)], axis=1)
    means = _draws(values, vehicle, seed)
    of_model, of_baseline = (_bounds(means[:, number], values[:, number].mean()) for number in (0, 1))
    return Comparison(metric.name, of_model, of_baseline, _gain(means, values.mean(axis=0), 1 if metric.more_is_better else -1))


def _draws(values: Array, vehicle: Array, seed: int) -> Array:
    """draws × columns: means over vehicles that are drawn with replacement."""

    group = np.unique(vehicle, return_inverse=True)[1] % MOST_GROUPS
    counts = np.bincount(group).astype(np.float64)
    sums = np.stack([np.bincount(group, column) for column in values.T], axis=1)
    drawn = np.random.default_rng(seed).multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=DRAWS)
    means: Array = (drawn @ sums) / (drawn @ counts)[:, None]
    return means


def _bounds(draws: Array, value: float) -> Bounds:

    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Bounds(float(value), float(low), float(high))


def _gain(means: Array, value: Array, sign: int) -> Bounds:

    with np.errstate(divide="ignore", invalid="ignore"):  # a baseline that never hits is beaten infinitely
        return _bounds(np.nan_to_num(sign * (means[:, 0] / means[:, 1] - 1)), float(np.nan_to_num(sign * (value[0] / value[1] - 1))))
