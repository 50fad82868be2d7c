"""Kafka as the auditor reads it: committed records by offset, in batches, without a group and without a commit."""

import time
from collections.abc import Iterator, Mapping, Sequence, Sized
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from confluent_kafka import Consumer, IsolationLevel, KafkaError, Message, TopicPartition
from confluent_kafka.admin import OffsetSpec

from fleetlake import kafka
from fleetlake.console import Failure
from spark_jobs.audit.dataset import Span, Spans, by_log, within
from spark_jobs.audit.digest import HEADERS, RECORDS
from spark_jobs.audit.findings import Log
from spark_jobs.collector import paused

BATCH_BYTES = 8_000_000  # of bodies in memory at once, and as many again as Arrow has them
MOST = 4000  # messages in a batch, however small
LARGEST = 1_000_000_000  # bytes of bodies in one array, of 2^31
QUEUED_KB = 16_384  # what may wait in librdkafka
LOOK_S = 0.1  # a call waits so long for a whole batch, also where the end has come
PATIENCE_S = 60  # without a record from a broker that should have one
NEVER = "never-committed"  # a consumer must name a group; this one is never joined


class Held(NamedTuple):
    """Which offsets of a topic-partition Kafka holds: from `start` to `end` - 1; control records take offsets, too."""

    start: int
    end: int


class Asked(NamedTuple):
    """Offsets of a topic-partition from `first` to `last`, both included."""

    topic: str
    log: Log
    first: int
    last: int


class Source(Protocol):
    """Where records come from."""

    def logs(self) -> Mapping[str, Mapping[Log, Held]]:
        """What Kafka holds, by topic."""

    def records(self, wanted: Sequence[Asked]) -> Iterator[pa.RecordBatch]:
        """Committed records (`digest.RECORDS`), those of each topic-partition in their order."""


class Broker:
    """The broker of the settings."""

    def __init__(self) -> None:
        self._consumer: Consumer | None = None

    def logs(self) -> dict[str, dict[Log, Held]]:
        """What the broker holds of the fleet's topics; the end is where readers of committed records stop."""
        found = kafka.topics()
        places = [TopicPartition(name, partition) for name, info in found.items() for partition in info.partitions]
        starts, ends = _offsets(places, OffsetSpec.earliest()), _offsets(places, OffsetSpec.latest())
        held: dict[str, dict[Log, Held]] = {name: {} for name in found}
        for place in places:
            held[place.topic][Log(found[place.topic].topic_id, place.partition)] = Held(starts[place], ends[place])
        return held

    def records(self, wanted: Sequence[Asked]) -> Iterator[pa.RecordBatch]:
        """All of them at once, as the broker gives them; raises Failure when it falls silent before the last."""
        waiting = {each.log: each for each in wanted}
        consumer, ids = self._assigned(wanted), {each.topic: each.log.topic_id for each in wanted}
        heard, count = time.monotonic(), 100
        while waiting:
            batches, over, size = _consumed(consumer, count, ids)
            rows = sum(batch.num_rows for batch in batches)
            count = min(MOST, 1 + BATCH_BYTES * rows // (1 + size)) if rows else count
            yield from (kept for batch in batches if (kept := within(batch, _spans(waiting))).num_rows)
            _leave(consumer, [waiting.pop(log) for log in {*over, *_ended(batches, waiting)} & waiting.keys()])
            heard = time.monotonic() if rows or over else heard
            if time.monotonic() - heard > PATIENCE_S:
                silent = next(iter(waiting.values()))
                raise Failure(
                    f"{silent.topic} partition {silent.log.partition}: no record for {PATIENCE_S} s before offset {silent.last}",
                    "see fleet status, then audit again",
                )

    def close(self) -> None:
        """Leaves the broker."""
        if self._consumer is not None:
            self._consumer.close()

    def _assigned(self, wanted: Sequence[Asked]) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(kafka.client_config() | _CONFIG)
        self._consumer.assign([TopicPartition(each.topic, each.log.partition, each.first) for each in wanted])
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


def _offsets(places: Sequence[TopicPartition], spec: OffsetSpec) -> dict[TopicPartition, int]:
    """Offsets as readers of committed records see them; one request for all."""
    if not places:
        return {}
    client = kafka.admin()  # has to live until it has answered
    asked = client.list_offsets(
        dict.fromkeys(places, spec), isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=kafka.TIME_LIMIT_S
    )
    return {place: found.offset for place, found in kafka.results(asked).items()}


@paused()
def _consumed(consumer: Consumer, count: int, topic_ids: Mapping[str, str]) -> tuple[list[pa.RecordBatch], list[Log], int]:
    """Records as they came, which logs came to their end (a control record may stand last), and the bytes of the bodies."""
    messages = consumer.consume(count, timeout=LOOK_S)
    errors = {at: error for at, message in enumerate(messages) if (error := message.error()) is not None}
    over = [_ended_log(messages[at], error, topic_ids) for at, error in errors.items()]
    good = [message for at, message in enumerate(messages) if at not in errors] if errors else messages
    size = sum(map(len, good))
    return [batch(part, topic_ids) for part in _parts(good, size)], over, size


def _ended_log(message: Message, error: KafkaError, topic_ids: Mapping[str, str]) -> Log:
    if error.code() != KafkaError._PARTITION_EOF:
        raise Failure(f"{message.topic()} partition {message.partition()}: {error.str()}", "see fleet status, then audit again")
    return Log(topic_ids[str(message.topic())], cast(int, message.partition()))


def _spans(waiting: Mapping[Log, Asked]) -> Spans:
    return {log: Span(each.first, each.last) for log, each in waiting.items()}


def _ended(batches: Sequence[pa.RecordBatch], waiting: Mapping[Log, Asked]) -> set[Log]:
    """Those whose last record came, or one behind it."""
    return {
        log
        for batch in batches
        for log, at in by_log(batch)
        if log in waiting and np.asarray(batch["offset"])[at].max() >= waiting[log].last
    }


def _leave(consumer: Consumer, ended: Sequence[Asked]) -> None:
    """What they have behind their end is not fetched any more."""
    if ended:
        consumer.incremental_unassign([TopicPartition(each.topic, each.log.partition) for each in ended])


def _parts(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    """All at once, or one by one where sudden giants would not fit into one Arrow array."""
    if not messages:
        return iter(())
    return iter([messages]) if size < LARGEST else (messages[at : at + 1] for at in range(len(messages)))


def batch(messages: Sequence[Message], topic_ids: Mapping[str, str]) -> pa.RecordBatch:
    """Messages side by side (`digest.RECORDS`)."""
    listed = [cast(list[tuple[str, bytes | None]], message.headers() or []) for message in messages]
    every = list(chain.from_iterable(listed))
    names, values = list(map(itemgetter(0), every)), list(map(itemgetter(1), every))
    flat = pa.StructArray.from_arrays([pa.array(names, pa.string()), _binary(values)], names=["name", "value"])
    columns = [
        pa.array([topic_ids[str(message.topic())] for message in messages], pa.string()),
        pa.array([message.partition() for message in messages], pa.int32()),
        pa.array([message.offset() for message in messages], pa.int64()),
        pa.array([message.timestamp()[1] for message in messages], pa.int64()),
        _binary([message.key() for message in messages]),
        pa.ListArray.from_arrays(pa.array(_ends(listed)), flat).cast(HEADERS),
        _binary([message.value() for message in messages]),
    ]
    return pa.record_batch(columns, schema=RECORDS)


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
