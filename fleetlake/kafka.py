"""Kafka as the fleet uses it: which broker, our topics, and where their logs begin and end."""

import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType

from fleetlake.console import Busy, Failure
from fleetlake.kafka_security import java_names
from fleetlake.names import TOPIC_PREFIX, topic
from fleetlake.services import kafka as local
from fleetlake.settings import settings

Key = TypeVar("Key")
TIME_LIMIT_S = 30
PARTITIONS = 4  # two for each core of a laptop
BROKERS_OWN = -1  # as many replicas as the broker makes by default
FOR_EVER = str(2**63 - 1)
URL_SAFE = str.maketrans("+/", "-_")  # as Kafka's own tools write topic ids
RECEIVED_NOW = {"message.timestamp.type": "LogAppendTime"}
RECEIVED_AS_SIMULATED = {  # the producer's timestamp is the reception, however long ago, and age deletes nothing
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": FOR_EVER,
    "message.timestamp.after.max.ms": FOR_EVER,
    "retention.ms": "-1",
}


@dataclass(frozen=True)
class TopicInfo:
    """What a topic is: its identity (a re-created topic has another id), partition numbers, and configuration by name."""

    topic_id: str
    partitions: tuple[int, ...]
    config: Mapping[str, str]


def brokers() -> str:
    """host:port,… of the broker in use. Raises Failure when none is set and the local one does not run."""
    return settings().kafka_brokers or local.address()


def client_config() -> dict[str, str]:
    """Where and how to connect, in librdkafka's words, for every client of confluent-kafka."""
    return {"bootstrap.servers": brokers(), **settings().kafka_security}


def spark_options() -> dict[str, str]:
    """Where and how to connect, in Java's words, as options of Spark's Kafka source. Raises Failure for a setting that Java cannot have."""
    return {f"kafka.{name}": value for name, value in {"bootstrap.servers": brokers(), **java_names(settings().kafka_security)}.items()}


def create_topics(families: Collection[str], partitions: int | None = None, *, simulated: bool | None = None) -> dict[str, str]:
    """Makes each family's topic, or gives it more partitions; what was done by topic: created, grown or kept.

    `partitions`: default 4 for new topics, as they are for those that exist. `simulated` (default: true on a broker on loopback)
    keeps the producers' timestamps and deletes nothing by age. Raises Failure when a topic has more partitions than asked for.
    """
    config = topic_config(simulated=is_local() if simulated is None else simulated)
    held = topics()
    done = {name: what_to_do(name, held.get(name), partitions) for name in map(topic, families)}
    count = partitions or PARTITIONS
    new = [NewTopic(name, count, BROKERS_OWN, config=config) for name, what in done.items() if what == "created"]
    grown = [NewPartitions(name, count) for name, what in done.items() if what == "grown"]
    client = admin()
    if new:
        results(client.create_topics(new, operation_timeout=TIME_LIMIT_S))
    if grown:
        results(client.create_partitions(grown, operation_timeout=TIME_LIMIT_S))
    wait_until_shown({name: count for name, what in done.items() if what != "kept"})
    return done


def wait_until_shown(partitions: Mapping[str, int]) -> None:
    """Returns when the broker's metadata, which lag behind its answers, show each topic with so many partitions."""
    client, deadline = admin(), time.monotonic() + TIME_LIMIT_S
    while partitions and any(len(listed(client, name)[name].partitions) < count for name, count in partitions.items()):
        if time.monotonic() > deadline:
            raise Failure(f"{brokers()} made {', '.join(partitions)} but does not show them", "fleet topics list, a little later")
        time.sleep(0.05)


def topic_config(*, simulated: bool) -> dict[str, str]:
    """A topic of ours: events stay until they are old, never until a later one has the same key."""
    return {"cleanup.policy": "delete", "max.message.bytes": str(local.LARGEST_MESSAGE)} | (
        RECEIVED_AS_SIMULATED if simulated else RECEIVED_NOW
    )


def is_local() -> bool:
    """Every broker in use is on this machine's loopback, so what it holds is simulated or a trial."""
    return all(host.rpartition(":")[0] in {"127.0.0.1", "localhost", "[::1]"} for host in brokers().split(","))


