"""What Prometheus reads."""

import sys

from fleetlake.services.environment import environment
from fleetlake.services.ports import is_open
from fleetlake.services.service import Service, port

METRICS = Service(
    "metrics",
    lambda: [sys.executable, "-m", "fleetlake.cli", "metrics", "--port", str(port("metrics"))],
    lambda _: is_open(port("metrics")),
    ports=("port",),
    environment=environment,
)
