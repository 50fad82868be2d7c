"""fleet check: what the gate finds."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.metered import metered
from fleetlake.commands.times import moment
from fleetlake.console import ERRORS, Early, Failure, progress, show
from fleetlake.releases.model import LAYERS
from fleetlake.settings import settings

if TYPE_CHECKING:
    from spark_jobs.gate.run import Report
    from spark_jobs.gate.verdict import Result


@metered("check")
def check(
    what: Annotated[str, typer.Argument(help="A layer (bronze, silver, gold, gold_internal, features, ml, ops) or a table.")],
    version: Annotated[int | None, typer.Option(help="This version of the table; default: that of the last complete run.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show the keys of failing rows.")] = False,
    docs: Annotated[bool, typer.Option("--docs", help="Build Data Docs in $FLEET_HOME/docs.")] = False,
    now: Annotated[str, typer.Option(help="The gate's time, as 2026-06-01T12:00Z; default: the newest reception in bronze.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for machines.")] = False,
) -> None:
    """Judge a layer or a table at exact versions and keep the results in ops.gate_results. Exit status 1 if anything stops a release."""
    from spark_jobs.gate import results
    from spark_jobs.gate.run import SPARK
    from spark_jobs.gate.run import check as judged
    from spark_jobs.session import on_demand

    if version is not None and what in LAYERS:
        raise Failure(
            f"--version is of one table, and {what} is a layer", f"name the table: fleet check {what}.<table> --version {version}"
        )
    root, clock = settings().lake_root, moment(now) if now else None
    with on_demand("fleet check", extra=SPARK) as spark, _told() as told:
        report = judged(root, what, spark, version, clock, told)
    if not report.results:
        raise Early(f"{what} has no table yet", "nothing was checked; land and refine events first")
    number = results.write(root, report)
    _say(report, number, rows=rows, as_json=as_json)
    if docs:
        _docs(report)
    if not report.ok:
        raise typer.Exit(1)


@contextmanager
def _told() -> Iterator[Callable[[str, int, int], None]]:
    with progress() as shown:
        step = shown.add_task("opening tables", total=None)
        yield lambda text, done, total: shown.update(step, description=text, completed=done, total=total)


def _say(report: "Report", number: int, *, rows: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_plain(report, number), default=str))
        return
    show(by_table(report.results), as_json=False, title=f"gate {number}, {report.what}, at {report.clock:%Y-%m-%d %H:%M} by its clock")
    complain_of(report, rows=rows)


def complain_of(report: "Report", *, rows: bool = False) -> None:
    """Says what did not pass, and what to do."""
    for first, *others in alike([result for result in report.results if result.outcome != "passed"]):
        _complain(first, rows=rows)
        if others:
            told = ", ".join(f"{each.snapshot.name} ({each.observed})" for each in others)
            ERRORS.print(f"  and so of {len(others)} more: {told}", markup=False, style="yellow")


def alike(results: "list[Result]") -> "list[list[Result]]":
    """Warnings of the same expectation together, over all tables; what stops a release stands alone, and first."""
    groups: dict[object, list[Result]] = {}
    for result in results:
        groups.setdefault(id(result) if result.stops else result.asked.id, []).append(result)
    return sorted(groups.values(), key=lambda group: not group[0].stops)


def _complain(result: "Result", *, rows: bool) -> None:
    style = "red" if result.stops else "yellow"
    word = {"failed": result.severity, "error": "error"}[result.outcome]
    ERRORS.print(f"{word}: {result.snapshot.name}/{result.asked.id}: {result.observed}", markup=False, style=style)
    ERRORS.print(f"  expected: {result.asked.says}", markup=False)
    ERRORS.print(f"  {result.asked.remedy}", markup=False)
    for key in result.keys if rows else ():
        ERRORS.print(f"    {json.dumps(key, default=str)}", markup=False)


def by_table(results: "list[Result]") -> list[dict[str, Any]]:
    """A row per table: its version, how many expectations passed, what did not, on how many days."""
    tables: dict[str, dict[str, Any]] = {}
    for result in results:
        days = result.snapshot.looked_at
        begun = {"table": result.snapshot.name, "version": result.snapshot.table.version, "expectations": 0, "passed": 0, "warnings": 0}
        row = tables.setdefault(result.snapshot.name, begun | {"stopping": 0, "days": days if isinstance(days, str) else len(days)})
        row["expectations"] += 1
        row["passed"] += result.outcome == "passed"
        row["stopping"] += result.stops
        row["warnings"] += result.outcome != "passed" and not result.stops
    return list(tables.values())


def _plain(report: "Report", number: int) -> dict[str, Any]:
    from spark_jobs.gate.results import row

    return {"gate_run": number, "ok": report.ok, "clock": report.clock, "results": [row(each) for each in report.results]}


def _docs(report: "Report") -> None:
    from spark_jobs.gate.docs import build

    ERRORS.print(f"Data Docs: {build(report, settings().home.absolute() / 'docs')}", markup=False)


COMMANDS = {"check": check}
