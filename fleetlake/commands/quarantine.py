"""fleet quarantine and fleet replay: what was rejected, and how it comes home."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.times import moment
from fleetlake.console import Failure, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    import polars as pl

    from spark_jobs.replay import Asked, Replayed

BODY_SHOWN = 160  # characters of a body; the whole of it is in silver.quarantine
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")]
Reason = Annotated[str, typer.Option(help="Only events that were rejected for this reason.")]


def quarantine(
    family: Annotated[str, typer.Argument(help="Only this family.")] = "",
    reason: Reason = "",
    rows: Annotated[int, typer.Option(min=0, help="Show that many events, the last ones received.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Count the rejected events that are still open, by reason and rule; with --rows show some of them."""
    from spark_jobs.refine.quarantine import open_rows, samples

    require_known(family)
    held = open_rows(settings().lake_root, family or None, reason or None)
    if not (as_json and rows):
        show(_counts(held), as_json=as_json, title="open quarantine")
    if rows:
        show([_sample(row) for row in samples(held, rows).iter_rows(named=True)], as_json=as_json, title="received last")


def replay(
    family: Annotated[str, typer.Argument(help="The family whose rejected events are judged again.")],
    reason: Reason = "",
    since: Annotated[str, typer.Option(help="Only events received at or after this moment: 2026-06-01 or 2026-06-01T12:00:00Z.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    master: Annotated[str, typer.Option(help="Spark master; default: FLEET_MASTER, or the server that SPARK_REMOTE names.")] = "",
    as_json: AsJson = False,
) -> None:
    """Judge the open quarantine of a family again by today's contract; what is accepted now goes to silver."""
    from spark_jobs.replay import Asked

    require_known(family)
    asked = Asked(family, reason or None, moment(since) if since else None)
    with progress() as shown:
        step = shown.add_task("starting Spark", total=None)
        came = _replayed(asked, dry_run, master, lambda text: shown.update(step, description=text))
    show([_told(asked, came)], as_json=as_json, title="what would happen" if dry_run else "")


def require_known(family: str) -> None:
    """Raises Failure for a family without contract."""
    from expectations.contract import families

    if family and family not in families():
        raise Failure(f"{family!r} is no family", f"the families are {', '.join(families())}")


def escaped(text: str) -> str:
    """Text of a stranger, with nothing in it that a terminal would obey."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _replayed(asked: "Asked", dry_run: bool, master: str, told: Callable[[str], None]) -> "Replayed":
    from spark_jobs.replay import rehearse, replay
    from spark_jobs.session import session

    spark = session("fleet replay", master or None, stream=False)
    try:
        return (rehearse if dry_run else replay)(spark, settings().lake_root, asked, told)
    finally:
        spark.stop()


def _told(asked: "Asked", came: "Replayed") -> dict[str, Any]:
    reasons = ", ".join(f"{reason} {rows}" for reason, rows in came.still_rejected.items())
    counts = {"replayed": came.replayed, "accepted": came.accepted, "duplicates": came.duplicates}
    return {"run": came.run, "family": asked.family, **counts, "still_rejected": sum(came.still_rejected.values()), "reasons": reasons}


def _counts(rows: "pl.DataFrame") -> list[dict[str, Any]]:
    counts = (
        rows.group_by("family", "reason", "rule")
        .len("rows")
        .sort("family", "rows", "reason", "rule", descending=[False, True, False, False])
    )
    return [
        {name: escaped(value) if isinstance(value, str) else value for name, value in row.items()} for row in counts.iter_rows(named=True)
    ]


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    body = None if row["body"] is None else row["body"][: 2 * BODY_SHOWN].decode("utf-8", "backslashreplace")
    shown = {name: escaped(row[name] or "") for name in ("family", "reason", "rule", "event_id")}
    place = f"{row['topic_id']}/{row['partition']}/{row['offset']}"
    return shown | {"place": place, "received_at": row["received_at"].isoformat(), "body": body and _shortened(escaped(body))}


def _shortened(text: str) -> str:
    return text if len(text) <= BODY_SHOWN else f"{text[:BODY_SHOWN]}…"


COMMANDS = {"quarantine": quarantine, "replay": replay}
