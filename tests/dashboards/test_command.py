"""fleet dashboard."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psutil
from typer.testing import CliRunner

from dashboards.server import options
from fleetlake.cli import application
from fleetlake.console import Failure
from fleetlake.services.platform import SERVICES, wanted
from fleetlake.settings import Settings
from tests.dashboards.serving import PATIENCE_S, served


def test_it_answers_on_loopback_only_and_ends_when_told_to(gold):
    with served() as (url, process):
        assert url.startswith("http://127.0.0.1:")
        assert handshake(url, "127.0.0.1") == 101
        listening = [each.laddr for each in psutil.Process(process.pid).net_connections() if each.status == psutil.CONN_LISTEN]
        assert {place.ip for place in listening} == {"127.0.0.1"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_a_taken_port_is_named(gold):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = CliRunner().invoke(application(("dashboard",)), ["dashboard", "--port", str(other.getsockname()[1])])
    assert isinstance(ended.exception, Failure)
    assert "is taken" in ended.exception.what


def test_nothing_is_told_to_anybody_and_a_page_of_elsewhere_gets_nothing(gold):
    chosen = options("127.0.0.1", 1)
    assert chosen["browser.gatherUsageStats"] is False
    assert chosen["client.disableDataExport"] is True  # its own CSV would not neutralise formulas
    with served() as (url, _):
        assert (handshake(url, "127.0.0.1"), handshake(url, "elsewhere.example")) == (101, 403)


def handshake(url: str, host: str) -> int:
    """How the stream of a page is answered to a browser that thinks it is at `host`."""
    place = urlsplit(url)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/_stcore/stream", headers=HANDSHAKE | {"Host": host, "Origin": f"http://{host}"})
        return connection.getresponse().status


HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_the_platform_has_it_as_a_service_that_needs_no_other():
    assert wanted(["dashboard"], Settings()) == ("dashboard",)
    assert [str(word) for word in SERVICES["dashboard"].command()][-3:-1] == ["dashboard", "--port"]


ELSEWHERE = ("pyspark", "delta", "confluent_kafka", "airflow", "great_expectations", "dbt", "lightgbm")


def test_pages_need_nothing_but_what_a_reader_installs(gold):
    """`pip install 'fleetlake[dashboard]'`: none of the rest is imported, whichever page is looked at."""
    missing = f"import sys\nsys.modules.update(dict.fromkeys({ELSEWHERE!r}))\n"
    look = "from tests.dashboards.pages import page\nfor each in PAGES:\n    page(each.slug)\n"
    script = f"{missing}from dashboards.registry import PAGES\n{look}"
    subprocess.run([sys.executable, "-c", script], check=True, env=dict(os.environ), timeout=PATIENCE_S)


def test_without_streamlit_the_command_says_what_to_install(gold, monkeypatch):
    monkeypatch.setattr("fleetlake.commands.dashboard.find_spec", lambda _: None)
    ended = CliRunner().invoke(application(("dashboard",)), ["dashboard"])
    assert isinstance(ended.exception, Failure)
    assert ended.exception.remedy == "pip install 'fleetlake[dashboard]'"
