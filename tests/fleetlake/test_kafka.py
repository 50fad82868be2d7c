import os
import time
import uuid
from concurrent.futures import Future

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from fleetlake import kafka as fleet_kafka
from fleetlake.console import Failure
from fleetlake.kafka_security import java_names
from fleetlake.settings import settings

YEARS_AGO = 1_500_000_000_000  # ms
PASSWORD = {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "fleet", "sasl.password": 'a"b\\c'}


@pytest.fixture
def family(kafka, home) -> str:
    """A family whose topic exists nowhere yet."""
    return f"trial_{uuid.uuid4().hex}"


def sent(topic: str, *bodies: bytes, timestamp: int = YEARS_AGO, **changes: str) -> Producer:
    producer = Producer({**fleet_kafka.client_config(), "message.max.bytes": "16000000", **changes})
    for body in bodies:
        producer.produce(
            topic, body, timestamp=timestamp, partition=0, on_delivery=lambda error, _: pytest.fail(str(error)) if error else None
        )
    assert producer.flush(30) == 0
    return producer


def received(topic: str, isolation: str = "read_uncommitted") -> list:
    consumer = Consumer({**fleet_kafka.client_config(), "group.id": "test", "isolation.level": isolation, "enable.partition.eof": "true"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = []
    while (message := consumer.poll(10)) is not None and not message.error():
        messages.append(message)
    consumer.close()
    return messages


def test_topics_are_made_kept_and_grown(family):
    name = f"fleet.{family}"
    assert fleet_kafka.create_topics([family]) == {name: "created"}
    made = fleet_kafka.topics()[name]
    assert made.partitions == (0, 1, 2, 3)
    assert fleet_kafka.create_topics([family]) == {name: "kept"}
    assert fleet_kafka.create_topics([family], 6) == {name: "grown"}
    grown = fleet_kafka.topics()[name]
    assert grown.partitions == (0, 1, 2, 3, 4, 5)
    assert grown.topic_id == made.topic_id
    assert fleet_kafka.create_topics([family]) == {name: "kept"}
    with pytest.raises(Failure, match="has 6 partitions, and Kafka takes none away"):
        fleet_kafka.create_topics([family], 4)


def test_a_created_again_topic_has_another_id(no_topics, family):
    fleet_kafka.create_topics([family])
    before = fleet_kafka.topics()[f"fleet.{family}"].topic_id
    client = fleet_kafka.admin()
    fleet_kafka.results(client.delete_topics([f"fleet.{family}"], operation_timeout=30))
    while fleet_kafka.topics():
        time.sleep(0.05)
    fleet_kafka.create_topics([family])
    assert fleet_kafka.topics()[f"fleet.{family}"].topic_id != before
    assert len(before) == 22
    assert not set(before) & set("+/=")


def test_a_simulated_topic_keeps_the_past_and_a_real_one_notes_reception(family):
    fleet_kafka.create_topics([family], simulated=True)
    fleet_kafka.create_topics([f"{family}_real"], simulated=False)
    simulated, real = (fleet_kafka.topics()[f"fleet.{name}"].config for name in (family, f"{family}_real"))
    assert (simulated["message.timestamp.type"], simulated["retention.ms"], simulated["cleanup.policy"]) == ("CreateTime", "-1", "delete")
    assert (real["message.timestamp.type"], real["cleanup.policy"], real["max.message.bytes"]) == ("LogAppendTime", "delete", "16777216")
    for name in (family, f"{family}_real"):
        sent(f"fleet.{name}", b"x")
    assert received(f"fleet.{family}")[0].timestamp()[1] == YEARS_AGO
    assert received(f"fleet.{family}_real")[0].timestamp()[1] > YEARS_AGO


def test_an_event_of_15_mb_arrives(family):
    fleet_kafka.create_topics([family])
    body = os.urandom(15_000_000)
    sent(f"fleet.{family}", body)
    assert received(f"fleet.{family}")[0].value() == body


def test_transactions_work_on_one_broker(family):
    fleet_kafka.create_topics([family], 1)
    name = f"fleet.{family}"
    producer = Producer({**fleet_kafka.client_config(), "transactional.id": family, "log_level": 2})
    producer.init_transactions(30)
    for body, end in ((b"kept", producer.commit_transaction), (b"aborted", producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce(name, body)
        producer.flush(30)
        end(30)
    assert [message.value() for message in received(name, "read_committed")] == [b"kept"]
    assert fleet_kafka.log_starts(name) == {0: 0}
    assert fleet_kafka.log_ends(name) == {0: 4}, "two records and two markers"
    producer.begin_transaction()
    producer.produce(name, b"open")
    producer.flush(30)
    assert fleet_kafka.log_ends(name) == {0: 5}
    assert fleet_kafka.log_ends(name, committed=True) == {0: 4}
    producer.abort_transaction(30)


def test_the_log_of_a_missing_topic_says_how_to_make_it(kafka, home):
    with pytest.raises(Failure, match="fleet topics create nothing"):
        fleet_kafka.log_ends("fleet.nothing")


def test_a_broker_that_does_not_answer_is_named(home, monkeypatch):
    monkeypatch.setenv("FLEET_KAFKA_BROKERS", "127.0.0.1:9")
    settings.cache_clear()
    monkeypatch.setattr(fleet_kafka, "TIME_LIMIT_S", 0.5)
    with pytest.raises(Failure, match=r"(?s)Kafka at 127\.0\.0\.1:9: .*FLEET_KAFKA_BROKERS"):
        fleet_kafka.topics()


def test_a_topic_that_is_deleted_while_it_is_asked_for_is_not_there_and_no_failure():
    here, gone, refused = Future(), Future(), Future()
    here.set_result("told")
    gone.set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
    refused.set_exception(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)))
    assert fleet_kafka.still_there({"fleet.a": here, "fleet.b": gone}) == {"fleet.a": "told"}
    with pytest.raises(Failure):
        fleet_kafka.still_there({"fleet.a": here, "fleet.c": refused})


@pytest.mark.parametrize(
    ("brokers", "expected"), [("127.0.0.1:9092", True), ("localhost:1,127.0.0.1:2", True), ("localhost:1,kafka.example:2", False)]
)
def test_only_a_broker_on_loopback_is_local(home, monkeypatch, brokers, expected):
    monkeypatch.setenv("FLEET_KAFKA_BROKERS", brokers)
    settings.cache_clear()
    assert fleet_kafka.is_local() is expected


def test_spark_and_librdkafka_connect_to_the_same_place(home, monkeypatch):
    monkeypatch.setenv("FLEET_KAFKA_BROKERS", "kafka.example:9093")
    monkeypatch.setenv("FLEET_KAFKA_SECURITY", '{"security.protocol": "ssl"}')
    settings.cache_clear()
    assert fleet_kafka.client_config() == {"bootstrap.servers": "kafka.example:9093", "security.protocol": "ssl"}
    assert fleet_kafka.spark_options() == {"kafka.bootstrap.servers": "kafka.example:9093", "kafka.security.protocol": "SSL"}


def test_user_and_password_become_javas_login():
    assert java_names(PASSWORD) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": 'org.apache.kafka.common.security.scram.ScramLoginModule required username="fleet" password="a\\"b\\\\c";',
    }


@pytest.mark.parametrize("missing", ["sasl.mechanism", "sasl.username", "sasl.password"])
def test_half_a_login_is_refused(missing):
    with pytest.raises(Failure, match="belong together"):
        java_names({name: value for name, value in PASSWORD.items() if name != missing})


def test_certificates_become_javas_stores(tmp_path):
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----")
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----")
    security = {
        "ssl.ca.location": "/etc/ca.pem",
        "ssl.certificate.location": f"{tmp_path}/cert.pem",
        "ssl.key.location": f"{tmp_path}/key.pem",
    }
    assert java_names(security | {"ssl.endpoint.identification.algorithm": "none"}) == {
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "/etc/ca.pem",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "-----BEGIN CERTIFICATE-----",
        "ssl.keystore.key": "-----BEGIN PRIVATE KEY-----",
        "ssl.endpoint.identification.algorithm": "",
    }


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("enable.ssl.certificate.verification", "false", "no counterpart of enable.ssl.certificate.verification"),
        ("ssl.key.pem", "-----BEGIN RSA PRIVATE KEY-----", "openssl pkcs8"),
        ("ssl.key.location", "/nowhere/key.pem", "/nowhere/key.pem cannot be read"),
    ],
)
def test_what_java_cannot_have_is_refused_and_not_left_out(name, value, reason):
    with pytest.raises(Failure, match=reason):
        java_names({name: value})
