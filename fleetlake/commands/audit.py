"""`fleet audit`: nothing lost, nothing twice, the same bytes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.console import ERRORS, progress, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.audit.run import Report


SUMMED = ("kafka", "by ledger", "bronze", "silver", "duplicates", "open quarantine", "not landed", "not refined")


def audit(
    full: Annotated[bool, typer.Option("--full", help="From the beginning, not from where the last audit ended.")] = False,
    partitions: Annotated[bool, typer.Option("--partitions", help="A row per topic-partition, not per family.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for machines, with a row per topic-partition.")] = False,
) -> None:
    """Compare Kafka and the tables row by row: nothing lost, nothing twice, the same bytes. Exit status 1 if anything is broken."""
    from spark_jobs.audit.kafka import Broker
    from spark_jobs.audit.run import audit as run
    from spark_jobs.audit.run import audited_families

    broker = Broker()
    try:
        lake = settings().lake_root
        report = run(lake, audited_families(lake, broker), broker, full=full, watched=_watched)
    finally:
        broker.close()
    _say(report, partitions=partitions, as_json=as_json)
    if not report.ok:
        raise typer.Exit(1)


def _say(report: "Report", *, partitions: bool, as_json: bool) -> None:
    if as_json:
        rows, findings = report.table(), [each.plain() for each in report.findings]
        print(
            json.dumps(
                {"audit": report.number, "ok": report.ok, "full": report.full, "rows": rows, "findings": findings, "notes": report.notes}
            )
        )
        return
    rows = report.table() if partitions else by_family(report.table())
    show(rows, as_json=False, title=f"audit {report.number}{'' if report.full else ', since the last one'}")
    for note in report.notes:
        ERRORS.print(f"note: {note}", markup=False)
    for found in report.findings:
        ERRORS.print(f"broken: {found.table} {found.log}: {found.rows:,} {found.what}", markup=False, style="red")
        ERRORS.print(f"        offsets {', '.join(map(str, found.offsets))}{' …' if found.rows > len(found.offsets) else ''}", markup=False)
        ERRORS.print(f"        {found.remedy}", markup=False)


def by_family(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The counts of each family over its topic-partitions; ok only where all of them are."""
    families: dict[str, dict[str, Any]] = {}
    for row in rows:
        sums = families.setdefault(row["family"], {"family": row["family"], "topic-partitions": 0, **dict.fromkeys(SUMMED, 0), "ok": "yes"})
        sums["topic-partitions"] += 1
        for name in SUMMED:
            sums[name] += row[name] or 0
        sums["ok"] = sums["ok"] if row["ok"] == "yes" else row["ok"]
    return list(families.values())


@contextmanager
def _watched(offsets: int) -> Iterator[Callable[[int], None]]:
    with progress() as bar:
        task = bar.add_task("auditing", total=offsets)
        yield lambda done: bar.advance(task, done)


COMMANDS = {"audit": audit}
