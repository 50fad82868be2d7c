"""The fleet's topics on Kafka."""

from typing import Annotated

import typer

from fleetlake.console import Failure, show

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]


def create(
    families: Annotated[list[str] | None, typer.Argument(help="Families; default: every one that has a contract.")] = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Partitions of each topic, 4 for a new one; a topic with fewer gets more.")
    ] = None,
    simulated: Annotated[
        bool | None,
        typer.Option("--simulated/--real", help="Keep the producers' timestamps, delete nothing by age; default: simulated on loopback."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the topics of families, with the settings that landing relies on; what exists is kept."""
    from expectations import contract
    from fleetlake import kafka

    known = list(contract.families())
    if strangers := sorted(set(families or ()) - set(known)):
        raise Failure(f"no contract for the family {', '.join(strangers)}", f"one of: {', '.join(known)}")
    done = kafka.create_topics(families or known, partitions, simulated=simulated)
    show([{"topic": name, "done": what} for name, what in done.items()], as_json=as_json)


def list_topics(as_json: AsJson = False) -> None:
    """What each topic of the fleet holds."""
    from fleetlake import kafka

    rows = [
        {
            "topic": name,
            "topic_id": info.topic_id,
            "partitions": len(info.partitions),
            "records": sum(kafka.log_ends(name).values()) - sum(kafka.log_starts(name).values()),
            "timestamps": info.config["message.timestamp.type"],
            "retention_ms": int(info.config["retention.ms"]),
        }
        for name, info in kafka.topics().items()
    ]
    show(rows, as_json=as_json)


COMMANDS = {"topics create": create, "topics list": list_topics}
