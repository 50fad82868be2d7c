"""Reports of signals: while driving, and now and then when parked. They fill up the events that a vehicle sends a day."""

import numpy as np
import polars as pl

from fleetlake.simulator.batteries import sessions
from fleetlake.simulator.day import Day, words
from fleetlake.simulator.family import Family
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.signals import lists
from fleetlake.simulator.trips import HOUR_MS

DRIVING = 0.8  # share of the reports
POWER = ("LOCK", "ON")
MEASURED_HEALTH = 0.02  # standard deviation of what a battery says of its health


def events(day: Day) -> pl.DataFrame:
    """`day.left` reports, spread over the time that is driven and, for a fifth of them, over all vehicles and hours."""
    trips, rng = day.trips, day.rng
    driving = round(day.left * DRIVING) if len(trips.vehicle) else 0
    seconds = np.cumsum(trips.end - trips.start)
    trip = np.searchsorted(seconds, rng.random(driving) * (seconds[-1] if driving else 0), side="right")
    at = trips.start[trip] + (rng.random(driving) * (trips.end - trips.start)[trip]).astype(np.int64)
    parked = rng.integers(0, day.plan.vehicles, day.left - driving)
    vehicle = np.concatenate([trips.vehicle[trip], parked]).astype(np.uint32)
    at = np.concatenate([at, day.start_ms + rng.integers(0, DAY_MS, len(parked))])
    return _reports(day, vehicle, at, day.trips.before(vehicle, at))


def _reports(day: Day, vehicle: np.ndarray, at: np.ndarray, trip: np.ndarray) -> pl.DataFrame:
    rng, trips, n = day.rng, day.trips, len(vehicle)
    share, before = _driven(day, at, trip)
    is_moving = (trip >= 0) & (share < 1)
    on_trip = np.where(trip >= 0, trips.distance_m[trip] * share, 0).astype(np.int64) if len(trips.vehicle) else np.zeros(n, np.int64)
    soc, is_charging, remaining, limit = _battery(day, vehicle, at, (before + on_trip) / np.maximum(day.distance_m[vehicle], 1))
    electric = pl.Series(day.fleet.is_electric[vehicle])
    place = np.round(day.fleet.home[vehicle] + rng.normal(0, 0.1, (n, 2)), 2)
    hours = (at % DAY_MS + day.fleet.offset_ms[vehicle]) % DAY_MS / HOUR_MS
    reach = np.where(
        day.fleet.is_electric[vehicle], soc * day.fleet.battery_wh[vehicle] / np.maximum(day.fleet.wh_per_km[vehicle], 1) * 10, 600_000
    )
    health = day.health[vehicle] + rng.normal(0, MEASURED_HEALTH, n)
    return pl.DataFrame(
        {
            "vehicle": vehicle,
            "at": at,
            "speed_kmh": np.where(is_moving, np.round(np.abs(rng.normal(52, 28, n)), 1), 0.0),
            "odometer_m": day.odometer_m[vehicle] + before + on_trip,
            "trip_distance_m": pl.Series(on_trip).set(pl.Series(trip < 0), None),
            "range_m": reach.astype(np.int64),
            "state_of_charge_percent": pl.Series(np.round(soc, 1)).set(~electric, None),
            "state_of_health_percent": pl.Series(np.round(np.clip(health, 0, 100), 2)).set(~electric, None),
            "is_charging": pl.Series(is_charging).set(~electric, None),
            "charge_limit_percent": pl.Series(limit.astype(np.int32)).set(~electric, None),
            "charging_remaining_s": pl.Series(remaining).set(pl.Series(~is_charging), None),
            "fuel_level_percent": pl.Series(rng.integers(5, 101, n).astype(np.int32)).set(electric, None),
            "is_locked": ~is_moving & (rng.random(n) < 0.97),
            "is_driver_door_open": ~is_moving & (rng.random(n) < 0.02),
            "outside_temperature_celsius": np.round(14 + 6 * np.sin((hours - 9) / 24 * 2 * np.pi) + rng.normal(0, 3, n), 1),
            "power_state": words(POWER, is_moving.astype(np.int64)),
            "latitude": place[:, 0],
            "longitude": place[:, 1],
        }
    )


def _driven(day: Day, at: np.ndarray, trip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the last trip that is driven at `at` (0..1), and metres of the day's trips before it."""
    trips = day.trips
    if not len(trips.vehicle):
        return np.ones(len(at)), np.zeros(len(at), np.int64)
    total = np.cumsum(trips.distance_m) - trips.distance_m
    first = np.searchsorted(trips.vehicle, trips.vehicle)
    share = np.clip((at - trips.start[trip]) / np.maximum((trips.end - trips.start)[trip], 1), 0, 1)
    before = np.where(trip >= 0, (total - total[first])[trip], 0)
    return np.where(trip >= 0, share, 1.0), before


def _battery(day: Day, vehicle: np.ndarray, at: np.ndarray, driven: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """State of charge (%), whether it is charging, seconds that remain, limit (%)."""
    found = sessions(day)
    session = np.full(day.plan.vehicles, -1)
    session[found.vehicle] = np.arange(len(found.vehicle))
    of = session[vehicle]
    soc = day.soc[vehicle] + (day.soc_after_trips - day.soc)[vehicle] * np.minimum(driven, 1)
    if not len(found.vehicle):
        return soc, np.zeros(len(at), bool), np.zeros(len(at), np.int64), np.full(len(at), 80)
    done = np.clip((at - found.started[of]) / (found.stopped - found.started)[of], 0, 1)
    soc = np.where((of >= 0) & (done > 0), found.soc_start[of] + (found.soc_end - found.soc_start)[of] * done, soc)
    is_charging = (of >= 0) & (done > 0) & (done < 1)
    return soc, is_charging, np.maximum(found.stopped[of] - at, 0) // 1000, np.where(of >= 0, found.target[of], 80)


FAMILY = Family(
    events=events,
    required=(),
    out_of_range=(
        {"speed_kmh": 501.0},
        {"odometer_m": -1},
        {"odometer_m": 4_294_967_296},
        {"state_of_charge_percent": 100.5},
        {"fuel_level_percent": 101},
        {"outside_temperature_celsius": -90.5},
        {"latitude": 90.01, "longitude": 0.0},
    ),
    not_allowed=({"power_state": "HALF"}, {"latitude": None, "longitude": 8.5}, {"latitude": 48.123456, "longitude": 11.5}),
    fills_up=True,
    bulky=lists,
)
