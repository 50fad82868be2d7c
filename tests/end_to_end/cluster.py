"""A Spark standalone master and two workers out of the pyspark package, on loopback, for as long as a test needs them."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

from fleetlake.java import java_home

HOME = Path(pyspark.__file__).parent
UP_S = 60
SCALA = {"SPARK_SCALA_VERSION": "2.13"}  # else a worker looks for it in a build folder that a wheel does not have


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """The master's address, with workers of one core each."""
    with ExitStack() as stack:
        port = _free_port()
        url = f"spark://127.0.0.1:{port}"
        stack.enter_context(_running(folder, "master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"))
        _wait_for("127.0.0.1", port)
        for number in range(workers):
            own = folder / f"worker-{number}"
            words = ("--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--work-dir", str(own), "--webui-port", "0", url)
            stack.enter_context(_running(folder, "worker.Worker", *words))
        yield url


@contextmanager
def _running(folder: Path, service: str, *words: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"SPARK_HOME": str(HOME), "JAVA_HOME": str(java_home()), "SPARK_LOCAL_IP": "127.0.0.1"} | SCALA
    command = [f"{java_home()}/bin/java", "-Xmx256m", "-cp", f"{HOME}/jars/*", f"org.apache.spark.deploy.{service}", *words]
    with (folder / f"{service}.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # a worker's executors are in its group
        process.wait(timeout=UP_S)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(host: str, port: int) -> None:
    end = time.monotonic() + UP_S
    while time.monotonic() < end:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no Spark master at {host}:{port} after {UP_S} s")
