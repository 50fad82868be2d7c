"""Habits of drivers: when they drive and use what, and how they charge. They are what a model can learn of a fleet."""

from dataclasses import dataclass

import numpy as np

from fleetlake.simulator.catalogue import FEATURES

WORKING = np.array([1, 0.5, 0.3, 0.3, 1, 4, 9, 14, 11, 5, 4, 4, 6, 5, 5, 7, 12, 14, 10, 7, 5, 4, 3, 2])  # starts of trips by local hour
WEEKEND = np.array([3, 2, 1, 0.5, 0.5, 1, 2, 3, 6, 9, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7, 6, 5, 4, 4])
STARTS = 5 * WORKING / WORKING.sum() + 2 * WEEKEND / WEEKEND.sum()  # of a week
OWN_HOURS = 2.5  # standard deviation of a driver's favourite hour from everybody's
CONCENTRATION, ANYTIME = 2.0, 0.2  # of von Mises' distribution around the favourite hour, and what is left far from it
MOST_LIKELY = 0.97  # nobody uses anything on every trip
FAST, FULL = (0.6, 3.4), (0.5, 2.0)  # beta distributions of the shares below: means of 0.15 and 0.2, most drivers near 0


@dataclass(frozen=True)
class Habits:
    """Arrays of one value per vehicle, or of vehicles × features."""

    hour: np.ndarray  # vehicles × features: local hour around which it is used most
    usual: np.ndarray  # vehicles × features: mean of `_near` that hour over all trips of a week
    weekend: np.ndarray  # vehicles × features: by which share more often at weekends, -0.8 to 0.8
    fast: np.ndarray  # share of charging at public stations, which are fast
    full: np.ndarray  # share of charging to 100 %

    def uses(self, vehicle: np.ndarray, hour: np.ndarray, *, is_weekend: bool) -> np.ndarray:
        """trips × features: probability of a use, for trips that `vehicle` begins at local `hour`. Over a week it is the feature's own."""
        lean = self.weekend[vehicle]
        by_hour = _near(hour[:, None] - self.hour[vehicle]) / self.usual[vehicle]
        by_day = 1 + lean if is_weekend else 1 - lean * 2 / 5
        likely: np.ndarray = np.minimum(np.array([f.uses_per_trip for f in FEATURES]) * by_hour * by_day, MOST_LIKELY)
        return likely


def build(seed: int, vehicles: int) -> Habits:
    """The habits of a plan's drivers."""
    rng, shape = np.random.default_rng([seed, 14]), (vehicles, len(FEATURES))
    hour = (np.array([feature.peak_hour for feature in FEATURES]) + rng.normal(0, OWN_HOURS, shape)) % 24
    return Habits(hour, _usual(hour), rng.uniform(-0.8, 0.8, shape), rng.beta(*FAST, vehicles), rng.beta(*FULL, vehicles))


def _near(hours: np.ndarray) -> np.ndarray:
    likely: np.ndarray = ANYTIME + np.exp(CONCENTRATION * (np.cos(hours * np.pi / 12) - 1))
    return likely


def _usual(favourite: np.ndarray) -> np.ndarray:
    """Mean of `_near` over all trips of a week, for each favourite hour."""
    grid = np.arange(24)
    means = [np.average(_near(grid + 0.5 - each), weights=STARTS) for each in grid]
    usual: np.ndarray = np.interp(favourite, grid, means, period=24)
    return usual
