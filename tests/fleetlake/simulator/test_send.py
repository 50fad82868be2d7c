import time

import polars as pl
import pytest

from fleetlake.produce import Record
from fleetlake.simulator import send as sending
from fleetlake.simulator.bench import bodies
from fleetlake.simulator.generate import generate
from fleetlake.simulator.plan import FAULTS, Plan
from fleetlake.simulator.records import WIRE, to_records

PLAN = Plan(vehicles=20, days=2, rates=FAULTS)


@pytest.fixture
def sent(monkeypatch):
    """What was given to the producer: lists of records, and the word `grown` where the topics got more partitions."""
    happened = []
    monkeypatch.setattr(sending, "produce", lambda records, config: happened.append(list(records)))
    return happened


def test_partitions_grow_between_the_last_record_before_the_change_and_the_first_after_it(sent):
    sending.send(generate(PLAN), PLAN, {}, lambda: sent.append("grown"))
    first, grown, second = sent
    assert grown == "grown"
    assert max(record.timestamp_ms for record in first) < PLAN.change_ms <= min(record.timestamp_ms for record in second)
    assert {record.partition for record in first} == {0, 1, 2, 3}
    assert len(first) + len(second) == sum(len(frame) for part in generate(PLAN) for frame in part.records.values())


def test_a_plan_that_keeps_its_partitions_is_sent_in_one_go(sent):
    plan = Plan(vehicles=5, days=1, partitions_after=4)
    sending.send(generate(plan), plan, {}, lambda: sent.append("grown"))
    assert len(sent) == 1
    assert len(sent[0]) == sum(len(part.wire) for part in generate(plan))


def test_a_record_has_the_headers_of_its_envelope_and_the_odd_ones_behind_them():
    wire = bodies(count=1)
    odd = wire.with_columns(
        ce_id=pl.lit(None, pl.String), odd_headers=pl.Series([[{"name": "ce_id", "value": None}]], dtype=wire.schema["odd_headers"])
    )
    record = next(to_records(odd))
    names = [name for name, _ in record.headers]
    assert names[-1] == "ce_id"
    assert names.count("ce_id") == 1
    assert dict(record.headers)["ce_id"] is None
    assert dict(record.headers)["ce_subject"] == record.key
    assert dict(record.headers)["ce_dataschema"] == b"urn:fleetlake:vehicle_signals:1.0"
    assert record.topic == "fleet.vehicle_signals"


def test_a_rate_holds_records_back():
    begin = time.monotonic()
    assert len(list(sending.paced(iter([Record("t", None, None, [], 0)] * 100), 400, lambda count: None))) == 100
    assert 0.2 < time.monotonic() - begin < 2


@pytest.mark.parametrize(
    ("size", "form", "low", "high"), [(1_000, "json", 800, 1_200), (11_000, "json", 10_000, 12_000), (11_000, "protobuf", 1_500, 2_500)]
)
def test_bodies_for_benchmarks_have_the_size_asked_for(size, form, low, high):
    made = bodies(size_bytes=size, count=500, format=form)
    assert tuple(made.columns) == WIRE
    assert len(made) == 500
    assert low < made["body"].bin.size().mean() < high
    assert made["received_ms"].is_sorted()
