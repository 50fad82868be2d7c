"""fleet release, releases, rollback, waive and diff: what readers see, and how it changes."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetlake.commands.times import moment
from fleetlake.console import ERRORS, complain, show
from fleetlake.settings import settings

if TYPE_CHECKING:
    from fleetlake.releases import Release
    from spark_jobs.releases.diff import Change
    from spark_jobs.releases.plan import Plan

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")]
Layer = Annotated[str, typer.Argument(help="bronze, silver, gold, gold_internal, features, ml or ops.")]
Note = Annotated[str, typer.Option(help="What everybody should know of it.")]


def release(
    layer: Layer,
    dry_run: DryRun = False,
    resume: Annotated[bool, typer.Option("--resume", help="End the hold that a rollback put on the layer.")] = False,
    built_from: Annotated[int | None, typer.Option(help="For gold: the release that it was built from.")] = None,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Show readers the tables of a layer at the versions that the newest gate run passed. Exit status 1 says that it may not be, and why."""
    from spark_jobs.releases.log import Log
    from spark_jobs.releases.plan import Refused, plan
    from spark_jobs.releases.plan import release as make

    lake = settings().lake_root
    try:
        planned = (
            plan(Log.open(lake, dry=True), layer, resume=resume, built_from=built_from, note=note)
            if dry_run
            else make(lake, layer, resume=resume, built_from=built_from, note=note)
        )
    except Refused as refused:
        planned = refused.plan
    tell_of(planned, dry_run=dry_run, as_json=as_json)
    if planned.refusals:
        raise typer.Exit(1)


