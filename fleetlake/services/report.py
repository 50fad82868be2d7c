"""How the services of a home are: what each process says, and what its supervisor has seen."""

import time
from collections.abc import Mapping
from typing import Any

import psutil

from fleetlake.services.life import Life
from fleetlake.services.platform import SERVICES, in_order
from fleetlake.services.process import remains, started
from fleetlake.services.service import Service
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


def health(service: Service) -> str:
    """healthy, silent, died or stopped; `done` of one that ends."""
    if service.process():
        return "healthy" if not service.ends and service.is_well else "silent"
    if "pid" not in service.state:
        return "stopped"
    return "done" if service.ends and service.is_well else "died"


def described(service: Service) -> dict[str, Any]:
    """Service, pid, port, memory of all its processes (MB), uptime (s) and health."""
    process, state = service.process(), service.state
    return {
        "service": service.name,
        "pid": process.pid if process else None,
        "port": state.get(service.ports[0]) if service.ports else None,
        "memory_mb": memory_mb(service) if process else None,
        "uptime_s": round(time.time() - state["started_at"]) if process else None,
        "health": health(service),
    }


def memory_mb(service: Service) -> int:
    """Of all processes of a service; what they share is counted once, where the system tells."""
    return round(sum(_memory(each) for each in remains(started(service.state), service.mark)) / 1e6)


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:  # it has ended meanwhile
        return 0


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
