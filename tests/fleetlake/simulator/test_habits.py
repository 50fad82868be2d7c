"""What models can learn of a simulated fleet is there, and changes how much is used by little."""

import numpy as np
import polars as pl
import pytest

from fleetlake.simulator import fleet
from fleetlake.simulator.batteries import TARGETS, sessions
from fleetlake.simulator.catalogue import FEATURES
from fleetlake.simulator.generate import generate
from fleetlake.simulator.habits import STARTS, build
from fleetlake.simulator.plan import Plan
from fleetlake.simulator.world import days

DRIVERS = 400


@pytest.fixture(scope="module")
def hourly():
    """drivers × features × hours: probability of a use in a trip of a working day, and of a weekend's."""
    habits, everybody = build(7, DRIVERS), np.arange(DRIVERS)
    return [
        np.stack([habits.uses(everybody, np.full(DRIVERS, h + 0.5), is_weekend=end) for h in range(24)], axis=2) for end in (False, True)
    ]


def test_a_feature_is_used_most_around_its_own_hour_and_by_each_driver_around_another(hourly):
    working, _ = hourly
    favourite = np.angle(working @ np.exp(1j * (np.arange(24) + 0.5) * np.pi / 12)) * 12 / np.pi  # the middle of what is round
    for number, feature in enumerate(FEATURES):
        away = (favourite[:, number] - feature.peak_hour + 12) % 24 - 12
        assert abs(np.median(away)) < 0.6, feature.code
        assert 2 < away.std() < 3, feature.code


def test_over_a_week_of_trips_a_feature_is_used_nearly_as_often_as_the_catalogue_says(hourly):
    working, weekend = hourly
    meant = np.array([feature.uses_per_trip for feature in FEATURES])
    mean = np.average((5 * working + 2 * weekend) / 7, axis=2, weights=STARTS).mean(axis=0)
    assert (mean / meant).max() < 1.05
    assert (mean / meant).min() > 0.85  # what is used on most trips cannot be used more often at its hour


def test_a_battery_ages_faster_that_is_charged_fast_or_to_the_brim():
    plan = Plan(vehicles=600, days=40)
    vehicles = fleet.build(plan)
    driven = list(days(plan, vehicles))
    lost = driven[0].health - driven[-1].health
    habits, electric = vehicles.habits, vehicles.is_electric
    assert (lost[electric] > 0.04).all()
    for share in (habits.fast, habits.full):
        most, least = electric & (share > np.quantile(share, 0.8)), electric & (share < np.quantile(share, 0.3))
        assert lost[most].mean() > 1.15 * lost[least].mean()


def test_a_driver_charges_where_and_how_far_the_habit_is():
    plan = Plan(vehicles=600, days=60)
    vehicles = fleet.build(plan)
    found = [sessions(day) for day in days(plan, vehicles)]
    vehicle = np.concatenate([each.vehicle for each in found])
    for values, meant in (
        (np.concatenate([each.place for each in found]) == 2, vehicles.habits.fast),
        (np.concatenate([each.target for each in found]) == TARGETS[-1], vehicles.habits.full),
    ):
        often = np.bincount(vehicle) > 15
        share = np.bincount(vehicle, values)[often] / np.bincount(vehicle)[often]
        assert abs(share.mean() - meant[: len(often)][often].mean()) < 0.02
        assert np.corrcoef(share, meant[: len(often)][often])[0, 1] > 0.9


def test_what_a_battery_says_of_its_health_is_nearly_what_it_is():
    plan = Plan(vehicles=60, days=2)
    reports = pl.concat([part.records["vehicle_signals"] for part in generate(plan) if "vehicle_signals" in part.records])
    last = list(days(plan, fleet.build(plan)))[-1].health
    told = reports.drop_nulls("state_of_health_percent").group_by("vehicle").agg(pl.col("state_of_health_percent").mean())
    assert len(told) > 10
    assert np.abs(told["state_of_health_percent"].to_numpy() - last[told["vehicle"].to_numpy()]).max() < 0.1
