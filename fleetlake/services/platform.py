"""All services, in the order in which they can start, and which of them a home runs."""

import os
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from fleetlake.console import Failure
from fleetlake.services.airflow import PARTS, SET_UP
from fleetlake.services.kafka import KAFKA
from fleetlake.services.listening import CONNECT, DASHBOARD, METRICS
from fleetlake.services.service import Service
from fleetlake.services.streams import LAND, REFINE, TOPICS
from fleetlake.settings import Settings

SERVICES: Mapping[str, Service] = {each.name: each for each in (KAFKA, CONNECT, SET_UP, TOPICS, *PARTS, LAND, REFINE, METRICS, DASHBOARD)}


def wanted(names: Iterable[str], settings: Settings) -> tuple[str, ...]:
    """The services to run so that the named ones can (default: all), without those that settings say are elsewhere, in order of start.

    Raises Failure for a name that no service has.
    """
    asked = list(names)
    for name in asked:
        if name not in SERVICES:
            raise Failure(f"there is no service {name!r}", f"one of: {', '.join(SERVICES)}")
    out = elsewhere(settings) - set(asked)
    needed = closure(asked or [name for name in SERVICES if name not in out], out)
    return in_order(needed)


def elsewhere(settings: Settings) -> set[str]:
    """What somebody else runs: a broker or a Spark that is named by a setting, streams that are tasks of a DAG."""
    return (
        ({"kafka", "topics"} if settings.kafka_brokers else set())
        | ({"connect"} if os.environ.get("SPARK_REMOTE") else set())
        | ({"land", "refine"} if settings.streams == "tasks" else set())
    )


def closure(names: Iterable[str], out: Iterable[str] = ()) -> set[str]:
    """Services with all that they need, directly or not, but for what is `out`."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for each in SERVICES[name].needs if each not in out]
    return found


def with_dependants(names: Iterable[str]) -> set[str]:
    """Services with all that cannot do without them."""
    found = set(names)
    for name in in_order(SERVICES):
        if found & set(SERVICES[name].needs):
            found.add(name)
    return found


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Each behind what it needs, otherwise as SERVICES has them."""
    chosen = set(names)
    graph = {name: [need for need in SERVICES[name].needs if need in chosen] for name in SERVICES if name in chosen}
    return tuple(TopologicalSorter(graph).static_order())
