"""The local Kafka: the real broker with its own controller (KRaft), started from its jars, on loopback only."""

import json
import random
import re
import shutil
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from fleetlake.console import Failure
from fleetlake.jars import class_path, locked
from fleetlake.java import java_home
from fleetlake.services.process import Started, launch, leader, read_state, started, stop, write_state
from fleetlake.settings import settings

HOST = "127.0.0.1"
LARGEST_MESSAGE = 16 * 1024 * 1024  # a car that was offline for weeks reports in one event
ENOUGH_DISK = 1_000_000_000  # bytes; below that a broker dies in the middle of a run
START_S = 90
LET_GO_S = 5
PRODUCERS_S = 10  # after that a producer may as well wait by itself
PORTS = range(19_000, 32_000)
HEAP = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=64m", "-XX:MaxDirectMemorySize=128m")
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss",
)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={data}

# a topic exists because somebody made it, with the settings that it needs
auto.create.topics.enable=false
message.max.bytes={largest}
replica.fetch.max.bytes={largest}
fetch.max.bytes={fetch}

# simulated history is years old at its first second: age deletes nothing here
log.retention.ms=-1
log.segment.bytes=268435456

# one broker has to be enough for groups and transactions
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0

# sized for two cores and 600 MB
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=2
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.io.buffer.size=131072
"""


def folder() -> Path:
    """Everything that the local broker keeps."""
    return (settings().home / "services" / "kafka").absolute()


def address() -> str:
    """host:port of the running local broker. Raises Failure when it does not run."""
    state = read_state(folder() / "state.json")
    if not running(state):
        raise Failure("no Kafka: FLEET_KAFKA_BROKERS is not set and the local broker does not run", "fleet up kafka")
    return f"{HOST}:{state['port']}"


def running(state: dict[str, int | float]) -> psutil.Process | None:
    """The broker's process, if the one that `state` tells of is alive."""
    known = started(state)
    return leader(known) if known else None


def up(said: Callable[[str], None]) -> str:
    """Starts the broker unless it runs, and returns host:port when it answers; `said` hears about each step.

    The ports and data of the first start are kept for all later ones. Raises Failure when Java or disk is missing, a port is taken, or it does not come up.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with locked(folder() / "lock"):
        state = read_state(folder() / "state.json")
        if not running(state):
            require_disk(folder())
            state = {"port": state.get("port") or free_port(), "controller_port": state.get("controller_port") or free_port()}
            start(state, said)
            wait_until_healthy(said)
            wait_for_producer_ids(int(state["port"]))
        wait_until_healthy(said)
    return address()


def start(state: dict[str, int | float], said: Callable[[str], None]) -> None:
    """Formats the data folder at the first start, launches the broker and notes its pid."""
    for port in ("port", "controller_port"):
        require_free(int(state[port]))
    if not (folder() / "data").exists():
        said("preparing Kafka's data folder")
        format_data(state)
    said("starting Kafka")
    properties = write_properties(folder() / "server.properties", state, folder() / "data")
    write_state(folder() / "state.json", state, launch(java("kafka.Kafka", str(properties)), folder() / "kafka.log"))


def java(main: str, *arguments: str) -> list[str | Path]:
    """The command that runs a class of the broker's jars."""
    jars = ":".join(map(str, class_path("kafka")))
    return [
        java_home() / "bin" / "java",
        *HEAP,
        *LOGGING,
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        "-cp",
        jars,
        main,
        *arguments,
    ]


def write_properties(path: Path, state: dict[str, int | float], data: Path) -> Path:
    """The broker's configuration for its ports and a data folder."""
    path.write_text(PROPERTIES.format(host=HOST, data=data, largest=LARGEST_MESSAGE, fetch=4 * LARGEST_MESSAGE, **state))
    return path


def format_data(state: dict[str, int | float]) -> None:
    """Makes the data folder in one step: formatted aside and renamed, so that a kill leaves none or a whole one."""
    draft = folder() / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    properties = write_properties(folder() / "format.properties", state, draft)
    cluster = urlsafe_b64encode(bytes(1) + uuid.uuid4().bytes[1:]).decode().rstrip("=")  # never begins like an option
    command = java("kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", cluster, "--config", str(properties))
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=START_S, check=False
    )
    if ran.returncode:
        raise Failure(
            f"Kafka's data folder {draft} could not be prepared: {last_words(ran.stdout)}", "see whether the disk is full or not writable"
        )
    draft.rename(folder() / "data")


