"""One simulated day: what every family's generator is given."""

from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np
import polars as pl

from fleetlake.simulator import trips
from fleetlake.simulator.campaigns import Campaigns
from fleetlake.simulator.catalogue import FEATURES, SOFTWARE
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.plan import DAY_MS, Plan
from fleetlake.simulator.trips import Trips


@dataclass(frozen=True)
class Day:
    """Day `number` of a plan; odometers (m), states of charge and of health (%) as they were at its midnight."""

    plan: Plan
    number: int
    fleet: Fleet
    campaigns: Campaigns
    trips: Trips
    odometer_m: np.ndarray
    soc: np.ndarray
    health: np.ndarray
    left: int = 0  # events that are left for the family that fills up
    family: str = ""

    @property
    def start_ms(self) -> int:
        """Midnight UTC in ms since 1970."""
        return self.plan.start_ms + self.number * DAY_MS

    @property
    def end_ms(self) -> int:
        """The next midnight."""
        return self.start_ms + DAY_MS

    @cached_property
    def rng(self) -> np.random.Generator:
        """A stream of its own per day and family: a new family changes no other."""
        return np.random.default_rng([self.plan.seed, 3, self.number, crc32(self.family.encode())])

    def of(self, family: str, left: int = 0) -> "Day":
        """The same day, for another family."""
        return replace(self, family=family, left=left)

    @cached_property
    def is_sold(self) -> np.ndarray:
        """Vehicles that a customer has on this day's morning."""
        sold: np.ndarray = (self.fleet.sold_ms < self.start_ms) & (self.fleet.scrapped_ms > self.start_ms)
        return sold

    @cached_property
    def soc_after_trips(self) -> np.ndarray:
        """State of charge of each vehicle, in %, when all trips of the day are driven."""
        used = self.distance_m / 1000 * self.fleet.wh_per_km / np.maximum(self.fleet.battery_wh, 1) * 100
        left: np.ndarray = np.clip(self.soc - used, 3, 100)
        return left

    @cached_property
    def distance_m(self) -> np.ndarray:
        """What each vehicle drives on this day."""
        return np.bincount(self.trips.vehicle, self.trips.distance_m, minlength=self.plan.vehicles).astype(np.int64)

    def usable(self, at_ms: np.ndarray) -> np.ndarray:
        """vehicles × features: equipped, entitled, taken up, and on software that has it, each vehicle at its `at_ms`."""
        t = self.number + 0.5
        adoption = np.array([f.ceiling / (1 + np.exp(-f.growth * (t - f.midpoint_day))) for f in FEATURES])
        software = self.campaigns.software(self.fleet.base_software, np.arange(self.plan.vehicles), at_ms)
        runs = software[:, None] >= np.array([f.needs_software for f in FEATURES])
        entitled = (self.fleet.subscription_end_ms > at_ms[:, None]) | (self.fleet.renewed_ms <= at_ms[:, None])
        allowed: np.ndarray = self.fleet.equipped & entitled & runs & (self.fleet.eagerness < adoption)
        return allowed


def hex_ids(rng: np.random.Generator, count: int, digits: int = 32) -> pl.Series:
    """Random identifiers of so many hexadecimal digits."""
    text = np.frombuffer(rng.bytes(count * digits // 2).hex().encode(), dtype=f"S{digits}")
    return pl.Series(text, dtype=pl.Binary).cast(pl.String)


def begin(plan: Plan, number: int, fleet: Fleet, campaigns: Campaigns, odometer_m: np.ndarray, soc: np.ndarray, health: np.ndarray) -> Day:
    """The day with its trips."""
    return Day(plan, number, fleet, campaigns, trips.of_day(plan, fleet, number), odometer_m, soc, health)


def words(values: tuple[str, ...], picks: np.ndarray) -> pl.Series:
    """Text by index: the fast way to make millions of enum values."""
    return pl.Series(values, dtype=pl.String).gather(picks)


def software_names(index: np.ndarray) -> pl.Series:
    """sw_version by index into SOFTWARE."""
    return words(SOFTWARE, index)
