"""The vehicles: what they are, where they drive, what they are equipped with. Arrays of one value per vehicle."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from fleetlake.simulator import habits
from fleetlake.simulator.catalogue import CONSENTING, FEATURES, MARKETS, MODELS, shares
from fleetlake.simulator.habits import Habits
from fleetlake.simulator.partitioners import crc32_of, murmur2_of
from fleetlake.simulator.plan import DAY_MS, Plan

NEW_SHARE = 0.03  # vehicles that are sold while we look
SCRAPPED_SHARE_PER_DAY = 0.0002
SUBSCRIPTION_DAYS, LONGEST_PAUSE_DAYS = 180, 10
TOLD_LATE_SHARE, LONGEST_TOLD_LATE_DAYS = 0.05, 9  # of vehicles: the register hears of their changes so much later
NEVER_MS = 1 << 42  # the year 2109
JAVA_MARKET = "CN"  # its gateway is written in Java: another partitioner


@dataclass(frozen=True)
class Fleet:
    """All vehicles of a plan; `sold_ms` lies years back for most."""

    keys: list[str]
    model: np.ndarray
    market: np.ndarray
    sold_ms: np.ndarray
    scrapped_ms: np.ndarray  # far away for nearly all
    trips_per_day: np.ndarray
    base_software: np.ndarray
    equipped: np.ndarray  # vehicles × features
    eagerness: np.ndarray  # vehicles × features: a feature is taken up when its adoption passes this
    subscription_end_ms: np.ndarray  # vehicles × features; far away where none ends
    renewed_ms: np.ndarray  # vehicles × features; when a subscription that ended goes on, far away where it does not
    consents: np.ndarray  # vehicles × purposes
    home: np.ndarray  # vehicles × (latitude, longitude)
    told_late_ms: np.ndarray  # how much later than it happens the register hears of a change; 0 for nearly all
    fragility: np.ndarray  # how much faster than usual its battery ages, for no reason that anybody sees
    habits: Habits

    @cached_property
    def is_electric(self) -> np.ndarray:
        """Whether it has a traction battery."""
        return _each([model.is_electric for model in MODELS], self.model)

    @cached_property
    def battery_wh(self) -> np.ndarray:
        """Net capacity of the traction battery, 0 without."""
        return _each([model.battery_wh for model in MODELS], self.model)

    @cached_property
    def wh_per_km(self) -> np.ndarray:
        """Mean consumption, 0 for combustion engines."""
        return _each([model.wh_per_km for model in MODELS], self.model)

    @cached_property
    def climate(self) -> np.ndarray:
        """How much faster than in a mild climate time passes for a battery: 1 to 1.6, by the market's distance from the equator."""
        return _each([1 + 0.6 * min(max((45 - abs(market.latitude)) / 25, 0), 1) for market in MARKETS], self.market)

    @cached_property
    def offset_ms(self) -> np.ndarray:
        """Local time minus UTC."""
        return _each([market.offset_h * 3_600_000 for market in MARKETS], self.market)

    @cached_property
    def region(self) -> np.ndarray:
        """Region of the market, as text."""
        return _each([market.region for market in MARKETS], self.market)

    @cached_property
    def speaks_java(self) -> np.ndarray:
        """Whether its gateway's producer hashes keys as Java does."""
        return _each([market.code == JAVA_MARKET for market in MARKETS], self.market)

    @cached_property
    def hashes(self) -> np.ndarray:
        """2 × vehicles: hash of the key by librdkafka's partitioner and by Java's."""
        encoded = [key.encode() for key in self.keys]
        return np.stack([crc32_of(encoded), murmur2_of(encoded)])

    def columns(self, vehicles: np.ndarray) -> pl.DataFrame:
        """vehicle_key, model, market of the given vehicles, in their order."""
        return self._described[vehicles]

    @cached_property
    def _described(self) -> pl.DataFrame:
        models, markets = pl.Series([model.code for model in MODELS]), pl.Series([market.code for market in MARKETS])
        return pl.DataFrame({"vehicle_key": self.keys, "model": models.gather(self.model), "market": markets.gather(self.market)})


