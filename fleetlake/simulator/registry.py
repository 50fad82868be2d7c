"""When vehicles enter the register: on the first day those that were sold before, later on the day of the sale."""

import numpy as np

from fleetlake.simulator.day import Day
from fleetlake.simulator.plan import DAY_MS


def registered(day: Day) -> tuple[np.ndarray, np.ndarray]:
    """Vehicles that enter on this day, and when (ms): in the first hour, or when they are sold."""
    sold = day.fleet.sold_ms
    begins = np.where(day.number == 0, 0, day.start_ms)
    entered = np.flatnonzero((sold >= begins) & (sold < day.start_ms + DAY_MS))
    spread = day.start_ms + np.random.default_rng([day.plan.seed, 5, day.number]).integers(60_000, 3_600_000, len(entered))
    return entered, np.where(sold[entered] < day.start_ms, spread, sold[entered])
