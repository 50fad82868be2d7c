"""The platform as a whole, with services that are shell scripts."""

import socket
from contextlib import closing

import pytest

from fleetlake.console import Failure
from fleetlake.services import airflow, platform, ports, report, service, supervisor, whole
from fleetlake.services.service import Service, end, port

SHELL = "/bin/sh"


@pytest.fixture
def two(home, monkeypatch):
    """Services `first`, and `second`, which needs it, in place of the real ones; both ended in the end."""
    services = {
        "first": Service("first", lambda: [SHELL, "-c", "sleep 600"], lambda _: True, ports=("port",)),
        "second": Service("second", lambda: [SHELL, "-c", "sleep 600"], lambda _: True, needs=("first",)),
    }
    for module in (platform, report, supervisor, whole):
        monkeypatch.setattr(module, "SERVICES", services)
    yield services
    for each in services.values():
        end(each)


def run(services):
    for each in services.values():
        service.start(each)
    supervisor.want(list(services))


def test_they_stop_in_the_opposite_order(two):
    run(two)
    said = []
    assert whole.bring_down((), lambda name, _: said.append(name)) == ["second", "first"]
    assert said == ["supervisor", "second", "first"]
    assert supervisor.wanted() == ()


def test_what_needs_a_stopped_service_stops_too_and_others_stay(two):
    run(two)
    assert whole.bring_down(["second"], print) == ["second"]
    assert supervisor.wanted() == ("first",)
    assert two["first"].process()
    run(two)
    assert whole.bring_down(["first"], print) == ["second", "first"]


def test_a_second_stop_finds_nothing(two):
    run(two)
    whole.bring_down((), print)
    assert whole.bring_down((), print) == []


def test_a_taken_port_is_named_before_anything_starts(two, monkeypatch):
    monkeypatch.setattr(ports, "LET_GO_S", 0.1)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", port("first")))
        other.listen()
        with pytest.raises(Failure, match=rf"(?s)port {port('first')}, .*first, is taken.*lsof"):
            whole.require_startable(["first", "second"])


def test_a_full_disk_is_named_before_anything_starts(two, monkeypatch):
    monkeypatch.setattr(service, "ENOUGH_DISK", 10**18)
    with pytest.raises(Failure, match=r"(?s)MB of disk are free.*first needs.*larger disk"):
        whole.require_startable(["first"])


def test_a_missing_airflow_is_named_with_what_works_without(two, monkeypatch, tmp_path):
    monkeypatch.setattr(whole, "AIRFLOW", tmp_path / "airflow")
    with pytest.raises(Failure, match=r"(?s)Airflow is not installed.*fleet up kafka connect land refine"):
        whole.require_startable(["airflow"])


def test_a_missing_streamlit_is_named_with_what_works_without(two, monkeypatch):
    monkeypatch.setattr(whole, "find_spec", lambda _: None)
    with pytest.raises(Failure, match=r"(?s)Streamlit is not installed.*fleetlake\[dashboard\].*fleet up kafka connect land refine"):
        whole.require_startable(["dashboard"])


def test_a_password_is_made_once_and_for_its_owner_only(home):
    made = airflow.password()
    assert made in airflow.passwords().read_text()
    assert airflow.passwords().stat().st_mode & 0o077 == 0
    assert airflow.password() is None
