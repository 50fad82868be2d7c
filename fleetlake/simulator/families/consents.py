"""Decisions of customers: at the sale, and when they change their mind."""

import numpy as np
import polars as pl

from fleetlake.simulator.catalogue import PURPOSES
from fleetlake.simulator.day import Day, words
from fleetlake.simulator.family import Family
from fleetlake.simulator.plan import DAY_MS
from fleetlake.simulator.registry import registered

ASKED = 3  # purposes that everybody is asked about; the others come up now and then
CHANGES_PER_DAY = 0.01
SCOPES = ("vehicle", "driver", "account")


def events(day: Day) -> pl.DataFrame:
    """First decisions when a vehicle enters the register, later ones now and then."""
    rng, (entered, at) = day.rng, registered(day)
    first = np.ones((len(entered), len(PURPOSES)), bool)
    first[:, ASKED:] = rng.random((len(entered), len(PURPOSES) - ASKED)) < 0.3
    who, purpose = np.nonzero(first)
    changing = np.flatnonzero(day.is_sold & (rng.random(day.plan.vehicles) < CHANGES_PER_DAY * day.plan.turnover))
    changed = rng.integers(0, len(PURPOSES), len(changing))
    vehicle = np.concatenate([entered[who], changing]).astype(np.uint32)
    given = np.concatenate([day.fleet.consents[entered[who], purpose], rng.random(len(changing)) < 0.4])
    when = np.concatenate([at[who] + purpose * 1000, day.start_ms + rng.integers(6 * 3_600_000, DAY_MS, len(changing))])
    return pl.DataFrame(
        {
            "vehicle": vehicle,
            "at": when,
            "purpose": words(PURPOSES, np.concatenate([purpose, changed])),
            "is_given": given,
            "scope": words(SCOPES, rng.choice(3, len(vehicle), p=[0.2, 0.2, 0.6])),
        }
    )


FAMILY = Family(
    events=events, required=("purpose", "is_given", "scope"), not_allowed=({"purpose": "world_domination"}, {"scope": "everybody"})
)
