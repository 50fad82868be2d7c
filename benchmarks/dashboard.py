"""How long pages take: the first one of a server that has just started, warm ones, and with ten people at once; on a demo's gold and on a large one.

A view is what a browser waits for: from its question to the last message of the page, over the server's own WebSocket.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.dashboard_data import Shape

AGAIN, AT_ONCE, COLD_STARTS = 40, 10, 3
COLD_S, WARM_S = 2.0, 0.3  # what they have to reach
DEMO = Shape(
    vehicles=300,
    days=35,
    models=[f"M{number}" for number in range(8)],
    markets=[f"X{number}" for number in range(11)],
    versions=[f"2026.{number}.0" for number in range(5)],
    features=[f"feature_{number:02}" for number in range(12)],
    services=[f"service_{number}" for number in range(6)],
    regions=["eu", "na", "cn", "apac", "latam"],
    commands=[f"command_{number}" for number in range(9)],
    owners=[f"owner_{number:02}" for number in range(24)],
)
LARGE = Shape(**vars(DEMO) | {"vehicles": 20_000, "days": 90, "versions": [f"2026.{number}.0" for number in range(10)]})
PAGES = ("", "features", "operations", "interfaces", "cost", "quality", "pipeline", "ask")


def main() -> None:
    """Prints a line per figure, with the bar that it has to reach; a lake as argument is measured in place of the two."""
    if lakes := sys.argv[1:]:
        for lake in lakes:
            measure(lake, lake)
        return
    for name, shape in (("a demo's gold, 300 vehicles × 35 days", DEMO), ("20,000 vehicles × 90 days", LARGE)):
        with tempfile.TemporaryDirectory(prefix="fleetlake-bench-") as home:
            _written(home, shape)
            measure(name, f"{home}/lake")


def measure(name: str, lake: str) -> None:
    """All figures of one lake."""
    print(f"{name}", flush=True)
    said("first page, cold", COLD_S, [_cold(lake) for _ in range(COLD_STARTS)])
    with served(lake) as url:
        views = Views(url)
        for page in PAGES:
            views.view(page)
        for page in PAGES:
            said(f"page {page or 'fleet'}, warm", WARM_S, [views.view(page) for _ in range(AGAIN)])
        said(f"first page, warm, {AT_ONCE} people at once", WARM_S, _together(url))
    shutil.rmtree(f"{lake}/reads", ignore_errors=True)


def said(what: str, bar_s: float, seconds: Sequence[float]) -> None:
    """One figure: median, 95th percentile (of few ones the worst) and the bar."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    verdict = "reaches" if p95 <= bar_s else "FALLS SHORT OF"
    print(f"  {what:40} {statistics.median(ordered) * 1000:6.0f} ms, p95 {p95 * 1000:6.0f} ms ({verdict} {bar_s:g} s)", flush=True)


class Views:
    """One browser's connection."""

    def __init__(self, url: str) -> None:
        import websocket

        self._socket = websocket.create_connection(url.replace("http", "ws", 1) + "/_stcore/stream", subprotocols=["streamlit"], timeout=60)

    def view(self, page: str) -> float:
        """Seconds until a page is there as a whole."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        asked, heard = BackMsg(), ForwardMsg()
        asked.rerun_script.page_name = page
        began = time.perf_counter()
        self._socket.send_binary(asked.SerializeToString())
        while heard.WhichOneof("type") != "script_finished":
            heard.ParseFromString(self._socket.recv())
            assert not (heard.HasField("delta") and heard.delta.new_element.HasField("exception")), (
                heard.delta.new_element.exception.message
            )
        assert heard.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return time.perf_counter() - began


@contextmanager
def served(lake: str) -> Iterator[str]:
    """The address of a dashboard that has just started."""
    command = [sys.executable, "-m", "fleetlake.cli", "dashboard", "--json"]
    environment = dict(os.environ) | {"FLEET_LAKE": lake, "FLEET_HOME": tempfile.gettempdir()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        assert server.stdout
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def _cold(lake: str) -> float:
    with served(lake) as url:
        return Views(url).view("")


def _together(url: str) -> list[float]:
    """Everybody looks at once, again and again."""
    people = [Views(url) for _ in range(AT_ONCE)]
    for person in people:
        person.view("")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for _ in range(AGAIN // 4) for each in pool.map(lambda person: person.view(""), people)]


def _written(home: str, shape: Shape) -> None:
    """In a process of its own: what it has read of a lake is nobody else's."""
    script = f"from benchmarks import dashboard, dashboard_data; dashboard_data.write({home + '/lake'!r}, dashboard.{'LARGE' if shape is LARGE else 'DEMO'})"
    subprocess.run([sys.executable, "-c", script], check=True, env=dict(os.environ) | {"FLEET_HOME": home, "FLEET_LAKE": f"{home}/lake"})


if __name__ == "__main__":
    main()