def releases(
    layer: Annotated[str, typer.Argument(help="Only this layer.")] = "",
    newest: Annotated[int, typer.Option(min=1, help="That many, the newest ones.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the releases, newest first: which are in force, held, withdrawn, or built from what was withdrawn; and the waivers in force."""
    from fleetlake.releases import RELEASES, published, rows_of
    from fleetlake.releases.history import releases as read
    from fleetlake.releases.history import withdrawn

    lake = settings().lake_root
    state, history = published(lake), read(rows_of(lake, RELEASES)[0])
    gone = {(number, one) for one in state.releases for number in withdrawn(history, one)}
    in_force = {(each.number, each.layer): _standing(each) for each in state.releases.values()}
    shown = [each for each in reversed(history) if layer in ("", each.layer)][:newest]
    words = dict.fromkeys(gone, "withdrawn") | in_force
    show([_listed(each) | {"state": words.get((each.number, each.layer), "")} for each in shown], as_json=as_json)
    for waiver in state.waivers:
        ERRORS.print(
            f"waived until {waiver.until:%Y-%m-%d %H:%M}: {waiver.table}/{waiver.expectation} by {waiver.owner}: {waiver.why}", markup=False
        )


def rollback(
    layer: Layer,
    to: Annotated[int | None, typer.Option(help="The release to go back to; default: the one before.")] = None,
    with_gold: Annotated[bool, typer.Option("--with-gold", help="Take gold back too, to its newest release that stood on that.")] = False,
    dry_run: DryRun = False,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Show readers older versions again; data stays as it is. No release replaces them until `fleet release LAYER --resume`."""
    from spark_jobs.releases.log import Log
    from spark_jobs.releases.rollback import marked
    from spark_jobs.releases.rollback import rollback as back

    log = Log.open(settings().lake_root, dry=dry_run)
    parts = back(log, layer, to, with_gold=with_gold, note=note)
    standing = marked(log, parts)
    if not dry_run:
        log.commit(parts)
    for part in parts:
        ERRORS.print(f"{part.layer} is held; when the cause is gone: fleet release {part.layer} --resume", markup=False)
    for each in standing:
        ERRORS.print(
            f"{each.layer} release {each.number} was built from what is withdrawn, and is marked so: fleet rollback {each.layer}, or build it anew",
            markup=False,
        )
    show(
        [_listed(each) for each in parts], as_json=as_json, title="what would happen" if dry_run else ""
    )  # a scheduler takes the last line


def waive(
    name: Annotated[str, typer.Argument(metavar="TABLE/EXPECTATION", help="For example silver.charging/soc_end.range.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    until: Annotated[str, typer.Option(help="When it ends by itself: 2026-12-01 or 2026-12-01T12:00:00Z.")],
    why: Annotated[str, typer.Option(help="Why readers are better off with the rows than without.")],
    as_json: AsJson = False,
) -> None:
    """Let an expectation fail for a while; every reader sees that, whose it is and why."""
    from spark_jobs.releases.waive import waive as give

    given = give(settings().lake_root, name, owner, moment(until), why)
    show([vars(given)], as_json=as_json)


def diff(
    first: Annotated[int, typer.Argument(metavar="R1", help="A release.")],
    second: Annotated[int, typer.Argument(metavar="R2", help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Compare what readers saw when two releases came: rows and columns of each table that differs."""
    from fleetlake.releases import published
    from spark_jobs.releases.diff import diff as compare

    lake = settings().lake_root
    changes = compare(lake, published(lake, first), published(lake, second))
    show([_changed(each, as_json=as_json) for each in changes], as_json=as_json, title=f"from release {first} to {second}")


def tell_of(planned: "Plan", *, dry_run: bool = False, as_json: bool = False) -> None:
    """Says what a release pins, or why it may not be; as JSON on standard output what Airflow puts on the asset's event."""
    pins = [_pinned(each, table) for each in (planned, *planned.beside) for table in each.release.pins]
    refused = [{"what": each.what, "remedy": each.remedy} for each in planned.refusals]
    waived = [{"expectation": each.name, "observed": each.observed, "failing": each.failing} for each in planned.waived]
    number = planned.before.number if planned.before and planned.is_out else planned.release.number
    for each in planned.refusals:
        complain(each)
    if as_json:
        told = {"layer": planned.release.layer, "release": None if refused else number, "kind": planned.release.kind, "dry_run": dry_run}
        print(json.dumps(told | {"is_new": not (refused or planned.is_out), "refused": refused, "waived": waived, "tables": pins}))
        return
    for one in planned.waived:
        ERRORS.print(f"waived: {one.name} ({one.observed or one.outcome})", markup=False, style="yellow")
    if not refused:
        word = "is out already" if planned.is_out else "would come" if dry_run else "is out"
        show(pins, as_json=False, title=f"release {number} of {planned.release.layer} {word}")


def _pinned(planned: "Plan", table: str) -> dict[str, Any]:
    pin, before = planned.release.pins[table], planned.before.pins.get(table) if planned.before else None
    was = {"version before": before and before.version, "rows before": before and before.rows}
    return {"table": table, "version": pin.version, "rows": pin.rows, "gate run": pin.gate_run} | was


def _standing(release: "Release") -> str:
    words = (["held"] if release.is_held else []) + ([f"built from {release.withdrawn}, withdrawn"] if release.withdrawn else [])
    return ", ".join(["in force", *words])


def _listed(release: "Release") -> dict[str, Any]:
    pins: Sequence[Any] = list(release.pins.values())
    counts = {
        "tables": len(pins),
        "rows": sum(pin.rows for pin in pins),
        "gate runs": ", ".join(sorted({str(pin.gate_run) for pin in pins})),
    }
    told = {
        "release": release.number,
        "layer": release.layer,
        "kind": release.kind,
        "of": release.of_release,
        "at": f"{release.at:%Y-%m-%d %H:%M:%S}",
    }
    return told | counts | {"actor": release.actor, "note": release.note}


def _changed(change: "Change", *, as_json: bool) -> dict[str, Any]:
    told = vars(change)
    return told if as_json else {name.replace("_", " "): value for name, value in told.items()} | {"columns": ", ".join(change.columns)}


COMMANDS = {"release": release, "releases": releases, "rollback": rollback, "waive": waive, "diff": diff}
