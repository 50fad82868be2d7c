"""One turn of the supervisor after the other, with services that are shell scripts."""

import os
import signal
import time

import pytest

from fleetlake.services import supervisor
from fleetlake.services.life import Life
from fleetlake.services.logs import last_words, tail
from fleetlake.services.process import marked
from fleetlake.services.report import health, told
from fleetlake.services.service import Service, end

SHELL = "/bin/sh"


def script(name, text, **changes):
    return Service(name, lambda: [SHELL, "-c", text], **({"is_healthy": lambda _: True} | changes))


@pytest.fixture
def sleeper(home):
    """A service that sleeps, ended in the end."""
    service = script("sleeper", "sleep 600 & sleep 600")
    yield service
    end(service)


def turned(service, life, until, within_s=5.0):
    """The life after as many turns as it takes."""
    deadline = time.monotonic() + within_s
    while life.stage != until and time.monotonic() < deadline:
        life = supervisor.turn(service, life, True)
        time.sleep(0.02)
    return life


def test_a_killed_service_is_started_again_without_its_orphans(sleeper):
    life = turned(sleeper, Life(), "healthy")
    first = sleeper.process()
    os.kill(first.pid, signal.SIGKILL)
    life = turned(sleeper, life, "failed")
    assert "sleeper was killed (SIGKILL)" in life.last_error
    life = turned(sleeper, life, "healthy")
    assert life.restarts == 1
    assert sleeper.process().pid != first.pid
    assert len(all_of(sleeper)) == 3


def test_what_killed_a_service_is_known_also_when_its_threads_end_later(sleeper, monkeypatch):
    life = turned(sleeper, Life(), "healthy")
    ask, early = os.waitpid, [(0, 0), (0, 0)]
    monkeypatch.setattr("os.waitpid", lambda *asked: early.pop() if early else ask(*asked))
    os.kill(sleeper.process().pid, signal.SIGKILL)
    assert "sleeper was killed (SIGKILL)" in turned(sleeper, life, "failed").last_error
    assert early == []


def all_of(service):
    return marked(service.mark)


def test_what_left_its_group_is_stopped_with_its_service(home):
    service = script("parent", "setsid sleep 600 & sleep 600")
    turned(service, Life(), "healthy")
    time.sleep(0.2)
    os.kill(service.process().pid, signal.SIGKILL)
    assert end(service)
    assert all_of(service) == []
    assert health(service) == "stopped"


def test_a_service_that_cannot_begin_says_its_last_words_and_waits(home):
    service = script("broken", "echo 'java.io.IOException: No space left on device'; exit 1")
    life = turned(service, Life(), "failed")
    assert "No space left on device" in life.last_error
    assert (life.in_a_row, supervisor.turn(service, life, True).stage) == (1, "failed")
    assert told(health(service), life) == "failed"
    end(service)


def test_words_of_an_earlier_start_are_no_reason(home):
    service = script("twice", "exit 1")
    service.log.parent.mkdir(parents=True)
    service.log.write_text("error: of long ago\n")
    turned(service, Life(), "failed")
    assert "long ago" not in last_words(tail(service.log))
    end(service)


def test_a_service_hears_settings_but_not_what_a_shell_had_set(home, monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx64g")
    monkeypatch.setenv("FLEET_SMALLEST_CELL", "7")
    service = script("env", "env; sleep 600", environment=lambda: {"SPARK_REMOTE": "sc://127.0.0.1:1"})
    turned(service, Life(), "healthy")
    time.sleep(0.2)
    said = tail(service.log)
    end(service)
    assert "SPARK_REMOTE=sc://127.0.0.1:1" in said
    assert "FLEET_SMALLEST_CELL=7" in said
    assert "JAVA_TOOL_OPTIONS" not in said


def test_a_job_is_done_once_and_what_needs_it_waits(home, monkeypatch):
    from fleetlake.services.once import once

    job = once("job", lambda: [["sleep", "0.2"], ["echo", "a b"]], dict)
    after = script("after", "sleep 600", needs=("job",))
    monkeypatch.setattr(supervisor, "SERVICES", {"job": job, "after": after})
    assert supervisor._may_begin("job", ("job", "after"), {})
    life = supervisor.turn(job, Life(), True)
    assert not supervisor._may_begin("after", ("job", "after"), {"job": life})
    life = turned(job, life, "done")
    assert supervisor._may_begin("after", ("job", "after"), {"job": life})
    assert health(job) == "done"
    assert tail(job.log).splitlines()[-1] == "a b"
    end(job)


def test_what_is_wanted_survives_a_supervisor(home):
    supervisor.want(["land", "kafka", "gone"])
    assert supervisor.wanted() == ("kafka", "land")
