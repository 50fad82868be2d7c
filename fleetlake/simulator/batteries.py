"""Charging sessions of one day: most at home, begun in the evening and done in the night."""

from dataclasses import dataclass

import numpy as np

from fleetlake.simulator.day import Day
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.trips import HOUR_MS, MINUTE_MS

HOME_W, PUBLIC_W = 9_500, 90_000
PLACES = ("home", "work", "public", "unknown")
TARGETS = np.array([80, 80, 80, 90, 100])
FAULTY, IMPATIENT = 0.02, 0.08  # shares of sessions that a fault ends, and that the driver ends


@dataclass(frozen=True)
class Sessions:
    """One value per session; at most one session per vehicle and day. Times in ms, charge in %, energy in Wh."""

    vehicle: np.ndarray
    plugged: np.ndarray
    started: np.ndarray
    stopped: np.ndarray
    unplugged: np.ndarray
    soc_start: np.ndarray
    soc_end: np.ndarray
    target: np.ndarray
    energy_wh: np.ndarray
    place: np.ndarray
    fate: np.ndarray  # 0 target reached, 1 ended by the driver, 2 vehicle fault, 3 station fault

    def soc_after(self, before: np.ndarray) -> np.ndarray:
        """State of charge of all vehicles after the sessions."""
        after = before.copy()
        after[self.vehicle] = self.soc_end
        return after


def sessions(day: Day) -> Sessions:
    """Sessions that begin on a day: the emptier the battery, the likelier; the same for whoever asks."""
    rng, soc = np.random.default_rng([day.plan.seed, 4, day.number]), day.soc_after_trips
    wants = day.fleet.is_electric & day.is_sold & (soc < 78) & (rng.random(day.plan.vehicles) < 0.2 + 0.8 * (1 - soc / 78))
    vehicle = np.flatnonzero(wants).astype(np.uint32)
    n = len(vehicle)
    place, fate = (
        rng.choice(4, n, p=[0.72, 0.1, 0.15, 0.03]),
        rng.choice(4, n, p=[1 - FAULTY - IMPATIENT, IMPATIENT, FAULTY / 2, FAULTY / 2]),
    )
    target, soc_start = TARGETS[rng.integers(0, len(TARGETS), n)], soc[vehicle].astype(np.int64)
    soc_end = np.where(fate == 0, target, soc_start + ((target - soc_start) * rng.random(n)).astype(np.int64))
    energy = (soc_end - soc_start) * day.fleet.battery_wh[vehicle] // 100
    plugged = _evening(day, vehicle, rng)
    started = plugged + np.where(place == 0, rng.integers(MINUTE_MS, 4 * HOUR_MS, n), rng.integers(5_000, 3 * MINUTE_MS, n))
    stopped = started + MINUTE_MS + energy * HOUR_MS // np.where(place == 2, PUBLIC_W, HOME_W)
    unplugged = np.where(
        place == 0,
        np.maximum(stopped + MINUTE_MS, plugged + rng.integers(8 * HOUR_MS, 12 * HOUR_MS, n)),
        stopped + rng.integers(MINUTE_MS, HOUR_MS, n),
    )
    return Sessions(vehicle, plugged, started, stopped, unplugged, soc_start, soc_end, target, energy, place, fate)


def _evening(day: Day, vehicle: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """After the last trip, and not before about 18 h local time where that still falls on the day."""
    last = np.full(day.plan.vehicles, day.start_ms, dtype=np.int64)
    np.maximum.at(last, day.trips.vehicle, day.trips.end)
    evening = day.start_ms + (rng.normal(18.5, 1.5, len(vehicle)) * HOUR_MS - day.fleet.offset_ms[vehicle]) % DAY_MS
    in_time = np.minimum(evening, day.start_ms + DAY_MS - HOUR_MS).astype(np.int64)
    plugged: np.ndarray = np.maximum(last[vehicle] + rng.integers(MINUTE_MS, 15 * MINUTE_MS, len(vehicle)), in_time)
    return plugged
