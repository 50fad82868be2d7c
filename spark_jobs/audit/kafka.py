"""Kafka as the auditor reads it: committed records by offset, in batches, without a group and without a commit."""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from fleetlake import kafka
from fleetlake.console import Failure
from spark_jobs.audit.digest import HEADERS, RECORDS
from spark_jobs.audit.findings import Log

BATCH = 4000  # messages in memory at once, at most QUEUED_KB more wait in librdkafka
QUEUED_KB = 32_768
PATIENCE_S = 60  # without a record from a broker that should have one
NEVER = "never-committed"  # a consumer must name a group; this one is never joined


class Held(NamedTuple):
    """Which offsets of a topic-partition Kafka holds: from `start` to `end` - 1; control records take offsets, too."""

    start: int
    end: int


class Source(Protocol):
    """Where records come from."""

    def logs(self) -> Mapping[str, Mapping[Log, Held]]:
        """What Kafka holds, by topic."""

    def records(self, topic: str, log: Log, first: int, last: int) -> Iterator[pa.RecordBatch]:
        """Committed records (`digest.RECORDS`) with offsets from `first` to `last`, both included, in their order."""


class Broker:
    """The broker of the settings."""

    def __init__(self) -> None:
        self._consumer: Consumer | None = None

    def logs(self) -> dict[str, dict[Log, Held]]:
        """What the broker holds of the fleet's topics; the end is where readers of committed records stop."""
        held: dict[str, dict[Log, Held]] = {}
        for name, info in kafka.topics().items():
            starts, ends = kafka.log_starts(name), kafka.log_ends(name, committed=True)
            held[name] = {Log(info.topic_id, partition): Held(starts[partition], ends[partition]) for partition in starts}
        return held

    def records(self, topic: str, log: Log, first: int, last: int) -> Iterator[pa.RecordBatch]:
        """Records of one topic-partition; raises Failure when the broker falls silent before `last`."""
        consumer = self._assigned(TopicPartition(topic, log.partition, first))
        heard = time.monotonic()
        while True:
            messages = consumer.consume(BATCH, timeout=0.5)
            wanted = [message for message in messages if message.error() is None and _offset(message) <= last]
            if wanted:
                yield batch(wanted)
            if _is_over(messages, last):
                return
            heard = time.monotonic() if messages else heard
            if time.monotonic() - heard > PATIENCE_S:
                raise Failure(f"{topic} partition {log.partition}: no record for {PATIENCE_S} s before offset {last}", "see fleet status, then audit again")

    def close(self) -> None:
        """Leaves the broker."""
        if self._consumer is not None:
            self._consumer.close()

    def _assigned(self, place: TopicPartition) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(kafka.client_config() | _CONFIG)
        self._consumer.assign([place])
        return self._consumer


_CONFIG: dict[str, str | int | bool] = {
    "group.id": NEVER,
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 50,
    "queued.max.messages.kbytes": QUEUED_KB,
    "fetch.message.max.bytes": 4 * 1024 * 1024,
}


def batch(messages: Sequence[Message]) -> pa.RecordBatch:
    """Messages side by side (`digest.RECORDS`)."""
    listed = [message.headers() or () for message in messages]
    names, values = zip(*chain.from_iterable(listed), strict=True) if any(listed) else ((), ())
    ends = np.concatenate([[0], np.cumsum([len(headers) for headers in listed])]).astype(np.int32)
    flat = pa.StructArray.from_arrays([pa.array(names, pa.string()), pa.array(values, pa.binary())], names=["name", "value"])
    columns = [
        pa.array([message.offset() for message in messages], pa.int64()),
        pa.array([message.timestamp()[1] for message in messages], pa.int64()),
        pa.array([message.key() for message in messages], pa.binary()),
        pa.ListArray.from_arrays(pa.array(ends), flat).cast(HEADERS),
        pa.array([message.value() for message in messages], pa.binary()),
    ]
    return pa.record_batch(columns, schema=RECORDS)


def _is_over(messages: Sequence[Message], last: int) -> bool:
    """Whether `last` was reached: by a record at or behind it, or by the end of the log (a control record may stand last)."""
    for message in messages:
        error = message.error()
        if error is None:
            if _offset(message) >= last:
                return True
        elif error.code() == KafkaError._PARTITION_EOF:
            return True
        else:
            raise Failure(f"{message.topic()} partition {message.partition()}: {error.str()}", "see fleet status, then audit again")
    return False


def _offset(message: Message) -> int:
    offset = message.offset()
    if offset is None:
        raise TypeError(f"{message.topic()} partition {message.partition()}: a record without an offset")
    return offset
