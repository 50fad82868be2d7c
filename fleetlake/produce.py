"""The one sender: records go to Kafka in order, and what the brokers acknowledged is counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from fleetlake.console import Failure

PATIENCE_S = 120.0  # how long brokers may take for what is still under way at the end
ANSWER_S = 20.0
RELIABLE = {
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 20,
    "queue.buffering.max.messages": 200_000,
    "message.max.bytes": 16_777_216,
}


class Record(NamedTuple):
    """A Kafka record as it is to be sent; `timestamp_ms` is its CreateTime."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | bytes | None]]
    timestamp_ms: int
    partition: int = -1  # as the client's partitioner has it


class Delivery:
    """What became of the records that one producer was given: acknowledged by topic, and the first refusal."""

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self.refusal: tuple[str, KafkaError] | None = None

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Called by the client once per record."""
        topic = str(message.topic())
        if error is None:
            self.acknowledged[topic] += 1
        elif self.refusal is None:
            self.refusal = topic, error

    def raise_refusal(self) -> None:
        """Raises Failure when a broker refused a record."""
        if self.refusal:
            topic, error = self.refusal
            remedy = "`fleet status` shows the broker, `fleet topics create` makes the topics"
            raise Failure(f"{topic}: Kafka refused a record: {error.str()}", remedy)


def produce(records: Iterable[Record], config: Mapping[str, str]) -> Counter[str]:
    """Sends all records with librdkafka's `config` and waits for them: how many were acknowledged, by topic.

    Whatever ends the records early, those given before are sent first. Raises Failure when a broker refuses one or does not answer.
    """
    delivery = Delivery()
    producer = Producer({**RELIABLE, **config, "on_delivery": delivery})
    _greet(producer)
    try:
        for record in records:
            _give(producer, record)
            delivery.raise_refusal()
    finally:
        unanswered = producer.flush(PATIENCE_S)
    delivery.raise_refusal()
    if unanswered:
        waited = f"Kafka did not acknowledge {unanswered:,} records within {PATIENCE_S:.0f} s"
        raise Failure(waited, "`fleet status` shows the broker; sending again is safe")
    return delivery.acknowledged


def _greet(producer: Producer) -> None:
    try:
        producer.list_topics(timeout=ANSWER_S)
    except KafkaException as silence:
        remedy = "`fleet up kafka` starts the local broker; FLEET_KAFKA_BROKERS names another"
        raise Failure(f"Kafka does not answer: {silence.args[0].str()}", remedy) from silence


def _give(producer: Producer, record: Record) -> None:
    while True:
        try:
            producer.produce(
                record.topic, record.value, record.key, record.partition, timestamp=record.timestamp_ms, headers=record.headers
            )
            producer.poll(0)
            return
        except BufferError:  # the local queue is full: wait until the broker has taken some
            producer.poll(0.5)
        except KafkaException as refused:
            remedy = "a record larger than 16 MiB cannot be sent"
            raise Failure(f"{record.topic}: the client refused a record: {refused}", remedy) from refused
