"""Services on this machine: the whole platform, or parts of it."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from fleetlake.commands.status import plain
from fleetlake.console import ERRORS, progress, show
from fleetlake.settings import settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]
Services = Annotated[list[str] | None, typer.Argument(help="kafka, connect, land, refine, scheduler …, with what they need; default: all.")]


def up(services: Services = None, as_json: AsJson = False) -> None:
    """Start the platform, or some services, and wait until they answer: Kafka, a shared Spark, land, refine, Airflow, the dashboard. What dies is started again."""
    from fleetlake.services.platform import wanted
    from fleetlake.services.report import report
    from fleetlake.services.supervisor import SUPERVISOR

    names = wanted(services or (), settings())
    if names == ("kafka",) and SUPERVISOR.process() is None:
        _up_kafka()
    else:
        _up(names)
    rows = [row for row in report({}) if row["service"] in names]
    show(rows if as_json else plain(rows), as_json=as_json)


def down(services: Services = None, as_json: AsJson = False) -> None:
    """Stop the services of this home, in order, and nothing else."""
    from fleetlake.services.report import present
    from fleetlake.services.whole import bring_down

    known = [each.name for each in present() if not each.ends]  # what has ended long ago cannot be stopped
    with progress() as bar:
        task = bar.add_task("stopping", total=None)
        ran = bring_down(services or (), lambda name, _: bar.update(task, description=f"stopping {name}"))
    asked = [name for name in known if name in ran or name in (services or known)]
    show([{"service": name, "stopped": name in ran} for name in asked], as_json=as_json)


def _up_kafka() -> None:
    from fleetlake.services import kafka

    with progress() as bar:
        task = bar.add_task("Kafka", total=None)
        kafka.up(lambda step: bar.update(task, description=step))


def _up(names: Sequence[str]) -> None:
    from fleetlake.services import airflow, kafka
    from fleetlake.services.ports import HOST
    from fleetlake.services.service import port
    from fleetlake.services.whole import bring_up, require_startable

    require_startable(names)
    made = airflow.password() if "api-server" in names else None
    began, ready = time.monotonic(), set[str]()
    with progress() as bar:
        task = bar.add_task("starting the supervisor", total=len(names))

        def said(name: str, stage: str) -> None:
            if stage in ("healthy", "done"):
                ready.add(name)
                ERRORS.print(f"{name}: {stage} after {time.monotonic() - began:.0f} s", markup=False)
            missing = [each for each in names if each not in ready]
            bar.update(task, completed=len(ready), description=f"{name}: {stage}; waiting for {', '.join(missing)}")

        bring_up(names, said)
    if "kafka" in names:
        kafka.wait_for_producer_ids()
    if "connect" in names:
        ERRORS.print(
            f"Spark: export SPARK_REMOTE=sc://{HOST}:{port('connect')}    # commands share it, instead of starting one each", markup=False
        )
    if "api-server" in names:
        password = f"password {made} (shown this once; kept in" if made else "password as before (it is kept in"
        where = f"http://{HOST}:{port('api-server')}"
        ERRORS.print(f"Airflow: {where}, user {airflow.USER}, {password} {airflow.passwords()})", markup=False)
    if "dashboard" in names:
        ERRORS.print(f"Dashboard: http://{HOST}:{port('dashboard')}", markup=False)


COMMANDS = {"up": up, "down": down}
