"""land on a real broker: everything that Kafka holds is in bronze once, and whatever is missing stops it."""

import json
import re
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from fleetlake import kafka as cluster
from fleetlake.console import Failure
from fleetlake.names import table_path
from fleetlake.produce import Record, produce
from fleetlake.settings import settings
from spark_jobs.land.lander import Batch, Lander
from spark_jobs.land.stream import Stream, checkpoints

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("no_topics")]
DAY_MS = 86_400_000
PATIENCE_S = 60


def event(number, topic="fleet.charging", **changes):
    headers = [("ce_id", f"e{number}".encode()), ("ce_subject", b"v%d" % (number % 5)), ("ce_time", b"2026-03-01T12:00:00Z")]
    plain = {"key": b"v%d" % (number % 5), "value": b'{"n":%d}' % number, "headers": headers, "timestamp_ms": 20_000 * DAY_MS + number}
    return Record(topic, **(plain | changes))


def send(*events):
    produce(events, cluster.client_config())


def stream(spark, lake, said=lambda batch: None, accepted=(), every_s=None, max_offsets=1_000_000):
    return Stream(spark, Lander(lake, said, accepted), max_offsets=max_offsets, every_s=every_s)


def land(spark, lake, *accepted, max_offsets=1_000_000) -> list[Batch]:
    batches: list[Batch] = []
    stream(spark, lake, batches.append, accepted, max_offsets=max_offsets).run()
    return batches


def bronze(lake, family="charging"):
    return pl.read_delta(table_path(lake, f"bronze.{family}")).sort("topic_id", "partition", "offset")


def ledger(lake):
    return pl.read_delta(table_path(lake, "ops.ledger")).sort("table", "version", "partition")


def in_bronze(lake, family="charging"):
    rows = bronze(lake, family).select("partition", "offset", "received_at", "key", "body", "headers").iter_rows()
    return [
        (partition, offset, round(at.timestamp() * 1000), key, body, [tuple(each.values()) for each in headers])
        for partition, offset, at, key, body, headers in rows
    ]


def in_kafka(topic="fleet.charging"):
    """What the broker holds, by another client than Spark's."""
    consumer = Consumer({**cluster.client_config(), "group.id": "tests", "enable.auto.commit": False, "enable.partition.eof": False})
    ends, starts = cluster.log_ends(topic), cluster.log_starts(topic)
    consumer.assign([TopicPartition(topic, partition, start) for partition, start in starts.items()])
    count, found, deadline = sum(ends.values()) - sum(starts.values()), [], time.monotonic() + PATIENCE_S
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.consume(count - len(found), timeout=1)
    consumer.close()
    return sorted((each.partition(), each.offset(), each.timestamp()[1], each.key(), each.value(), each.headers() or []) for each in found)


def eventually(is_true):
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class Running:
    """A stream that runs beside the test until it is stopped; keeps the Failure that ended it."""

    def __init__(self, spark, lake):
        self.rows: Counter[str] = Counter()
        self.failure: Failure | None = None
        self._stream = stream(spark, lake, lambda batch: self.rows.update(batch.rows), every_s=1)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self._stream.run()
        except Failure as failure:
            self.failure = failure

    @property
    def is_alive(self):
        return self._thread.is_alive()

    def stop(self):
        self._stream.stop()
        self._thread.join(PATIENCE_S)
        assert not self.is_alive


def test_everything_lands_exactly_once_whatever_it_is_and_however_often_it_is_started(spark, lake):
    cluster.create_topics(["charging", "consents"], 3)
    odd = [
        event(100, key=None),
        event(101, value=None),
        event(102, headers=[]),
        event(103, headers=[("ce_id", b"\xff\xfe"), ("ce_id", None), ("ce_id", b"again"), ("", b"")]),
        event(104, value=b"", key=b""),
        event(105, timestamp_ms=20_001 * DAY_MS),
        event(106, value=b"x" * 3_000_000),
    ]
    send(*map(event, range(100)), *odd, *(event(number, "fleet.consents") for number in range(20)))
    [batch] = land(spark, lake)
    assert batch.rows == {"fleet.charging": 107, "fleet.consents": 20}
    assert batch.lag == 0
    assert in_bronze(lake) == in_kafka()
    assert in_bronze(lake, "consents") == in_kafka("fleet.consents")

    assert land(spark, lake) == []
    shutil.rmtree(checkpoints())
    send(*map(event, range(200, 230)))
    assert sum(batch.rows["fleet.charging"] for batch in land(spark, lake, max_offsets=10)) == 30
    assert in_bronze(lake) == in_kafka()
    assert list(checkpoints().iterdir()) == []

    booked = ledger(lake).filter(pl.col("table") == "bronze.charging")
    assert booked["rows"].sum() == 137
    ranges = booked.sort("partition", "version").group_by("partition").agg("first_offset", "last_offset")
    assert all(first[1:] == [last + 1 for last in lasts[:-1]] for _, first, lasts in ranges.rows())


def test_topics_and_partitions_that_appear_while_it_runs_are_landed_from_their_first_record(spark, lake):
    cluster.create_topics(["charging"], 2)
    send(*map(event, range(10)))
    running = Running(spark, lake)
    eventually(lambda: running.rows["fleet.charging"] == 10)
    cluster.create_topics(["charging"], 4)
    cluster.create_topics(["consents"], 1)
    send(*map(event, range(10, 60)), *(event(number, "fleet.consents") for number in range(7)))
    eventually(lambda: running.rows["fleet.charging"] == 60 and running.rows["fleet.consents"] == 7)
    running.stop()
    assert running.failure is None
    assert bronze(lake)["partition"].n_unique() == 4
    assert in_bronze(lake) == in_kafka()
    cluster.create_topics(["charging"], 5)
    send(*map(event, range(60, 100)))
    land(spark, lake)
    assert in_bronze(lake) == in_kafka()


