import pytest

from fleetlake.console import Failure
from fleetlake.produce import Record, produce

MOCK = {"test.mock.num.brokers": "1", "bootstrap.servers": ""}  # librdkafka's own broker, inside this process


def record(**changes) -> Record:
    return Record(
        **{"topic": "fleet.charging", "key": b"v1", "value": b"{}", "headers": [("ce_id", b"e1")], "timestamp_ms": 1_000} | changes
    )


def test_what_the_brokers_acknowledge_is_counted_by_topic():
    assert produce([record(), record(), record(topic="fleet.consents", value=None)], MOCK) == {"fleet.charging": 2, "fleet.consents": 1}


def test_what_was_given_before_a_fault_is_sent_first(monkeypatch):
    counted = []
    monkeypatch.setattr("fleetlake.produce.Delivery.__call__", lambda self, error, message: counted.append((error, message.topic())))

    def records():
        yield record()
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        produce(records(), MOCK)
    assert counted == [(None, "fleet.charging")]


def test_a_record_that_is_too_large_is_a_failure_that_names_the_topic():
    with pytest.raises(Failure, match=r"fleet\.charging: the client refused a record"):
        produce([record(value=bytes(17_000_000))], MOCK)


def test_a_broker_that_does_not_answer_is_a_failure(monkeypatch):
    monkeypatch.setattr("fleetlake.produce.ANSWER_S", 0.3)
    with pytest.raises(Failure, match="Kafka does not answer"):
        produce([], {"bootstrap.servers": "127.0.0.1:1", "log_level": "0"})