def what_to_do(name: str, held: TopicInfo | None, partitions: int | None) -> str:
    """Whether a topic is to be created, grown or kept."""
    if held is None:
        return "created"
    if partitions is None:
        return "kept"
    if len(held.partitions) > partitions:
        raise Failure(
            f"{name} has {len(held.partitions)} partitions, and Kafka takes none away", f"--partitions {len(held.partitions)} or more"
        )
    return "grown" if len(held.partitions) < partitions else "kept"


def topics(prefix: str = TOPIC_PREFIX) -> dict[str, TopicInfo]:
    """Every topic whose name begins with `prefix`, by name."""
    client = admin()
    names = sorted(name for name in listed(client) if name.startswith(prefix))
    described = still_there(client.describe_topics(TopicCollection(names), request_timeout=TIME_LIMIT_S)) if names else {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in described]
    told = still_there(client.describe_configs(resources, request_timeout=TIME_LIMIT_S)) if resources else {}
    configs = {resource.name: entries for resource, entries in told.items()}
    return {
        name: TopicInfo(
            str(described[name].topic_id).translate(URL_SAFE),
            tuple(sorted(partition.id for partition in described[name].partitions)),
            {entry.name: entry.value for entry in entries.values()},
        )
        for name, entries in configs.items()
    }


def log_starts(name: str) -> dict[int, int]:
    """Partition → the first offset that the broker still holds."""
    return offsets(name, OffsetSpec.earliest())


def log_ends(name: str, *, committed: bool = False) -> dict[int, int]:
    """Partition → the offset that the next record gets; `committed`: where readers of committed records stop."""
    return offsets(name, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED)


def offsets(name: str, wanted: OffsetSpec, isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED) -> dict[int, int]:
    """Partition → offset. Raises Failure for a topic that does not exist."""
    client = admin()
    partitions = listed(client, name)[name].partitions
    if not partitions:
        raise Failure(f"the topic {name} does not exist on {brokers()}", f"fleet topics create {name.removeprefix(TOPIC_PREFIX)}")
    asked = {TopicPartition(name, partition): wanted for partition in partitions}
    found = results(client.list_offsets(asked, isolation_level=isolation, request_timeout=TIME_LIMIT_S))
    return {place.partition: result.offset for place, result in found.items()}


def admin() -> AdminClient:
    """A client that asks and changes what topics are."""
    return AdminClient({**client_config(), "log_level": 2})  # what goes wrong arrives as an exception


def listed(client: AdminClient, *name: str) -> dict[str, Any]:
    """Metadata of topics by name; raises Failure when no broker answers."""
    try:
        return dict(client.list_topics(*name, timeout=TIME_LIMIT_S).topics)
    except KafkaException as error:
        raise unreachable(error) from error


def results(futures: Mapping[Key, "Future[Any]"]) -> dict[Key, Any]:
    """What the broker answered to each request; raises Failure at the first that it refused."""
    try:
        return {key: future.result(timeout=2 * TIME_LIMIT_S) for key, future in futures.items()}
    except KafkaException as error:
        raise unreachable(error) from error


def still_there(futures: Mapping[Key, "Future[Any]"]) -> dict[Key, Any]:
    """The same, without topics that somebody has deleted since they were listed."""
    return results({key: future for key, future in futures.items() if not _is_gone(future)})


def _is_gone(future: "Future[Any]") -> bool:
    error = future.exception(timeout=2 * TIME_LIMIT_S)
    return isinstance(error, KafkaException) and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def unreachable(error: KafkaException) -> Failure:
    """A Failure that says what Kafka said."""
    said: KafkaError = error.args[0]
    remedy = (
        "fleet topics list shows what is there" if said.code() >= 0 else "see FLEET_KAFKA_BROKERS and FLEET_KAFKA_SECURITY, or fleet status"
    )
    kind = Failure if said.code() >= 0 else Busy  # below 0 are the client's own errors: no broker answered
    return kind(f"Kafka at {brokers()}: {said.str()}", remedy)
