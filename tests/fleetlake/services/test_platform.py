"""Which services a home runs, and in which order."""

import pytest

from fleetlake.console import Failure
from fleetlake.services.platform import SERVICES, in_order, wanted, with_dependants
from fleetlake.settings import Settings


def test_all_services_start_behind_what_they_need():
    order = in_order(SERVICES)
    assert len(order) == len(SERVICES) >= 10
    for name in order:
        assert all(order.index(need) < order.index(name) for need in SERVICES[name].needs)


def test_a_service_brings_what_it_needs_and_no_more():
    assert wanted(["land"], Settings()) == ("kafka", "topics", "land")
    assert wanted(["kafka"], Settings()) == ("kafka",)


def test_without_a_name_everything_is_wanted():
    assert set(wanted((), Settings())) == set(SERVICES)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"kafka_brokers": "kafka.example:9093"}, {"kafka", "topics"}), ({"streams": "tasks"}, {"land", "refine"})],
)
def test_what_settings_say_is_elsewhere_is_left_to_others(changes, missing):
    assert set(SERVICES) - set(wanted((), Settings(**changes))) == missing


def test_a_spark_of_ones_own_is_used(monkeypatch):
    monkeypatch.setenv("SPARK_REMOTE", "sc://spark.example:15002")
    assert wanted(["refine"], Settings()) == ("refine",)


def test_an_unknown_service_is_named_with_those_that_there_are():
    with pytest.raises(Failure, match=r"(?s)no service 'kafak'.*kafka, connect"):
        wanted(["kafak"], Settings())


def test_with_a_service_go_all_that_cannot_do_without_it():
    assert with_dependants(["connect"]) == {"connect", "refine"}
    assert {"kafka", "topics", "land"} == with_dependants(["kafka"])
    assert "scheduler" in with_dependants(["airflow"])
