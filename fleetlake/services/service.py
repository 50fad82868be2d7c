"""What a service is, and how one is started, waited for and stopped."""

import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from fleetlake.console import Failure
from fleetlake.jars import locked
from fleetlake.services.logs import begin, last_words, tail
from fleetlake.services.ports import free_port, require_free
from fleetlake.services.process import MARK, launch, leader, read_state, remains, signal_of_death, started, stop, write_state
from fleetlake.settings import settings

ENOUGH_DISK = 1_000_000_000  # bytes; below that a service dies in the middle of its work
Said = Callable[[str], None]


def nothing() -> None:
    """No preparation."""


@dataclass(frozen=True)
class Service:
    """A process that is kept running, or, where it `ends`, one that has to end well before others begin.

    `ports` are names; their numbers are drawn once and kept. `is_healthy` hears when the process was started; it is asked only while that
    runs, or when one that ends has ended.
    """

    name: str
    command: Callable[[], Sequence[str | Path]]
    is_healthy: Callable[[float], bool]
    ports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    environment: Callable[[], Mapping[str, str]] = dict
    prepare: Callable[[], None] = nothing
    ends: bool = False
    start_s: float = 120

    @property
    def folder(self) -> Path:
        """What the service keeps for itself."""
        return (settings().home / "services" / self.name).absolute()

    @property
    def log(self) -> Path:
        """What it prints."""
        return (settings().home / "logs" / f"{self.name}.log").absolute()

    @property
    def mark(self) -> str:
        """In the environment of all that it starts: two homes on one machine never meet."""
        return str(self.folder)

    @property
    def state(self) -> dict[str, int | float]:
        """Ports, and pid and start time while it is meant to run."""
        return read_state(self.folder / "state.json")

    @property
    def is_well(self) -> bool:
        """What its own check says."""
        return self.is_healthy(self.state.get("started_at", 0.0))

    def process(self) -> psutil.Process | None:
        """The process, if it runs."""
        known = started(self.state)
        return leader(known) if known else None


def port(name: str, which: str = "port") -> int:
    """A port of the service of that name in this home; drawn at the first question, and kept."""
    path = (settings().home / "services" / name / "state.json").absolute()
    with locked(path.with_name("ports.lock")):
        state = read_state(path)
        if which not in state:
            state[which] = free_port()
            write_state(path, state, None)
    return int(state[which])


def start(service: Service) -> None:
    """Launches the service unless it runs, after what is left of a run that was killed has been ended.

    Raises Failure when a port is taken or too little disk is free.
    """
    with locked(service.folder / "lock"):
        if service.process():
            return
        end(service)
        require_disk(service)
        ports = {name: port(service.name, name) for name in service.ports}
        for number in ports.values():
            require_free(number, service.name, service.folder)
        service.prepare()
        environment, command = dict(service.environment()) | {MARK: service.mark}, service.command()
        begin(service.log)
        write_state(service.folder / "state.json", ports, launch(command, service.log, environment))


def end(service: Service) -> bool:
    """Stops exactly what was started here, and all that this has started; False when nothing of it ran."""
    state = service.state
    known = started(state)
    if was_running := bool(remains(known, service.mark)):
        stop(known, service.mark)
    if known:
        write_state(service.folder / "state.json", {name: state[name] for name in service.ports if name in state}, None)
    return was_running


def wait(service: Service) -> None:
    """Returns when the service answers; raises Failure with its own last words when it died or stays silent."""
    deadline = time.monotonic() + service.start_s
    while time.monotonic() < deadline:
        if service.process() is None:
            raise died(service)
        if service.is_well:
            return
        time.sleep(0.1)
    raise Failure(f"{service.name} runs but did not answer for {service.start_s:.0f} s", f"see {service.log}, then fleet down")


def died(service: Service) -> Failure:
    """Why a service ended: the signal that killed it, as far as its parent asks, else what it said last."""
    known = started(service.state)
    killed = signal_of_death(known) if known else None
    if killed is signal.SIGKILL:
        return Failure(f"{service.name} was killed (SIGKILL)", "by a person, or for lack of memory: journalctl -k, or dmesg, tells")
    said = f"ended by {killed.name}" if killed else f"ended: {last_words(tail(service.log))}"
    return Failure(f"{service.name} {said}", f"all that it said: {service.log}")


def require_disk(service: Service) -> None:
    """Raises Failure when too little disk is left to begin with."""
    service.folder.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(service.folder).free) < ENOUGH_DISK:
        raise Failure(
            f"only {free / 1e6:,.0f} MB of disk are free below {service.folder}, {service.name} needs {ENOUGH_DISK / 1e6:,.0f}",
            "free some, or set FLEET_HOME to a larger disk",
        )
