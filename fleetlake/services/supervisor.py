"""Keeps the wanted services of a home running: starts each when what it needs is ready, and again, after a pause, when it has died.

It keeps nothing in memory alone: what runs is in each service's state, what was seen of it in lives.json. So a supervisor that was killed is
simply started again, and takes over what outlived it. On a cluster systemd or Kubernetes do this work (deploy/).
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleetlake.console import Failure
from fleetlake.services.environment import environment
from fleetlake.services.life import Life, Seen, begun, failed, has_died, next_deed, observed
from fleetlake.services.logs import rotate
from fleetlake.services.platform import SERVICES, in_order
from fleetlake.services.process import signal_of_death, started
from fleetlake.services.service import Service, died, end, start
from fleetlake.settings import settings

LOOK_S, SILENT_S = 0.5, 60.0


def lives_file() -> Path:
    """What was seen of each service, for whoever shows it."""
    return SUPERVISOR.folder / "lives.json"


def has_looked(since: float) -> bool:
    """The supervisor that was started then looks after its services."""
    path = lives_file()
    return path.exists() and path.stat().st_mtime >= max(since, time.time() - SILENT_S)


SUPERVISOR = Service("supervisor", lambda: [sys.executable, "-m", "fleetlake.services.supervisor"], has_looked, environment=environment)


def read_lives() -> dict[str, Life]:
    """By service."""
    return {name: Life.of(told) for name, told in _read(lives_file(), {}).items()}


def wanted() -> tuple[str, ...]:
    """The services that are meant to run, in order of start."""
    return in_order(_read(_wanted_file(), []))


def want(names: Sequence[str]) -> None:
    """From now on exactly these are kept running."""
    _write(_wanted_file(), list(names))


def supervise() -> None:
    """Looks and acts until SIGTERM; what runs goes on running. A home that was deleted takes its services with it."""
    lives = read_lives()
    while _wanted_file().exists():
        chosen = wanted()
        for name in chosen:
            lives[name] = turn(SERVICES[name], lives.get(name, Life()), _may_begin(name, chosen, lives))
        lives = {name: lives[name] for name in chosen}
        _write(lives_file(), {name: life.plain for name, life in lives.items()})
        rotate(settings().home / "logs")
        time.sleep(LOOK_S)
    for name in reversed(in_order(SERVICES)):
        end(SERVICES[name])


def turn(service: Service, life: Life, may_begin: bool) -> Life:
    """Looks at one service, and starts or gives it up where that is due."""
    seen = look(service, life, may_begin)
    if has_died(life, seen, ends=service.ends):
        return failed(life, seen.now, _said(died(service)))
    if life.stage == "done" and (ended := started(service.state)):
        signal_of_death(ended)  # takes leave of it
    life = observed(life, seen, ends=service.ends)
    match next_deed(life, seen, service.start_s):
        case "start":
            return _started(service, life)
        case "give up":
            end(service)
            return failed(life, time.time(), f"{service.name} did not answer for {service.start_s:.0f} s; see {service.log}")
    return life


def look(service: Service, life: Life, may_begin: bool) -> Seen:
    """How a service is just now; of one that is known to be well only that it runs."""
    is_alive = service.process() is not None
    is_well = (is_alive and life.stage == "healthy") or ((is_alive or service.ends) and service.is_well)
    return Seen(time.time(), is_alive, is_well, may_begin)


def _started(service: Service, life: Life) -> Life:
    try:
        start(service)
    except Failure as failure:
        return failed(life, time.time(), _said(failure))
    return begun(life, time.time())


def _said(failure: Failure) -> str:
    return f"{failure.what}; {failure.remedy}"


def _may_begin(name: str, chosen: Sequence[str], lives: Mapping[str, Life]) -> bool:
    return all(lives.get(need, Life()).is_ready for need in SERVICES[name].needs if need in chosen)


def _wanted_file() -> Path:
    return SUPERVISOR.folder / "wanted.json"


def _read(path: Path, otherwise: object) -> Any:
    return json.loads(path.read_text()) if path.exists() else otherwise


def _write(path: Path, told: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(told))
    draft.replace(path)


if __name__ == "__main__":
    supervise()
