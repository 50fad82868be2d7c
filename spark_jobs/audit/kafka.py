"""Kafka as the auditor reads it: committed records by offset, in batches, without a group and without a commit."""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from typing import NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from fleetlake import kafka
from fleetlake.console import Failure
from spark_jobs.audit.digest import HEADERS, RECORDS
from spark_jobs.audit.findings import Log

BATCH_BYTES = 8_000_000  # of bodies in memory at once, and as many again as Arrow has them
MOST = 4000  # messages in a batch, however small
LARGEST = 1_000_000_000  # bytes of bodies in one array, of 2^31
QUEUED_KB = 16_384  # what may wait in librdkafka
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
        heard, count = time.monotonic(), 100
        while True:
            messages = consumer.consume(count, timeout=0.5)
            wanted = [message for message in messages if message.error() is None and _offset(message) <= last]
            if wanted:
                size = sum(len(message) for message in wanted)
                count = min(MOST, 1 + BATCH_BYTES * len(wanted) // (1 + size))
                yield from (batch(part) for part in _parts(wanted, size))
            if _is_over(messages, last):
                return
            heard = time.monotonic() if messages else heard
            if time.monotonic() - heard > PATIENCE_S:
                raise Failure(
                    f"{topic} partition {log.partition}: no record for {PATIENCE_S} s before offset {last}",
                    "see fleet status, then audit again",
                )

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
    "fetch.queue.backoff.ms": 10,  # by default a full queue, and ours is small, halts fetching for a whole second
    "fetch.message.max.bytes": 1024 * 1024,
}


def _parts(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    """All at once, or one by one where sudden giants would not fit into one Arrow array."""
    return iter([messages]) if size < LARGEST else (messages[at : at + 1] for at in range(len(messages)))


def batch(messages: Sequence[Message]) -> pa.RecordBatch:
    """Messages side by side (`digest.RECORDS`)."""
    with _without_collector():
        listed = [cast(list[tuple[str, bytes | None]], message.headers() or []) for message in messages]
        names = [name for headers in listed for name, _ in headers]
        values = [value for headers in listed for _, value in headers]
    flat = pa.StructArray.from_arrays([pa.array(names, pa.string()), _binary(values)], names=["name", "value"])
    columns = [
        pa.array([message.offset() for message in messages], pa.int64()),
        pa.array([message.timestamp()[1] for message in messages], pa.int64()),
        _binary([message.key() for message in messages]),
        pa.ListArray.from_arrays(pa.array(_ends(listed)), flat).cast(HEADERS),
        _binary([message.value() for message in messages]),
    ]
    return pa.record_batch(columns, schema=RECORDS)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Headers are many small tuples without any cycle: looking for garbage among them costs twice what reading them does."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _binary(values: Sequence[bytes | None]) -> pa.Array:
    """One copy, where the builder of `pa.array` makes several as it grows."""
    present = [value for value in values if value is not None]
    if len(present) < len(values):
        return pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.binary(), len(values), [None, pa.py_buffer(_ends(present)), pa.py_buffer(b"".join(present))])


def _ends(values: Sequence[Sized]) -> npt.NDArray[np.int32]:
    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=ends[1:])
    return ends.astype(np.int32)


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
