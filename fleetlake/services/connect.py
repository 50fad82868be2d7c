"""The shared Spark: one Connect server for the batch work of all commands, instead of a JVM each."""

import sys

from fleetlake.services.environment import environment
from fleetlake.services.ports import is_open
from fleetlake.services.service import Service, port

CONNECT = Service(
    "connect",
    lambda: [sys.executable, "-m", "fleetlake.cli", "connect", "--port", str(port("connect"))],
    lambda _: is_open(port("connect")),
    ports=("port",),
    environment=environment,
)
