"""Commands of ours that listen: the Spark that batch work shares instead of a JVM each, what Prometheus reads, and pages for people."""

from fleetlake.services.environment import FLEET, environment
from fleetlake.services.ports import is_open
from fleetlake.services.service import Service, port


def listening(name: str) -> Service:
    """`fleet NAME --port …`, well while its port is open."""
    return Service(
        name,
        lambda: [*FLEET, name, "--port", str(port(name))],
        lambda _: is_open(port(name)),
        ports=("port",),
        environment=environment,
    )


CONNECT, METRICS, DASHBOARD = (listening(name) for name in ("connect", "metrics", "dashboard"))
