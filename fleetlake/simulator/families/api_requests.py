"""Calls of back-end interfaces: before trips for comfort, after them for looking."""

import numpy as np
import polars as pl

from fleetlake.simulator.day import Day, hex_ids, words
from fleetlake.simulator.family import Family

PER_TRIP = 3.0
CALLS = (
    ("vehicle-state", "/vehicles/{vehicle}/state", "GET"),
    ("vehicle-state", "/vehicles/{vehicle}/trips", "GET"),
    ("remote", "/vehicles/{vehicle}/commands", "POST"),
    ("remote", "/vehicles/{vehicle}/commands/{command}", "GET"),
    ("charging", "/vehicles/{vehicle}/charging/settings", "PUT"),
    ("navigation", "/routes", "POST"),
    ("identity", "/token", "POST"),
    ("media", "/health", "HEAD"),
)
WEIGHTS = [0.34, 0.10, 0.08, 0.16, 0.04, 0.10, 0.15, 0.03]
STATUS = np.array([200, 201, 304, 400, 401, 404, 429, 500, 503], dtype=np.int32)
STATUS_WEIGHTS = [0.86, 0.03, 0.04, 0.01, 0.02, 0.01, 0.01, 0.01, 0.01]
APPS = ("7.9.1", "8.0.0", "8.1.2", "8.2.0")


def events(day: Day) -> pl.DataFrame:
    """About three calls around each trip; slow ones fail more often."""
    rng, trips = day.rng, day.trips
    trip = np.repeat(np.arange(len(trips.vehicle)), rng.poisson(PER_TRIP, len(trips.vehicle)))
    n, vehicle = len(trip), trips.vehicle[trip]
    around = np.where(rng.random(n) < 0.65, trips.start[trip], trips.end[trip]) + rng.normal(-180_000, 240_000, n).astype(np.int64)
    call = rng.choice(len(CALLS), n, p=WEIGHTS)
    latency = rng.lognormal(4.4, 0.8, n)
    status = np.where(latency > 900, 503, STATUS[rng.choice(len(STATUS), n, p=STATUS_WEIGHTS)]).astype(np.int32)
    is_head = call == len(CALLS) - 1
    return pl.DataFrame(
        {
            "vehicle": vehicle,
            "at": np.maximum(around, day.start_ms),
            "service": words(tuple(service for service, _, _ in CALLS), call),
            "route": words(tuple(route for _, route, _ in CALLS), call),
            "method": words(tuple(method for _, _, method in CALLS), call),
            "status": status,
            "latency_ms": np.minimum(latency, 3_600_000).astype(np.int64),
            "response_bytes": np.where(is_head, 0, rng.lognormal(7, 1, n)).astype(np.int64),
            "region": pl.Series(day.fleet.region[vehicle]),
            "app_version": words(APPS, rng.choice(len(APPS), n, p=[0.1, 0.2, 0.3, 0.4])),
            "trace_id": hex_ids(rng, n),
        }
    )


FAMILY = Family(
    events=events,
    required=("service", "route", "method", "status", "latency_ms", "region"),
    out_of_range=({"status": 99}, {"status": 600}, {"latency_ms": -1}, {"response_bytes": -1}),
    not_allowed=({"method": "FETCH"}, {"region": "The North"}, {"trace_id": "xyz"}, {"method": "HEAD", "response_bytes": 12}),
    has_boots=False,
)