def test_records_that_were_deleted_before_they_landed_stop_it_until_they_are_given_up(spark, lake):
    cluster.create_topics(["charging"], 1)
    send(*map(event, range(10)))
    land(spark, lake)
    send(*map(event, range(10, 20)))
    delete_before("fleet.charging", 15)
    with pytest.raises(Failure, match=r"fleet\.charging/0: offsets 10 to 14 are gone.*\n.*fleet land --accept-topic fleet\.charging"):
        land(spark, lake)
    assert bronze(lake)["offset"].to_list() == list(range(10))
    land(spark, lake, "fleet.charging")
    assert bronze(lake)["offset"].to_list() == [*range(10), *range(15, 20)]
    assert ledger(lake).filter("baseline")["first_offset"].to_list() == [0, 15]


def test_a_topic_that_was_created_again_stops_it_until_it_is_accepted(spark, lake):
    cluster.create_topics(["charging"], 1)
    send(*map(event, range(5)))
    land(spark, lake)
    recreate("charging")
    send(*map(event, range(50, 57)))
    with pytest.raises(Failure, match=r"fleet\.charging is not the topic that bronze\.charging was landed from"):
        land(spark, lake)
    land(spark, lake, "fleet.charging")
    assert Counter(bronze(lake)["topic_id"].to_list()).most_common() == [
        (cluster.topics()["fleet.charging"].topic_id, 7),
        (bronze(lake).filter(body=b'{"n":0}')["topic_id"][0], 5),
    ]
    assert land(spark, lake) == []


def test_a_topic_that_is_created_again_while_it_runs_stops_it(spark, lake):
    cluster.create_topics(["charging"], 1)
    send(*map(event, range(5)))
    running = Running(spark, lake)
    eventually(lambda: running.rows["fleet.charging"] == 5)
    recreate("charging")
    send(*map(event, range(50, 60)))
    eventually(lambda: not running.is_alive)
    assert "fleet.charging" in running.failure.what
    assert bronze(lake)["offset"].to_list() == list(range(5))


def test_a_compacted_topic_is_refused(spark, lake):
    cluster.create_topics(["charging"], 1)
    client = cluster.admin()
    compaction = [ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SET)]
    resource = ConfigResource(ResourceType.TOPIC, "fleet.charging", incremental_configs=compaction)
    cluster.results(client.incremental_alter_configs([resource]))
    with pytest.raises(Failure, match=r"fleet\.charging has cleanup\.policy=compact"):
        land(spark, lake)


def test_control_and_aborted_records_are_no_loss(spark, lake):
    cluster.create_topics(["charging"], 1)
    transactions((0, 4, True), (4, 7, False), (7, 10, True), (10, 12, False))
    land(spark, lake)
    assert [json.loads(body)["n"] for body in bronze(lake)["body"]] == [0, 1, 2, 3, 7, 8, 9]
    delete_before("fleet.charging", cluster.log_ends("fleet.charging")[0])
    assert land(spark, lake) == []
    transactions((20, 23, False), (23, 24, True))
    land(spark, lake)
    assert [json.loads(body)["n"] for body in bronze(lake)["body"]][-1] == 23


def test_of_two_landers_one_stops_and_no_row_is_there_twice(spark, lake):
    cluster.create_topics(["charging"], 2)
    send(event(0))
    land(spark, lake)
    here, there = Running(spark, lake), Running(spark, lake)
    number = 1
    deadline = time.monotonic() + PATIENCE_S
    while here.is_alive and there.is_alive and time.monotonic() < deadline:
        send(*map(event, range(number, number + 5)))
        number += 5
    here.stop()
    there.stop()
    [failure] = [running.failure for running in (here, there) if running.failure]
    assert re.search("another writer committed first|another lander is at work|second writer", str(failure))
    land(spark, lake)
    assert in_bronze(lake) == in_kafka()


def delete_before(topic, offset):
    client = cluster.admin()  # its answers come only as long as it is held
    cluster.results(client.delete_records([TopicPartition(topic, 0, offset)], operation_timeout=30))


def recreate(family):
    name = f"fleet.{family}"
    client = cluster.admin()
    cluster.results(client.delete_topics([name], operation_timeout=30))
    eventually(lambda: name not in cluster.topics())
    cluster.create_topics([family], 1)


def transactions(*spans):
    """Sends events first … last of each span in a transaction that is committed or aborted."""
    producer = Producer({**cluster.client_config(), "transactional.id": "tests", "linger.ms": 0})
    producer.init_transactions(30)
    for first, last, is_committed in spans:
        producer.begin_transaction()
        for record in map(event, range(first, last)):
            producer.produce(record.topic, record.value, record.key, timestamp=record.timestamp_ms, headers=record.headers)
        producer.flush(30)
        (producer.commit_transaction if is_committed else producer.abort_transaction)(30)


def test_checkpoints_are_beside_the_tables(lake):
    assert checkpoints() == Path(settings().lake_root) / "checkpoints" / "land"
