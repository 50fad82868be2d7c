"""Requests to the assistant on the way."""

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day, words
from fleetlake.simulator.family import Family

PER_TRIP = 0.3
INTENTS = ("navigation.search", "climate.set", "media.play", "phone.call", "vehicle.status", "smalltalk", "weather.today")
OUTCOMES = ("done", "fallback", "failed")


def events(day: Day) -> pl.DataFrame:
    """Some requests per trip; two thirds are answered by a language model."""
    rng, trips = day.rng, day.trips
    trip = np.repeat(np.arange(len(trips.vehicle)), rng.poisson(PER_TRIP, len(trips.vehicle)))
    n = len(trip)
    by_model = pl.Series(rng.random(n) < 0.66)
    return pl.DataFrame(
        {
            "vehicle": trips.vehicle[trip],
            "at": trips.start[trip] + (rng.random(n) * (trips.end - trips.start)[trip]).astype(np.int64),
            "intent": words(INTENTS, rng.choice(len(INTENTS), n, p=[0.25, 0.2, 0.2, 0.15, 0.1, 0.05, 0.05])),
            "outcome": words(OUTCOMES, rng.choice(3, n, p=[0.88, 0.08, 0.04])),
            "latency_ms": np.minimum(rng.lognormal(6.8, 0.6, n), 600_000).astype(np.int64),
            "tokens_in": pl.Series(rng.integers(200, 1800, n)).set(~by_model, None),
            "tokens_out": pl.Series(rng.integers(5, 300, n)).set(~by_model, None),
            "model_version": pl.Series(["assist-3.2"]).gather(np.zeros(n, np.int64)).set(~by_model, None),
        }
    )


FAMILY = Family(
    events=events,
    required=("intent", "outcome"),
    out_of_range=({"latency_ms": -5}, {"latency_ms": 600_001}, {"tokens_in": -1, "model_version": "m1"}),
    not_allowed=({"outcome": "sulked"}, {"intent": "What did you say?"}, {"tokens_in": 5, "model_version": None}),
)
