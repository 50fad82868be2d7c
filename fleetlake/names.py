"""How tables, topics and folders are called: one family, one name."""

TOPIC_PREFIX = "fleet."


def topic(family: str) -> str:
    """The Kafka topic of a family."""
    return TOPIC_PREFIX + family


def family_of(topic: str) -> str:
    """The family that a topic carries; raises ValueError for a topic of somebody else."""
    if not topic.startswith(TOPIC_PREFIX) or topic == TOPIC_PREFIX:
        raise ValueError(f"{topic!r} is not a topic of the fleet: its name does not begin with {TOPIC_PREFIX!r}")
    return topic.removeprefix(TOPIC_PREFIX)


def table_path(lake: str, table: str) -> str:
    """Where `layer.table` lies: `<lake>/<layer>/<table>`, a folder or an object-store prefix."""
    layer, name = table.split(".")
    return f"{lake.rstrip('/')}/{layer}/{name}"


def position_id(table: str, topic_id: str, partition: int) -> str:
    """The Delta transaction id whose version is the last offset that `table` holds of one topic-partition."""
    return f"{table}:{topic_id}/{partition}"
