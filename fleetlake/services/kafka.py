"""The local Kafka: the real broker with its own controller (KRaft), started from its jars, on loopback only."""

import json
import shutil
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from fleetlake.console import Failure
from fleetlake.jars import class_path
from fleetlake.java import java_home
from fleetlake.services.logs import last_words
from fleetlake.services.ports import HOST, is_open
from fleetlake.services.service import Said, Service, port, start, wait

LARGEST_MESSAGE = 16 * 1024 * 1024  # a car that was offline for weeks reports in one event
START_S = 90
PRODUCERS_S = 10  # after that a producer may as well wait by itself
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


def address() -> str:
    """host:port of the running local broker. Raises Failure when it does not run."""
    if KAFKA.process() is None:
        raise Failure("no Kafka: FLEET_KAFKA_BROKERS is not set and the local broker does not run", "fleet up kafka")
    return f"{HOST}:{port('kafka')}"


def up(said: Said) -> str:
    """Starts the broker unless it runs, and returns host:port when it answers; `said` hears about each step.

    The ports and data of the first start are kept for all later ones. Raises Failure when Java or disk is missing, a port is taken, or it does not come up.
    """
    is_new = KAFKA.process() is None
    said("starting Kafka")
    start(KAFKA)
    said("waiting for Kafka")
    wait(KAFKA)
    if is_new:
        wait_for_producer_ids()
    return address()


def prepare() -> None:
    """Formats the data folder at the first start."""
    if not (KAFKA.folder / "data").exists():
        format_data()


def command() -> list[str | Path]:
    """The broker, with its configuration for its ports."""
    return java("kafka.Kafka", str(properties("server", KAFKA.folder / "data")))


def java(main: str, *arguments: str) -> list[str | Path]:
    """The command that runs a class of the broker's jars."""
    jars = ":".join(map(str, class_path("kafka")))
    quiet = ("-Djava.awt.headless=true", "-Djava.net.preferIPv4Stack=true")
    return [java_home() / "bin" / "java", *HEAP, *LOGGING, *quiet, "-cp", jars, main, *arguments]


def properties(name: str, data: Path) -> Path:
    """The broker's configuration for its ports and a data folder."""
    path = KAFKA.folder / f"{name}.properties"
    ports = {which: port("kafka", which) for which in KAFKA.ports}
    path.write_text(PROPERTIES.format(host=HOST, data=data, largest=LARGEST_MESSAGE, fetch=4 * LARGEST_MESSAGE, **ports))
    return path


def format_data() -> None:
    """Makes an empty data folder; one that was left half made by a kill is replaced."""
    draft = KAFKA.folder / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    cluster = urlsafe_b64encode(bytes(1) + uuid.uuid4().bytes[1:]).decode().rstrip("=")  # never begins like an option
    words = ("format", "--standalone", "--cluster-id", cluster, "--config", str(properties("format", draft)))
    ran = subprocess.run(
        java("kafka.tools.StorageTool", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_S,
        check=False,
    )
    if ran.returncode:
        raise Failure(
            f"Kafka's data folder {draft} could not be prepared: {last_words(ran.stdout)}", "see whether the disk is full or not writable"
        )
    draft.rename(KAFKA.folder / "data")


def wait_for_producer_ids() -> None:
    """Returns when the broker gives ids to idempotent producers.

    A broker fetches ids from its controller when the first producer asks, and has that one ask again, with a warning; here nobody reads it.
    """
    seen: list[str] = []
    quiet = {"log_level": 2, "statistics.interval.ms": 50, "stats_cb": lambda text: seen.append(json.loads(text)["eos"]["idemp_state"])}
    producer = Producer({"bootstrap.servers": address(), "enable.idempotence": True, **quiet})
    deadline = time.monotonic() + PRODUCERS_S
    while seen[-1:] != ["Assigned"] and time.monotonic() < deadline:
        producer.poll(0.05)


def answers(_: float = 0.0) -> bool:
    """A client gets the broker's metadata within two seconds."""
    if not is_open(port("kafka")):
        return False
    try:
        client = AdminClient({"bootstrap.servers": f"{HOST}:{port('kafka')}", "log_level": 0})
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False


KAFKA = Service("kafka", command, answers, ports=("port", "controller_port"), prepare=prepare, start_s=START_S)
