"""`fleet simulate`: a fleet that never was, on Kafka."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleetlake.commands.times import day
from fleetlake.console import Failure, progress, show

if TYPE_CHECKING:
    from fleetlake.simulator.plan import Plan


def simulate(
    vehicles: Annotated[int, typer.Option(help="How many vehicles.")] = 300,
    days: Annotated[int, typer.Option(help="How many days they drive; resends come for 30 days after.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
    faults: Annotated[str, typer.Option(help="none, all, or a TOML or JSON file of rates.")] = "none",
    format: Annotated[str, typer.Option(help="json or protobuf.")] = "json",
    rate: Annotated[float | None, typer.Option(help="Events per second at most; as fast as possible by default.")] = None,
    truth: Annotated[Path | None, typer.Option(help="A folder for what was really sent, labelled.")] = None,
    density: Annotated[
        str, typer.Option(help="Events per vehicle and day: 40, 20 (fewer reports of signals), or full (678, of 11 KB).")
    ] = "40",
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "2026-06-01",
    json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Send the events of a simulated fleet, with labelled faults where asked for; prints what each family must come to."""
    from dataclasses import replace

    from fleetlake import kafka
    from fleetlake.settings import settings
    from fleetlake.simulator import fleet, plan
    from fleetlake.simulator.family import registry
    from fleetlake.simulator.generate import generate
    from fleetlake.simulator.send import send
    from fleetlake.simulator.truth import Truth

    rates, hot_family = plan.faults(faults)
    if hot_family not in registry():
        raise Failure(f"{faults}: there is no family {hot_family!r} to be hot", f"one of: {', '.join(registry())}")
    asked = plan.Plan(
        vehicles, days, seed, rates, hot_family, format, *plan.density(density), day(start), max_body_bytes=settings().max_body_bytes
    )
    asked.refuse_future(datetime.now(UTC))
    held, later = _partitions(asked)
    asked = replace(asked, partitions=held, partitions_after=later)
    known = Truth(truth)
    with progress() as display:
        task = display.add_task("sending", total=asked.vehicles * asked.days * asked.density)
        send(
            known.watch(generate(asked)),
            asked,
            kafka.client_config(),
            lambda: _grow(list(registry()), asked.partitions_after),
            rate,
            lambda count: display.advance(task, count),
        )
    known.finish(fleet.build(asked), asked)
    show([_flat(row, json) for row in known.summary()], as_json=json, title="sent, and what must become of it")


def _flat(row: dict[str, object], as_json: bool) -> dict[str, object]:
    return row if as_json else {name: value for name, value in row.items() if name != "reasons"}


def _partitions(asked: "Plan") -> tuple[int, int]:
    """How many partitions the topics have, and will have after the change. Raises Failure when topics are missing or differ."""
    from fleetlake import kafka, names
    from fleetlake.simulator.family import registry

    held = kafka.topics()
    wanted = [names.topic(family) for family in registry()]
    if missing := [name for name in wanted if name not in held]:
        raise Failure(f"topics are missing: {', '.join(missing)}", "fleet topics create")
    counts = {len(held[name].partitions) for name in wanted}
    if len(counts) > 1:
        raise Failure(
            f"the topics have different numbers of partitions: {sorted(counts)}", f"fleet topics create --partitions {max(counts)}"
        )
    now = counts.pop()
    return now, max(now, asked.partitions_after) if asked.rate("twin_repartitioned") else now


def _grow(families: list[str], partitions: int) -> None:
    from fleetlake import kafka

    kafka.create_topics(families, partitions)


COMMANDS = {"simulate": simulate}
