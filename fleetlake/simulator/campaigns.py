"""Software campaigns in waves: when each vehicle takes which step of which campaign, and so which software it runs at any time."""

from dataclasses import dataclass

import numpy as np

from fleetlake.simulator.catalogue import SOFTWARE
from fleetlake.simulator.fleet import Fleet
from fleetlake.simulator.plan import DAY_MS, Plan

STEPS = ("targeted", "offered", "accepted", "downloaded", "installed", "succeeded", "failed", "rolled_back")
NEVER = np.iinfo(np.int64).max
EVERY_DAYS = 14
WAVES = ((0.05, 0), (0.20, 1), (0.55, 2), (1.0, 4))  # up to this share of the fleet, this many days after the campaign's begin
HOUR_MS = 3_600_000
ERRORS = ("INSUFFICIENT_CHARGE", "DOWNLOAD_CORRUPT", "INSTALL_TIMEOUT", "ECU_MISMATCH")


@dataclass(frozen=True)
class Campaigns:
    """`at[campaign, step, vehicle]` in ms, NEVER where a step is not taken; `version[campaign]` is the index of what it brings."""

    at: np.ndarray
    version: np.ndarray

    @staticmethod
    def name(number: int) -> str:
        """campaign_id."""
        return f"ota-{number + 1:03d}"

    def software(self, base: np.ndarray, vehicles: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
        """Index into SOFTWARE of what each of `vehicles` runs at `at_ms`; `base` is each vehicle's version at the start."""
        running: np.ndarray = base[vehicles]
        for number, version in enumerate(self.version):
            done = self.at[number, STEPS.index("succeeded")][vehicles] <= at_ms
            running = np.where(done, version, running)
        return running


def build(plan: Plan, fleet: Fleet) -> Campaigns:
    """One campaign every two weeks, the first on the first day."""
    count = min((plan.days - 1) // EVERY_DAYS + 1, len(SOFTWARE) - 3)
    at = np.stack(
        [
            _steps(np.random.default_rng([plan.seed, 1, number]), plan.start_ms + number * EVERY_DAYS * DAY_MS, fleet)
            for number in range(count)
        ]
    )
    return Campaigns(at, np.arange(count) + 3)


def _steps(rng: np.random.Generator, begin_ms: int, fleet: Fleet) -> np.ndarray:
    n = len(fleet.keys)
    wave = np.searchsorted([share for share, _ in WAVES], rng.random(n))
    targeted = begin_ms + np.array([day for _, day in WAVES])[wave] * DAY_MS + rng.integers(6 * HOUR_MS, 9 * HOUR_MS, n)
    targeted = np.where(fleet.sold_ms < targeted, targeted, NEVER)
    offered = _later(rng, targeted, 6, 0.97)
    accepted = _later(rng, offered, 20, 0.85)
    downloaded = _later(rng, accepted, 3, 0.97)
    installed = _later(rng, downloaded, 10, 0.96)
    end = _later(rng, installed, 0.5, 1.0)
    fate = rng.random(n)
    failed = np.where(fate >= 0.94, end, NEVER)
    rolled_back = np.where(fate >= 0.97, _later(rng, failed, 0.5, 1.0), NEVER)
    return np.stack([targeted, offered, accepted, downloaded, installed, np.where(fate < 0.94, end, NEVER), failed, rolled_back])


def _later(rng: np.random.Generator, before: np.ndarray, mean_hours: float, share: float) -> np.ndarray:
    """A minute or more after `before`, for a share of those that came so far."""
    wait = 60_000 + (rng.exponential(mean_hours * HOUR_MS, len(before))).astype(np.int64)
    goes_on = (before != NEVER) & (rng.random(len(before)) < share)
    return np.where(goes_on, np.where(goes_on, before, 0) + wait, NEVER)
