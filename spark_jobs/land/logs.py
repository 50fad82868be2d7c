"""Kafka's topics and logs as the lander sees them: which incarnation of a topic, and from where to where each log reaches."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from fleetlake import kafka
from fleetlake.console import Failure
from fleetlake.names import TOPIC_PREFIX

TABLE_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Place(NamedTuple):
    """A topic-partition, by the topic's name."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


class Log(NamedTuple):
    """The first offset that the broker holds, and the one that the next record gets."""

    start: int
    end: int


def topics() -> dict[str, kafka.TopicInfo]:
    """All topics of the fleet. Raises Failure for one that cannot be landed."""
    found = kafka.topics()
    for name, topic in found.items():
        require_landable(name, topic.config)
    return found


def require_landable(name: str, config: Mapping[str, str]) -> None:
    """Raises Failure for a topic from which Kafka may take records out of the middle, or whose name no table can have."""
    if "compact" in config.get("cleanup.policy", ""):
        raise Failure(
            f"{name} has cleanup.policy={config['cleanup.policy']}: compaction takes records out of the log, so nobody can tell what was lost",
            f"set cleanup.policy=delete on {name}, or give the topic a name that does not begin with 'fleet.'",
        )
    family = name.removeprefix(TOPIC_PREFIX)
    if not TABLE_NAME.fullmatch(family):
        raise Failure(
            f"{name} cannot land: {family!r} is no name for a table",
            "after 'fleet.' only letters, digits, '_' and '-': rename the topic",
        )


def logs(places: Iterable[Place]) -> dict[Place, Log]:
    """Where each log begins and ends now; two requests for all of them."""
    wanted = [TopicPartition(place.topic, place.partition) for place in places]
    if not wanted:
        return {}
    client = kafka.admin()
    starts, ends = (
        kafka.results(client.list_offsets(dict.fromkeys(wanted, spec), request_timeout=kafka.TIME_LIMIT_S))
        for spec in (OffsetSpec.earliest(), OffsetSpec.latest())
    )
    return {Place(place.topic, place.partition): Log(starts[place].offset, ends[place].offset) for place in wanted}


def places(found: Mapping[str, kafka.TopicInfo]) -> list[Place]:
    """Every partition of the topics."""
    return [Place(name, partition) for name, topic in found.items() for partition in topic.partitions]
