"""What the auditor reads of the real broker: committed records with every byte of theirs, and nothing else."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from fleetlake.kafka import client_config, create_topics
from fleetlake.names import topic
from spark_jobs.audit.findings import Log
from spark_jobs.audit.kafka import Asked, Broker, Held

CHARGING = topic("charging")


@pytest.fixture
def broker() -> Iterator[Broker]:
    reader = Broker()
    yield reader
    reader.close()


def test_only_committed_records_are_read_to_the_last_byte(no_topics, broker):
    create_topics(["charging"], 1)
    producer = Producer(client_config() | {"transactional.id": "auditor-test"})
    producer.init_transactions(30)
    odd = [("ce_id", b"1"), ("ce_id", None), ("bytes", b"\xff\x00"), ("", b"")]
    for body, commits in ((b"first", True), (b"aborted", False), (b"second", True), (None, True)):
        producer.begin_transaction()
        producer.produce(CHARGING, key=b"k", value=body, headers=odd, timestamp=1_700_000_000_123)
        producer.flush(30)
        (producer.commit_transaction if commits else producer.abort_transaction)(30)
    [(log, held)] = broker.logs()[CHARGING].items()
    assert held == Held(0, 8)
    records = [row for batch in broker.records([Asked(CHARGING, log, 0, 7)]) for row in batch.to_pylist()]
    assert [(row["offset"], row["body"]) for row in records] == [(0, b"first"), (4, b"second"), (6, None)]
    assert records[0]["headers"] == [{"name": name, "value": value} for name, value in odd]
    assert (records[0]["key"], records[0]["timestamp_ms"]) == (b"k", 1_700_000_000_123)


def test_records_are_read_within_the_offsets_asked_for(no_topics, broker):
    create_topics(["charging"], 2)
    producer = Producer(client_config())
    for number in range(20):
        producer.produce(CHARGING, value=str(number).encode(), partition=1)
    producer.flush(30)
    log = next(each for each in broker.logs()[CHARGING] if each.partition == 1)
    for first, last in ((5, 9), (0, 0), (17, 19)):
        read = [offset for batch in broker.records([Asked(CHARGING, log, first, last)]) for offset in batch["offset"].to_pylist()]
        assert read == list(range(first, last + 1))


def test_topic_partitions_are_read_together_each_in_its_order_and_to_its_own_end(no_topics, broker):
    create_topics(["charging", "consents"], 2)
    producer = Producer(client_config())
    for number in range(3000):
        for name in (CHARGING, topic("consents")):
            producer.produce(name, value=str(number).encode(), partition=number % 2)
    producer.flush(30)
    asked = [
        Asked(name, log, 100 * (1 + log.partition), 1000 if name == CHARGING else 1499)
        for name, held in broker.logs().items()
        for log in held
    ]
    read: dict[tuple[str, int], list[int]] = {}
    for batch in broker.records(asked):
        for row in batch.to_pylist():
            assert int(row["body"]) == row["offset"] * 2 + row["partition"]
            read.setdefault((row["topic_id"], row["partition"]), []).append(row["offset"])
    assert read == {tuple(each.log): list(range(each.first, each.last + 1)) for each in asked}


def test_a_lake_on_the_real_broker_has_the_topics_own_ids(no_topics, broker):
    create_topics(["charging", "consents"], 1)
    logs = broker.logs()
    assert set(logs) == {CHARGING, topic("consents")}
    ids = {log.topic_id for held in logs.values() for log in held}
    assert len(ids) == 2
    assert all(isinstance(log, Log) and log.topic_id for held in logs.values() for log in held)
