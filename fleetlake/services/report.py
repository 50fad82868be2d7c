"""How the services of a home are: what each process says, and what its supervisor has seen."""

from collections.abc import Mapping
from typing import Any

from fleetlake.services.life import Life
from fleetlake.services.platform import SERVICES, in_order
from fleetlake.services.service import Service, described
from fleetlake.services.supervisor import SUPERVISOR, read_lives, wanted

ILL = {"died", "silent", "failed"}  # what a status answers with 1


def report(lags: Mapping[str, int]) -> list[dict[str, Any]]:
    """A row per service that was ever meant to run here: pid, port, memory_mb, uptime_s, health, restarts, lag, last_error."""
    lives = read_lives()
    return [row(service, lives.get(service.name), lags.get(service.name)) for service in present()]


def row(service: Service, life: Life | None, lag: int | None) -> dict[str, Any]:
    """One service."""
    found = described(service)
    seen = {"restarts": life.restarts if life else 0, "lag": lag, "last_error": life.last_error if life else ""}
    return found | {"health": told(found["health"], life)} | seen


def told(health: str, life: Life | None) -> str:
    """The process's own word, but for what only the supervisor knows: that it waits for others, starts, or has failed and will be tried again."""
    if life and life.stage in ("waiting", "starting", "failed") and health in ("died", "silent", "stopped"):
        return life.stage
    return health


def present() -> list[Service]:
    """The supervisor and the services that have run here; Kafka in any case."""
    run_before = (name for name, each in SERVICES.items() if "started_at" in each.state)
    names = {"kafka", *wanted(), *run_before}
    return [*([SUPERVISOR] if SUPERVISOR.state else []), *(SERVICES[name] for name in in_order(names))]
