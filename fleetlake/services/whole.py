"""The platform as a whole: brought up under a supervisor, and down again."""

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from fleetlake.console import Failure
from fleetlake.java import java_home
from fleetlake.services.airflow import AIRFLOW, SET_UP
from fleetlake.services.environment import environment
from fleetlake.services.listening import DASHBOARD
from fleetlake.services.platform import SERVICES, in_order, with_dependants
from fleetlake.services.ports import require_free
from fleetlake.services.service import died, end, port, require_disk, start
from fleetlake.services.supervisor import SUPERVISOR, lives_file, read_lives, want, wanted

PATIENCE_S = 300
TRIES = 2  # one failure may be another service's that was just starting, too
Said = Callable[[str, str], None]  # service, what became of it


def bring_up(names: Sequence[str], said: Said) -> None:
    """Has the named services kept running, and returns when all are well; `said` hears of each stage.

    Raises Failure with the remedy where one cannot begin; those that can go on running.
    """
    require_startable(names)
    environment()  # draws the ports that services tell each other
    want(in_order({*wanted(), *names}))
    start(SUPERVISOR)
    stages: dict[str, str] = {}
    deadline = time.monotonic() + PATIENCE_S
    while not (SUPERVISOR.is_well and _all_ready(names, stages, said)):
        if SUPERVISOR.process() is None:
            raise died(SUPERVISOR)
        if time.monotonic() > deadline:
            raise Failure(f"not all services are well after {PATIENCE_S} s", "fleet status says which; the supervisor goes on trying")
        time.sleep(0.2)


def require_startable(names: Sequence[str]) -> None:
    """Raises Failure for what would keep a service from starting: a taken port, a full disk, no Java, no Airflow, no Streamlit."""
    java_home()
    if SET_UP.name in names and not AIRFLOW.exists():
        raise Failure("Airflow is not installed", "make setup, or start the others: fleet up kafka connect land refine")
    if DASHBOARD.name in names and find_spec("streamlit") is None:
        raise Failure(
            "Streamlit is not installed", "pip install 'fleetlake[dashboard]', or start the others: fleet up kafka connect land refine"
        )
    for service in (SERVICES[name] for name in names):
        if service.process() is None:
            require_disk(service)
            for which in service.ports:
                require_free(port(service.name, which), service.name, service.folder)


def bring_down(names: Sequence[str], said: Said) -> list[str]:
    """Stops the named services (default: all) and those that need them, in the order opposite to that of their start; which ones ran.

    The supervisor goes first, so that nothing is started again; unless it has others to look after.
    """
    going = in_order(with_dependants(names or SERVICES))
    staying = [name for name in wanted() if name not in going]
    want(staying)
    ran = [] if staying else _stopped([SUPERVISOR.name], said)
    if not staying:
        lives_file().unlink(missing_ok=True)
    return ran + _stopped(list(reversed(going)), said)


def _stopped(names: Sequence[str], said: Said) -> list[str]:
    ran = []
    for name in names:
        service = SUPERVISOR if name == SUPERVISOR.name else SERVICES[name]
        said(name, "stopping")
        if end(service):
            ran.append(name)
    return ran


def _all_ready(names: Sequence[str], stages: dict[str, str], said: Said) -> bool:
    lives = read_lives()
    for name in names:
        life = lives.get(name)
        if life is None:
            continue
        if life.stage != stages.get(name):
            stages[name] = life.stage
            said(name, life.stage)
        if life.stage == "failed" and life.in_a_row >= TRIES:
            raise Failure(life.last_error, f"{SERVICES[name].log} has more; the supervisor goes on trying, fleet down ends that")
    return all(name in lives and lives[name].is_ready for name in names)
