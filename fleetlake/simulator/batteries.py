"""Charging sessions of one day: most at home, begun in the evening and done in the night."""

from dataclasses import dataclass

import numpy as np

from fleetlake.simulator.day import Day
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.trips import HOUR_MS, MINUTE_MS

HOME_W, PUBLIC_W = 9_500, 90_000
PLACES = ("home", "work", "public", "unknown")
ELSEWHERE = np.array([0.72, 0.1, 0, 0.03]) / 0.85  # shares of the places, where it is not at a public station
TARGETS = np.array([80, 90, 100])
CAUTIOUS = 0.75  # share of 80 % among targets below 100 %
PUBLIC = PLACES.index("public")
CALENDAR, PER_CYCLE = 0.003, 0.02  # % of health that a day takes in a mild climate, and that a full cycle takes
FAST_WEARS, FULL_WEARS = 2.0, 1.0  # by how much more a cycle takes that came fast, and one that ended at 100 %
LOWEST_HEALTH = 60.0
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
    place = _place(day.fleet.habits.fast[vehicle], rng.random(n))
    fate = rng.choice(4, n, p=[1 - FAULTY - IMPATIENT, IMPATIENT, FAULTY / 2, FAULTY / 2])
    target, soc_start = _target(day.fleet.habits.full[vehicle], rng.random(n)), soc[vehicle].astype(np.int64)
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


def health_at_first(day_ms: int, fleet: Fleet, odometer_m: np.ndarray) -> np.ndarray:
    """State of health in % after the life that a battery has behind it, with the habits of its driver."""
    age_days = np.maximum(day_ms - fleet.sold_ms, 0) / DAY_MS
    cycles = odometer_m / 1000 * fleet.wh_per_km / np.maximum(fleet.battery_wh, 1)
    stress = 1 + FAST_WEARS * fleet.habits.fast + FULL_WEARS * fleet.habits.full
    lost = fleet.fragility * (CALENDAR * fleet.climate * age_days + PER_CYCLE * cycles * stress)
    left: np.ndarray = np.maximum(100 - lost, LOWEST_HEALTH)
    return left


def worn(day: Day) -> np.ndarray:
    """What a day takes from each vehicle's state of health, in %: time, more where it is hot; and energy, more where it came fast or to the brim."""
    found = sessions(day)
    stress = 1 + FAST_WEARS * (found.place == PUBLIC) + FULL_WEARS * (found.target == 100)
    cycles = np.zeros(day.plan.vehicles)
    cycles[found.vehicle] = found.energy_wh / day.fleet.battery_wh[found.vehicle] * stress
    lost: np.ndarray = day.fleet.fragility * (CALENDAR * day.fleet.climate + PER_CYCLE * cycles)
    return lost


def _place(fast: np.ndarray, dice: np.ndarray) -> np.ndarray:
    """Index into PLACES: each driver's own share at public stations."""
    bounds = np.outer(1 - fast, ELSEWHERE.cumsum())
    bounds[:, 2:] += fast[:, None]
    place: np.ndarray = (dice[:, None] >= bounds[:, :-1]).sum(axis=1)
    return place


def _target(full: np.ndarray, dice: np.ndarray) -> np.ndarray:
    """Each driver's own share of sessions to 100 %; of the others most to 80 %."""
    target: np.ndarray = TARGETS[np.where(dice < full, 2, (dice > full + (1 - full) * CAUTIOUS).astype(np.int64))]
    return target


def _evening(day: Day, vehicle: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """After the last trip, and not before about 18 h local time where that still falls on the day."""
    last = np.full(day.plan.vehicles, day.start_ms, dtype=np.int64)
    np.maximum.at(last, day.trips.vehicle, day.trips.end)
    evening = day.start_ms + (rng.normal(18.5, 1.5, len(vehicle)) * HOUR_MS - day.fleet.offset_ms[vehicle]) % DAY_MS
    in_time = np.minimum(evening, day.start_ms + DAY_MS - HOUR_MS).astype(np.int64)
    plugged: np.ndarray = np.maximum(last[vehicle] + rng.integers(MINUTE_MS, 15 * MINUTE_MS, len(vehicle)), in_time)
    return plugged