def wait_until_healthy(said: Callable[[str], None]) -> None:
    """Returns when the broker answers; raises Failure with its own last words when it died or stays silent."""
    said("waiting for Kafka")
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        state = read_state(folder() / "state.json")
        if not running(state):
            raise Failure(
                f"Kafka ended at its start: {last_words((folder() / 'kafka.log').read_text())}",
                f"all that it said: {folder() / 'kafka.log'}",
            )
        if answers(int(state["port"])):
            return
        time.sleep(0.1)
    raise Failure(f"Kafka runs but did not answer for {START_S} s", f"see {folder() / 'kafka.log'}, then fleet down kafka")


def wait_for_producer_ids(port: int) -> None:
    """Returns when the broker gives ids to idempotent producers.

    A broker fetches ids from its controller when the first producer asks, and has that one ask again, with a warning; here nobody reads it.
    """
    seen: list[str] = []
    quiet = {"log_level": 2, "statistics.interval.ms": 50, "stats_cb": lambda text: seen.append(json.loads(text)["eos"]["idemp_state"])}
    producer = Producer({"bootstrap.servers": f"{HOST}:{port}", "enable.idempotence": True, **quiet})
    deadline = time.monotonic() + PRODUCERS_S
    while seen[-1:] != ["Assigned"] and time.monotonic() < deadline:
        producer.poll(0.05)


def answers(port: int) -> bool:
    """A client gets the broker's metadata within two seconds."""
    with closing(socket.socket()) as probe:
        probe.settimeout(2)
        if probe.connect_ex((HOST, port)):
            return False
    try:
        client = AdminClient({"bootstrap.servers": f"{HOST}:{port}", "log_level": 0})
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def down() -> bool:
    """Stops exactly the broker that was started here; False when none ran."""
    if not (folder() / "state.json").exists():
        return False
    with locked(folder() / "lock"):
        state = read_state(folder() / "state.json")
        known: Started | None = started(state)
        was_running = running(state) is not None
        if known:
            stop(known)
        write_state(folder() / "state.json", {name: state[name] for name in ("port", "controller_port")}, None)
    return was_running


def status() -> dict[str, str | int | float | None]:
    """Service, pid, port, memory (MB), uptime (s) and health: healthy, silent, died or stopped."""
    state = read_state(folder() / "state.json")
    process = running(state)
    if process is None:
        return {
            "service": "kafka",
            "pid": None,
            "port": state.get("port"),
            "memory_mb": None,
            "uptime_s": None,
            "health": "died" if "pid" in state else "stopped",
        }
    return {
        "service": "kafka",
        "pid": process.pid,
        "port": state["port"],
        "memory_mb": round(process.memory_info().rss / 1e6),
        "uptime_s": round(time.time() - process.create_time()),
        "health": "healthy" if answers(int(state["port"])) else "silent",
    }


def require_disk(path: Path) -> None:
    """Raises Failure when too little disk is left to begin with."""
    if (free := shutil.disk_usage(path).free) < ENOUGH_DISK:
        raise Failure(
            f"only {free / 1e6:,.0f} MB of disk are free below {path}, Kafka needs {ENOUGH_DISK / 1e6:,.0f}",
            "free some, or set FLEET_HOME to a larger disk",
        )


def require_free(port: int) -> None:
    """Raises Failure when somebody else listens on a port of ours; a broker that was just killed gets a moment to let go of it."""
    deadline = time.monotonic() + LET_GO_S
    while not is_free(port):
        if time.monotonic() > deadline:
            raise Failure(
                f"port {port}, which belongs to the data of this home's Kafka, is taken by another process",
                f"find it with lsof -i :{port} and stop it, or give up the broker and its data with rm -r {folder()}",
            )
        time.sleep(0.1)


def is_free(port: int) -> bool:
    """Nobody listens on this port of loopback."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of loopback that nobody listens on now, outside the range from which systems take ports for outgoing connections."""
    for port in random.sample(PORTS, len(PORTS)):
        if is_free(port):
            return port
    raise Failure(f"no free port between {PORTS.start} and {PORTS.stop}", "stop what listens there")


def last_words(log: str) -> str:
    """The line that says most about why a JVM ended: the last error or exception, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|exception|no space", line, re.IGNORECASE) and not line.startswith("at ")]
    return (telling or lines or ["nothing"])[-1][:300]