def _each(values: Sequence[Any], which: np.ndarray) -> np.ndarray:
    chosen: np.ndarray = np.array(values)[which]
    return chosen


def build(plan: Plan) -> Fleet:
    """The fleet of a plan."""
    rng, n = np.random.default_rng([plan.seed, 0]), plan.vehicles
    model = rng.choice(len(MODELS), n, p=shares(MODELS))
    market = rng.choice(len(MARKETS), n, p=shares(MARKETS))
    ages = rng.integers(1, 1500, n) * DAY_MS
    is_new = rng.random(n) < NEW_SHARE * plan.turnover
    sold = plan.start_ms + np.where(is_new, rng.integers(0, plan.days * DAY_MS, n), -ages) // 1000 * 1000
    centres = np.array([[place.latitude, place.longitude] for place in MARKETS])[market]
    scrapped = rng.random(n) < SCRAPPED_SHARE_PER_DAY * plan.days * plan.turnover
    scrapped_on = plan.start_ms + rng.integers(0, plan.days * DAY_MS, n)
    later = np.random.default_rng([plan.seed, 12])
    trips_per_day, base_software = rng.gamma(4.0, 0.7, n), rng.choice(3, n, p=[0.2, 0.3, 0.5])
    equipped, eagerness = _equipped(rng, model), rng.random((n, len(FEATURES)))
    ends = _subscription_ends(rng, plan)
    return Fleet(
        keys=[_key(plan.seed, number) for number in range(n)],
        model=model,
        market=market,
        sold_ms=sold,
        scrapped_ms=np.where(scrapped, scrapped_on, NEVER_MS),
        trips_per_day=trips_per_day,
        base_software=base_software,
        equipped=equipped,
        eagerness=eagerness,
        subscription_end_ms=ends,
        renewed_ms=_renewals(later, ends),
        consents=rng.random((n, len(CONSENTING))) < np.array(CONSENTING),
        home=centres + rng.normal(0, 1.2, (n, 2)),
        told_late_ms=_told_late(later, n),
        fragility=np.exp(np.random.default_rng([plan.seed, 15]).normal(0, 0.15, n)),
        habits=habits.build(plan.seed, n),
    )


def _key(seed: int, number: int) -> str:
    return hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=16, key=b"simulated").hexdigest()


def _equipped(rng: np.random.Generator, model: np.ndarray) -> np.ndarray:
    fitted: np.ndarray = rng.random((len(model), len(FEATURES))) < np.array([feature.equipped_share for feature in FEATURES])
    electric = _each([kind.is_electric for kind in MODELS], model)
    for number, feature in enumerate(FEATURES):
        if feature.code == "charge_planner":
            fitted[:, number] &= electric
    return fitted


def _subscription_ends(rng: np.random.Generator, plan: Plan) -> np.ndarray:
    """A third of the subscriptions end within the next 180 days."""
    longest = round(SUBSCRIPTION_DAYS * DAY_MS / plan.turnover)
    ends = plan.start_ms + rng.integers(0, longest, (plan.vehicles, len(FEATURES))) // 1000 * 1000
    ending = rng.random(ends.shape) < np.array([feature.is_subscription / 3 for feature in FEATURES])
    kept: np.ndarray = np.where(ending, ends, NEVER_MS)
    return kept


def _renewals(rng: np.random.Generator, ends: np.ndarray) -> np.ndarray:
    """A third of those that end goes on after a pause of days."""
    renewed = ends + rng.integers(DAY_MS, LONGEST_PAUSE_DAYS * DAY_MS, ends.shape) // 1000 * 1000
    kept: np.ndarray = np.where((ends < NEVER_MS) & (rng.random(ends.shape) < 1 / 3), renewed, NEVER_MS)
    return kept


def _told_late(rng: np.random.Generator, vehicles: int) -> np.ndarray:
    late = rng.integers(DAY_MS, LONGEST_TOLD_LATE_DAYS * DAY_MS, vehicles) // 1000 * 1000
    lags: np.ndarray = np.where(rng.random(vehicles) < TOLD_LATE_SHARE, late, 0)
    return lags
